package org.stoneware.api.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Base64;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LogInFileTest {
    @TempDir
    private Path directory;

    @Test
    void shouldTakeTheFirstLineThatSaysSomething() throws Exception {
        Map<String, String> environment = write("# who I am\n\n  alice\twonder=land: \nbob builder\n", "rw-------");

        assertThat(LogInFile.authorization(environment)).isEqualTo("Basic " + base64("alice:wonder=land:"));
    }

    @Test
    void shouldLogInNowhereWithoutAFile() throws Exception {
        assertThat(LogInFile.authorization(Map.of())).isNull();
        assertThat(LogInFile.authorization(Map.of(LogInFile.VARIABLE, ""))).isNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {"rw-r-----", "rw-rw----", "rw----r--", "rw-----w-"})
    void shouldRefuseAFileOthersCanReadOrChange(String permissions) throws Exception {
        Map<String, String> environment = write("alice wonderland\n", permissions);

        assertThatThrownBy(() -> LogInFile.authorization(environment))
                .isInstanceOf(ManagementAccessException.class)
                .hasMessageContaining(permissions)
                .hasMessageContaining("chmod 600")
                .hasMessageContaining(LogInFile.VARIABLE)
                .hasMessageNotContaining("wonderland");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "# nobody\n", "alice\n", "alice wonder land\n", "a:lice wonderland\n"})
    void shouldSayWhatTheLineMustLookLike(String text) throws Exception {
        Map<String, String> environment = write(text, "rw-------");

        assertThatThrownBy(() -> LogInFile.authorization(environment))
                .hasMessageContaining("'user password'")
                .hasMessageNotContaining("wonder");
    }

    @Test
    void shouldSayThatTheFileDoesNotExist() {
        Map<String, String> environment =
                Map.of(LogInFile.VARIABLE, directory.resolve("gone").toString());

        assertThatThrownBy(() -> LogInFile.authorization(environment))
                .hasMessageContaining("gone")
                .hasMessageContaining("does not exist");
    }

    private Map<String, String> write(String text, String permissions) throws IOException {
        Path file = Files.writeString(directory.resolve("login"), text);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
        return Map.of(LogInFile.VARIABLE, file.toString());
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }
}
