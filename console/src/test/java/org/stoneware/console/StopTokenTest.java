package org.stoneware.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StopTokenTest {
    @TempDir
    Path directory;

    @Test
    void shouldBeReadableByItsOwnerAlone() throws Exception {
        StopToken token = StopToken.create(directory.resolve("not/there/yet"));

        assertThat(token.file()).hasFileName("management.token");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(token.file())))
                .isEqualTo("rw-------");
    }

    @Test
    void shouldReplaceAFileOfWiderPermissionsLeftBehind() throws Exception {
        Path file = Files.writeString(directory.resolve(StopToken.FILE_NAME), "old");
        Files.writeString(directory.resolve(StopToken.FILE_NAME + ".new"), "half");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-rw-rw-"));

        StopToken token = StopToken.create(directory);

        assertThat(token.matches("old")).isFalse();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        assertThat(directory).isDirectoryNotContaining("glob:**.new");
    }

    @Test
    void shouldHold256BitsThatDifferFromStartToStart() throws Exception {
        String first = Files.readString(StopToken.create(directory).file());
        String second = Files.readString(StopToken.create(directory).file());

        assertThat(first).matches("[0-9a-f]{64}\n");
        assertThat(second).isNotEqualTo(first);
    }

    @Test
    void shouldMatchItselfOnly() throws Exception {
        StopToken token = StopToken.create(directory);
        String text = Files.readString(token.file()).trim();

        assertThat(token.matches(text)).isTrue();
        assertThat(token.matches(text + "0")).isFalse();
        assertThat(token.matches("")).isFalse();
    }

    @Test
    void shouldDeleteItsFileAtStop() throws Exception {
        StopToken token = StopToken.create(directory);

        token.close();

        assertThat(token.file()).doesNotExist();
    }

    @Test
    void shouldLeaveTheFileOfALaterServer() throws Exception {
        StopToken earlier = StopToken.create(directory);
        StopToken later = StopToken.create(directory);

        earlier.close();

        assertThat(later.file()).exists();
    }
}
