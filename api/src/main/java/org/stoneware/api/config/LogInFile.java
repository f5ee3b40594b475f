package org.stoneware.api.config;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The account by which an operator's programs log in at servers that have accounts. It is the first line of a file that is neither blank
 * nor begins with {@code #}: {@code user password}, as in the servers' password file.
 * <p>
 * <b>Threading:</b> any thread. <b>Limits:</b> {@value AccountFiles#MAX_FILE_BYTES} bytes.
 */
public final class LogInFile {
    /** Environment variable that names the file. */
    public static final String VARIABLE = "STONEWARE_LOGIN_FILE";

    private LogInFile() {}

    /**
     * Reads the file an environment names.
     *
     * @return value of an HTTP {@code Authorization} header; null when the environment names no file.
     * @throws ManagementAccessException when the file can't be read, holds no account, or others than its owner may read or change it.
     */
    public static @Nullable String authorization(Map<String, String> environment) throws ManagementAccessException {
        String name = environment.get(VARIABLE);
        return name == null || name.isBlank() ? null : read(Path.of(name));
    }

    private static String read(Path file) throws ManagementAccessException {
        String where = "log-in file " + file.toAbsolutePath().normalize() + " (" + VARIABLE + ")";
        try {
            AccountFiles.checkPermissions(file, where, AccountFiles.FORBIDDEN_SECRET);
            if (Files.size(file) > AccountFiles.MAX_FILE_BYTES) {
                throw new ManagementAccessException(
                        where + " is longer than " + AccountFiles.MAX_FILE_BYTES + " bytes; is it the right file?");
            }
            String line = new String(Files.readAllBytes(file), StandardCharsets.UTF_8)
                    .lines()
                    .map(String::strip)
                    .filter(each -> !each.isEmpty() && !each.startsWith("#"))
                    .findFirst()
                    .orElse("");
            String[] words = line.split("\\s+");
            if (words.length != 2) {
                throw new ManagementAccessException(where + ": the line has " + (line.isEmpty() ? 0 : words.length)
                        + " words, 2 are needed; write 'user password', the password in clear and without blanks");
            }
            if (words[0].contains(":")) {
                throw new ManagementAccessException(where + ": the name of a user has no colon; write 'user password'");
            }
            byte[] account = (words[0] + ":" + words[1]).getBytes(StandardCharsets.UTF_8);
            return "Basic " + Base64.getEncoder().encodeToString(account);
        } catch (NoSuchFileException e) {
            throw new ManagementAccessException(where + " does not exist; create it, or unset " + VARIABLE);
        } catch (AccessDeniedException e) {
            throw new ManagementAccessException(where + " can't be read by user " + System.getProperty("user.name")
                    + "; let the file belong to this user (chown)");
        } catch (IOException e) {
            throw new ManagementAccessException(where + " can't be read: " + e.getMessage());
        }
    }
}
