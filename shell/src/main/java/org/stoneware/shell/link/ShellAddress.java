package org.stoneware.shell.link;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/**
 * Where the socket of a server is: {@code shell/socket} in its data directory, in a directory only its user may enter. A path too long
 * for a socket (about 100 bytes) is replaced by one in a new directory under the temporary directory, named in {@code shell/socket.path}.
 * <p>
 * <b>Threading:</b> stateless.
 */
public final class ShellAddress {
    /** Linux takes 107 bytes, macOS 103. */
    static final int MAX_SOCKET_PATH_BYTES = 100;

    private static final String DIRECTORY = "shell";
    private static final String SOCKET = "socket";
    private static final String ELSEWHERE = "socket.path";
    private static final Set<PosixFilePermission> OWNER_ONLY = PosixFilePermissions.fromString("rwx------");

    private ShellAddress() {}

    /**
     * Makes the directory and names the socket to bind; nothing is left there of an earlier run. To be called by the process that holds
     * the data directory.
     */
    public static Path prepare(Path dataDirectory) throws IOException {
        Path directory = dataDirectory.resolve(DIRECTORY);
        Files.createDirectories(directory);
        restrict(directory);
        Files.deleteIfExists(directory.resolve(SOCKET));
        Path elsewhere = directory.resolve(ELSEWHERE);
        if (Files.exists(elsewhere)) {
            remove(Path.of(Files.readString(elsewhere).strip()));
            Files.delete(elsewhere);
        }
        Path socket = directory.resolve(SOCKET);
        if (socket.toString().getBytes(StandardCharsets.UTF_8).length <= MAX_SOCKET_PATH_BYTES) {
            return socket;
        }
        // Made for the owner alone.
        Path other = Files.createTempDirectory("stoneware-shell-").resolve(SOCKET);
        Files.writeString(elsewhere, other.toString());
        return other;
    }

    /** The socket of a server, whether or not it runs. */
    public static Path of(Path dataDirectory) throws IOException {
        Path directory = dataDirectory.resolve(DIRECTORY);
        Path elsewhere = directory.resolve(ELSEWHERE);
        return Files.exists(elsewhere) ? Path.of(Files.readString(elsewhere).strip()) : directory.resolve(SOCKET);
    }

    /** Takes a socket away, and the directory it has for itself. */
    public static void remove(Path socket) throws IOException {
        Files.deleteIfExists(socket);
        Path directory = socket.getParent();
        if (directory != null && String.valueOf(directory.getFileName()).startsWith("stoneware-shell-")) {
            Files.deleteIfExists(directory);
        }
    }

    /** Who may not enter the directory can't reach the socket, whatever its own permissions are on this system. */
    private static void restrict(Path directory) throws IOException {
        if (!FileSystems.getDefault().supportedFileAttributeViews().contains("posix")) {
            return;
        }
        Files.setPosixFilePermissions(directory, OWNER_ONLY);
        if (!Files.getPosixFilePermissions(directory, LinkOption.NOFOLLOW_LINKS).equals(OWNER_ONLY)) {
            throw new IOException(directory + " can't be closed to other users");
        }
    }
}
