package org.stoneware.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BundleSetTest {
    @TempDir
    Path home;

    @BeforeEach
    void install() throws IOException {
        Files.createDirectories(home.resolve("conf/bundle-sets"));
        Files.createDirectories(home.resolve("bundles"));
        for (String jar : new String[] {"a-api-1.0.jar", "a-api-extra-1.0.jar", "b-1.0.jar", "b-2.0.jar"}) {
            Files.createFile(home.resolve("bundles").resolve(jar));
        }
    }

    @Test
    void shouldFindJarsByNameWithoutVersionByFileNameAndByGlob() throws Exception {
        BundleSet set = load("# comment\n\n1 a-api  # first\n 12  b-1.0.jar\n3 a-api-extra*\n");

        assertThat(set.entries())
                .extracting(entry -> entry.startLevel() + " " + entry.jar().getFileName())
                .containsExactly("1 a-api-1.0.jar", "12 b-1.0.jar", "3 a-api-extra-1.0.jar");
        assertThat(set.highestStartLevel()).isEqualTo(12);
    }

    @Test
    void shouldNameEveryFaultyLine() {
        assertThatThrownBy(() -> load("1 missing\n1 b\nnonsense\n0 a-api\n"))
                .isInstanceOf(ProgramException.class)
                .hasMessageContaining("default.list:1: no jar 'missing' in ")
                .hasMessageContaining("default.list:2: 'b' fits several jars: ")
                .hasMessageContaining("default.list:3: 'nonsense' is not a bundle")
                .hasMessageContaining("default.list:4: '0 a-api' is not a bundle");
    }

    @Test
    void shouldTakeAFileOutsideTheInstallation() throws Exception {
        Files.writeString(home.resolve("mine.txt"), "1 a-api");

        assertThat(BundleSet.load(terminal(), "mine.txt").file()).isEqualTo(home.resolve("mine.txt"));
    }

    @Test
    void shouldRefuseAnEmptyList() {
        assertThatThrownBy(() -> load("# nothing\n")).hasMessageContaining("no bundle is listed");
    }

    private BundleSet load(String text) throws Exception {
        Files.writeString(home.resolve("conf/bundle-sets/default.list"), text);
        return BundleSet.load(terminal(), "default");
    }

    private Terminal terminal() {
        PrintStream nowhere = new PrintStream(PrintStream.nullOutputStream());
        return new Terminal(nowhere, nowhere, home, home, home, Map.of());
    }
}
