package org.stoneware.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.stoneware.api.config.ArrayKey;

class MakeKeyTest {
    @TempDir
    private Path directory;

    private TestHome home;
    private Path key;

    @BeforeEach
    void layOut() throws IOException {
        home = new TestHome(directory);
        key = home.path("conf/array.key");
    }

    @Test
    void shouldMakeKeyForItsOwnerOnlyAndSayWhereToCopyIt() throws IOException {
        int exit = home.run("make-key");

        assertThat(exit).isZero();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(key)))
                .isEqualTo("rw-------");
        assertThat(secret()).matches("[0-9a-f]{64}");
        assertThatCode(() -> ArrayKey.read(key)).doesNotThrowAnyException();
        assertThat(home.out())
                .contains("made " + key, "every other server", "every Tomcat", "CATALINA_BASE")
                .doesNotContain(secret());
    }

    @Test
    void shouldMakeAnotherKeyEachTime() throws IOException {
        home.run("make-key");
        String first = secret();

        home.run("make-key", "--force");

        assertThat(secret()).isNotEqualTo(first);
    }

    @Test
    void shouldNotTouchKeyThatIsThere() throws IOException {
        Files.writeString(key, "the shop's");

        int exit = home.run("make-key");

        assertThat(exit).isEqualTo(ExitCode.CONFIGURATION);
        assertThat(home.err()).contains(key.toString(), "was not touched", "--force");
        assertThat(key).hasContent("the shop's");
    }

    @Test
    void shouldReplaceKeyOnDemandAndTakeAwayLoosePermissions() throws IOException {
        Files.writeString(key, "the shop's");
        Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-r--r--"));

        int exit = home.run("make-key", "--force");

        assertThat(exit).isZero();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(key)))
                .isEqualTo("rw-------");
        try (Stream<Path> files = Files.list(key.getParent())) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .containsExactlyInAnyOrder("array.key", "bundle-sets");
        }
    }

    @Test
    void shouldWriteWhereItIsToldTo() {
        int exit = home.run("make-key", "--file", "shop.key");

        assertThat(exit).isZero();
        assertThat(home.path("cwd/shop.key")).isRegularFile();
        assertThat(key).doesNotExist();
    }

    @Test
    void shouldNameDirectoryThatIsMissing() {
        int exit = home.run("make-key", "--file", "nowhere/shop.key");

        assertThat(exit).isEqualTo(ExitCode.CONFIGURATION);
        assertThat(home.err()).contains("no directory").contains("nowhere");
    }

    private String secret() throws IOException {
        return Files.readAllLines(key).get(1);
    }
}
