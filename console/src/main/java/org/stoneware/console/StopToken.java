package org.stoneware.console;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A secret of this start, in a file that only the owner of the server's data can read: who can show it may stop the server.
 * <p>
 * <b>Failure:</b> {@link #create} fails where the file cannot be made owner-only; the server then cannot be stopped over HTTP.
 */
final class StopToken implements AutoCloseable {
    static final String FILE_NAME = "management.token";
    private static final String SCHEME = "Bearer ";
    private static final int LENGTH = 32;

    private final Path file;
    private final byte[] text;

    private StopToken(Path file, byte[] text) {
        this.file = file;
        this.text = text;
    }

    /** Writes a new token, replacing that of a server which did not end well. Nobody can ever see it half written or readable. */
    static StopToken create(Path dataDirectory) throws IOException {
        byte[] secret = new byte[LENGTH];
        new SecureRandom().nextBytes(secret);
        byte[] text = HexFormat.of().formatHex(secret).getBytes(StandardCharsets.US_ASCII);
        Files.createDirectories(dataDirectory);
        Path file = dataDirectory.resolve(FILE_NAME);
        Path fresh = dataDirectory.resolve(FILE_NAME + ".new");
        Files.deleteIfExists(fresh);
        try {
            write(fresh, text);
            Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (UnsupportedOperationException e) {
            throw new IOException("file system has no owner-only permissions", e);
        } finally {
            Files.deleteIfExists(fresh);
        }
        return new StopToken(file, text);
    }

    private static void write(Path file, byte[] text) throws IOException {
        try (SeekableByteChannel out = Files.newByteChannel(
                file,
                Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
            ByteBuffer line = ByteBuffer.allocate(text.length + 1).put(text).put((byte) '\n');
            line.flip();
            while (line.hasRemaining()) {
                out.write(line);
            }
        }
    }

    Path file() {
        return file;
    }

    /** True when an Authorization header shows the token. */
    boolean isIn(@Nullable String authorization) {
        return authorization != null
                && authorization.regionMatches(true, 0, SCHEME, 0, SCHEME.length())
                && matches(authorization.substring(SCHEME.length()).trim());
    }

    /** True when {@code candidate} is the token; takes as long for a near miss as for a wild guess. */
    boolean matches(String candidate) {
        return MessageDigest.isEqual(text, candidate.getBytes(StandardCharsets.UTF_8));
    }

    /** Deletes the file, unless a server started since then has put its own there. */
    @Override
    public void close() throws IOException {
        if (Files.exists(file) && matches(Files.readString(file).trim())) {
            Files.delete(file);
        }
    }
}
