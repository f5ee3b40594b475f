package org.stoneware.api.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.util.Base64;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.stoneware.api.config.ManagementAccess.Account;

class AccountFilesTest {
    @TempDir
    private Path directory;

    private Path passwords;
    private Path rights;

    @BeforeEach
    void name() throws IOException {
        passwords = write("passwords", "# who\nalice wonder=land:\nbob=builder\n\n", "rw-------");
        rights = write("rights", "alice readwrite create x.* unregister\nbob readonly\n", "rw-r--r--");
    }

    @Test
    void shouldLetInWhoKnowsThePasswordWithTheRightsTheFileGives() throws ManagementAccessException {
        ManagementAccess access = AccountFiles.open(passwords, rights);

        assertThat(access.isRequired()).isTrue();
        assertThat(access.logIn("alice", "wonder=land:")).isEqualTo(new Account("alice", true));
        assertThat(access.logIn("bob", "builder")).isEqualTo(new Account("bob", false));
        assertThat(access.logIn("bob", "Builder")).isNull();
        assertThat(access.logIn("bob", "")).isNull();
        assertThat(access.logIn("carol", "builder")).isNull();
        assertThat(access.logIn("# who", "")).isNull();
    }

    @Test
    void shouldLetEverybodyOnlyLookWithoutAnAccessFile() throws ManagementAccessException {
        assertThat(AccountFiles.open(passwords, null).logIn("alice", "wonder=land:"))
                .isEqualTo(new Account("alice", false));
    }

    /** As the JDK writes it: the digest of the salt and then the password. */
    @Test
    void shouldTakePasswordsAsTheJdkHashesThem() throws Exception {
        byte[] salt = new byte[64];
        salt[3] = 7;
        MessageDigest digest = MessageDigest.getInstance("SHA3-512");
        digest.update(salt);
        String hash = Base64.getEncoder().encodeToString(digest.digest("secret".getBytes(StandardCharsets.UTF_8)));
        write(
                "passwords",
                "alice " + Base64.getEncoder().encodeToString(salt) + " " + hash + " SHA3-512\n",
                "rw-------");

        ManagementAccess access = AccountFiles.open(passwords, null);

        assertThat(access.logIn("alice", "secret")).isNotNull();
        assertThat(access.logIn("alice", hash)).isNull();
    }

    @Test
    void shouldSeeAChangeAtOnce() throws Exception {
        ManagementAccess access = AccountFiles.open(passwords, rights);

        write("passwords", "alice other\n", "rw-------");

        assertThat(access.logIn("alice", "wonder=land:")).isNull();
        assertThat(access.logIn("bob", "builder")).isNull();
        assertThat(access.logIn("alice", "other")).isNotNull();
    }

    @Test
    void shouldLetNobodyInWhenTheFileBecameReadableForOthers() throws Exception {
        ManagementAccess access = AccountFiles.open(passwords, rights);

        Files.setPosixFilePermissions(passwords, PosixFilePermissions.fromString("rw-r-----"));

        assertThat(access.logIn("alice", "wonder=land:")).isNull();
    }

    @Test
    void shouldSayWhatIsWrongWithAFile() throws IOException {
        assertRefused("does not exist; create it, or correct <authentication>", directory.resolve("nowhere"), null);
        assertRefused("has permissions rw-r--r--", write("open", "a b\n", "rw-r--r--"), null);
        assertRefused("names no user", write("empty", "# nobody\n", "rw-------"), null);
        assertRefused(":2: the line has no second word", write("half", "a b\nc\n", "rw-------"), null);
        assertRefused(":2: 'a' has a line already", write("twice", "a b\na c\n", "rw-------"), null);
        assertRefused("the line of 'a' is neither", write("blank", "a b c\n", "rw-------"), null);
        assertRefused("'root' of user 'alice' is no right", passwords, write("r1", "alice root\n", "rw-------"));
        assertRefused("gives rights to 'eve', who has no line", passwords, write("r2", "eve readonly\n", "rw-------"));
        assertRefused("can change it; chmod 600", passwords, write("r3", "bob readonly\n", "rw-rw-rw-"));
        assertRefused("is longer than", write("long", "a " + "b".repeat(70_000), "rw-------"), null);
    }

    private void assertRefused(String message, Path passwordFile, Path accessFile) {
        assertThatThrownBy(() -> AccountFiles.open(passwordFile, accessFile))
                .isInstanceOf(ManagementAccessException.class)
                .hasMessageContaining(message);
    }

    private Path write(String name, String text, String permissions) throws IOException {
        Path file = Files.writeString(directory.resolve(name), text);
        return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
    }
}
