package org.stoneware.api.config;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.InvalidKeyException;
import java.security.NoSuchAlgorithmException;
import java.util.EnumSet;
import java.util.Set;
import java.util.stream.Collectors;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * The secret that the servers and Tomcats of one array share, by which they prove to each other that they belong to it. It is the
 * text of a file, blanks, line ends and lines that begin with {@code #} left out.
 * <p>
 * <b>Threading:</b> immutable; each {@link #mac()} is for one thread.
 * <p>
 * <b>Limits:</b> {@value #MIN_LENGTH} to {@value #MAX_LENGTH} characters.
 */
public final class ArrayKey {
    /** Name of the file, in the servers' {@code conf/} and in the Tomcats'. */
    public static final String FILE_NAME = "array.key";

    /** 128 random bits in hexadecimal. */
    static final int MIN_LENGTH = 32;

    static final int MAX_LENGTH = 4096;
    /** Fewer different characters were not drawn at random. */
    private static final int MIN_DIFFERENT = 8;

    private static final String ALGORITHM = "HmacSHA256";
    private static final Set<PosixFilePermission> FORBIDDEN = EnumSet.of(
            PosixFilePermission.GROUP_WRITE, PosixFilePermission.OTHERS_READ, PosixFilePermission.OTHERS_WRITE);

    private final SecretKeySpec key;

    private ArrayKey(byte[] bytes) {
        key = new SecretKeySpec(bytes, ALGORITHM);
    }

    /**
     * Reads a key file.
     *
     * @throws ArrayKeyException when it can't be read, is not fit for a key, or others than its owner and his group may read it or others
     *     than its owner write it.
     */
    public static ArrayKey read(Path file) throws ArrayKeyException {
        String where = "array key " + file.toAbsolutePath().normalize();
        try (InputStream in = Files.newInputStream(file)) {
            checkPermissions(file, where);
            byte[] content = in.readNBytes(2 * MAX_LENGTH + 1);
            if (content.length > 2 * MAX_LENGTH) {
                throw new ArrayKeyException(
                        where + " is longer than " + 2 * MAX_LENGTH + " bytes; is it the right file?");
            }
            return new ArrayKey(keyBytes(new String(content, StandardCharsets.ISO_8859_1), where));
        } catch (NoSuchFileException e) {
            throw new ArrayKeyException(where
                    + " does not exist; make one with bin/make-key, or copy the one of another server of the array");
        } catch (AccessDeniedException e) {
            throw new ArrayKeyException(where + " can't be read by user " + System.getProperty("user.name")
                    + "; let the file belong to this user (chown) and be readable by him only (chmod 600)");
        } catch (IOException e) {
            throw new ArrayKeyException(where + " can't be read: " + e.getMessage());
        }
    }

    /** A key of characters already in memory, for tests and embedding. */
    public static ArrayKey of(String text) throws ArrayKeyException {
        return new ArrayKey(keyBytes(text, "array key"));
    }

    /** A new HMAC-SHA256 with this key. */
    public Mac mac() {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(key);
            return mac;
        } catch (NoSuchAlgorithmException | InvalidKeyException e) {
            throw new IllegalStateException("every Java has " + ALGORITHM, e);
        }
    }

    /** Says nothing of the secret. */
    @Override
    public String toString() {
        return "array key";
    }

    private static void checkPermissions(Path file, String where) throws IOException, ArrayKeyException {
        Set<PosixFilePermission> permissions;
        try {
            permissions = Files.getPosixFilePermissions(file);
        } catch (UnsupportedOperationException e) {
            // A file system with other rules; its administrator knows them.
            return;
        }
        if (permissions.stream().anyMatch(FORBIDDEN::contains)) {
            throw new ArrayKeyException(where + " has permissions " + PosixFilePermissions.toString(permissions)
                    + ", so that others than its owner can read or change it; chmod 600 it,"
                    + " and make a new key if somebody may have read it");
        }
    }

    private static byte[] keyBytes(String text, String where) throws ArrayKeyException {
        String key = text.lines()
                .filter(line -> !line.startsWith("#"))
                .flatMapToInt(String::chars)
                .filter(c -> !Character.isWhitespace(c))
                .mapToObj(Character::toString)
                .collect(Collectors.joining());
        if (key.chars().anyMatch(c -> c <= ' ' || c > '~')) {
            throw new ArrayKeyException(where + " holds characters that are not printable ASCII; copy it as text");
        }
        if (key.length() < MIN_LENGTH || key.chars().distinct().count() < MIN_DIFFERENT) {
            throw new ArrayKeyException(where + " is too short or too plain for a key: it has " + key.length()
                    + " characters, at least " + MIN_LENGTH + " random ones are needed; make one with bin/make-key");
        }
        if (key.length() > MAX_LENGTH) {
            throw new ArrayKeyException(where + " is longer than " + MAX_LENGTH + " characters; is it the right file?");
        }
        return key.getBytes(StandardCharsets.US_ASCII);
    }
}
