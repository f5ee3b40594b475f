package org.stoneware.api.config;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Accounts in two files of the form the JDK uses for JMX: {@code user password} in one, {@code user readonly} or {@code user readwrite} in
 * the other. A password may stand there in clear or as the JDK hashes it ({@code user salt hash [algorithm]}). Files are read at each
 * log-in, so a change counts at once; they are never written.
 * <p>
 * A user without a line in the access file, or when there is none, may only look.
 * <p>
 * <b>Threading:</b> any thread. <b>Limits:</b> {@value #MAX_FILE_BYTES} bytes a file.
 */
public final class AccountFiles implements ManagementAccess {
    static final int MAX_FILE_BYTES = 64 * 1024;
    private static final Logger LOGGER = System.getLogger("org.stoneware.access");
    private static final int SALT_LENGTH = 64;
    private static final String DEFAULT_ALGORITHM = "SHA3-512";
    private static final Pattern LINE = Pattern.compile("([^\\s=:#]+)(?:\\s*[=:]\\s*|\\s+)(\\S.*)");
    private static final Pattern READ_WRITE = Pattern.compile("readwrite(?:\\s.*)?");
    static final Set<PosixFilePermission> FORBIDDEN_SECRET = EnumSet.of(
            PosixFilePermission.GROUP_READ,
            PosixFilePermission.GROUP_WRITE,
            PosixFilePermission.OTHERS_READ,
            PosixFilePermission.OTHERS_WRITE);
    private static final Set<PosixFilePermission> FORBIDDEN_ACCESS =
            EnumSet.of(PosixFilePermission.GROUP_WRITE, PosixFilePermission.OTHERS_WRITE);

    private final Path passwordFile;
    private final @Nullable Path accessFile;

    private AccountFiles(Path passwordFile, @Nullable Path accessFile) {
        this.passwordFile = passwordFile;
        this.accessFile = accessFile;
    }

    /**
     * Reads both files once, to find out whether they can be used.
     *
     * @param accessFile null when every user may only look.
     * @throws ManagementAccessException when one can't be read, says something unknown, or others than its owner may read the passwords or
     *     change the rights.
     */
    public static AccountFiles open(Path passwordFile, @Nullable Path accessFile) throws ManagementAccessException {
        AccountFiles files = new AccountFiles(passwordFile, accessFile);
        Map<String, String> passwords = files.passwords();
        if (passwords.isEmpty()) {
            throw new ManagementAccessException(
                    where(passwordFile, "password file") + " names no user; write lines of a name and a password");
        }
        for (String user : files.rights().keySet()) {
            if (!passwords.containsKey(user)) {
                throw new ManagementAccessException("access file " + accessFile + " gives rights to '" + shown(user)
                        + "', who has no line in password file " + passwordFile + "; add one, or delete the rights");
            }
        }
        return files;
    }

    @Override
    public boolean isRequired() {
        return true;
    }

    @Override
    public @Nullable Account logIn(String user, String password) {
        try {
            Map<String, String> rights = rights();
            String expected = passwords().get(user);
            if (expected == null || !matches(expected, password)) {
                return null;
            }
            String right = rights.get(user);
            return new Account(user, right != null && isReadWrite(right));
        } catch (ManagementAccessException e) {
            LOGGER.log(Level.WARNING, "nobody can log in now: " + e.text());
            return null;
        }
    }

    private Map<String, String> passwords() throws ManagementAccessException {
        Map<String, String> lines = lines(passwordFile, "password file", FORBIDDEN_SECRET);
        for (Map.Entry<String, String> line : lines.entrySet()) {
            String[] parts = line.getValue().split("\\s+");
            if (parts.length > 1 && !isHashed(parts)) {
                throw new ManagementAccessException("password file " + passwordFile + ": the line of '"
                        + shown(line.getKey()) + "' is neither 'user password' nor 'user salt hash algorithm';"
                        + " a password holds no blanks");
            }
        }
        return lines;
    }

    private Map<String, String> rights() throws ManagementAccessException {
        if (accessFile == null) {
            return Map.of();
        }
        Map<String, String> lines = lines(accessFile, "access file", FORBIDDEN_ACCESS);
        for (Map.Entry<String, String> line : lines.entrySet()) {
            if (!line.getValue().equals("readonly") && !isReadWrite(line.getValue())) {
                throw new ManagementAccessException("access file " + accessFile + ": '" + shown(line.getValue())
                        + "' of user '" + shown(line.getKey()) + "' is no right; write readonly or readwrite");
            }
        }
        return lines;
    }

    /** The JDK's form may go on with what may be created; nothing may be created here, whatever it says. */
    private static boolean isReadWrite(String right) {
        return READ_WRITE.matcher(right).matches();
    }

    private Map<String, String> lines(Path file, String kind, Set<PosixFilePermission> forbidden)
            throws ManagementAccessException {
        String where = where(file, kind);
        try {
            checkPermissions(file, where, forbidden);
            if (Files.size(file) > MAX_FILE_BYTES) {
                throw new ManagementAccessException(
                        where + " is longer than " + MAX_FILE_BYTES + " bytes; is it the right file?");
            }
            Map<String, String> lines = new LinkedHashMap<>();
            int number = 0;
            for (String raw : new String(Files.readAllBytes(file), StandardCharsets.UTF_8)
                    .lines()
                    .toList()) {
                number++;
                String line = raw.strip();
                if (!line.isEmpty() && !line.startsWith("#")) {
                    add(lines, line, where + ":" + number);
                }
            }
            return lines;
        } catch (NoSuchFileException e) {
            throw new ManagementAccessException(
                    where + " does not exist; create it, or correct <authentication> in tc-config");
        } catch (AccessDeniedException e) {
            throw new ManagementAccessException(where + " can't be read by user " + System.getProperty("user.name")
                    + "; let the file belong to this user (chown)");
        } catch (IOException e) {
            throw new ManagementAccessException(where + " can't be read: " + e.getMessage());
        }
    }

    private static void add(Map<String, String> lines, String line, String where) throws ManagementAccessException {
        Matcher parts = LINE.matcher(line);
        if (!parts.matches()) {
            throw new ManagementAccessException(
                    where + ": the line has no second word; write a name, a blank, and" + " what belongs to it");
        }
        if (lines.put(parts.group(1), parts.group(2).strip()) != null) {
            throw new ManagementAccessException(
                    where + ": '" + shown(parts.group(1)) + "' has a line already; delete one");
        }
    }

    static void checkPermissions(Path file, String where, Set<PosixFilePermission> forbidden)
            throws IOException, ManagementAccessException {
        Set<PosixFilePermission> permissions;
        try {
            permissions = Files.getPosixFilePermissions(file);
        } catch (UnsupportedOperationException e) {
            // A file system with other rules; its administrator knows them.
            return;
        }
        if (permissions.stream().anyMatch(forbidden::contains)) {
            throw new ManagementAccessException(where + " has permissions " + PosixFilePermissions.toString(permissions)
                    + ", so that others than its owner can "
                    + (forbidden.contains(PosixFilePermission.OTHERS_READ) ? "read or change it" : "change it")
                    + "; chmod 600 it");
        }
    }

    private static boolean matches(String expected, String password) {
        String[] parts = expected.split("\\s+");
        if (parts.length == 1) {
            return MessageDigest.isEqual(
                    expected.getBytes(StandardCharsets.UTF_8), password.getBytes(StandardCharsets.UTF_8));
        }
        try {
            MessageDigest digest = MessageDigest.getInstance(parts.length > 2 ? parts[2] : DEFAULT_ALGORITHM);
            digest.update(Base64.getDecoder().decode(parts[0]));
            return MessageDigest.isEqual(
                    Base64.getDecoder().decode(parts[1]), digest.digest(password.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException | IllegalArgumentException e) {
            return false;
        }
    }

    private static boolean isHashed(String[] parts) {
        try {
            return parts.length <= 3
                    && Base64.getDecoder().decode(parts[0]).length == SALT_LENGTH
                    && Base64.getDecoder().decode(parts[1]).length > 0
                    && MessageDigest.getInstance(parts.length > 2 ? parts[2] : DEFAULT_ALGORITHM) != null;
        } catch (IllegalArgumentException | NoSuchAlgorithmException e) {
            return false;
        }
    }

    private static String where(Path file, String kind) {
        return kind + " " + file.toAbsolutePath().normalize();
    }

    private static String shown(String text) {
        String plain = text.replaceAll("\\p{C}", "?");
        return plain.length() > 40 ? plain.substring(0, 40) + "..." : plain;
    }

    /** Says nothing of the secrets. */
    @Override
    public String toString() {
        return "accounts of " + passwordFile;
    }
}
