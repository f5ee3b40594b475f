package org.stoneware.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every program explains itself, and operators read about every one. */
class ProgramsHelpTest {
    /** Programs of other modules, whose own tests ask them for help, and the ones that only call others. */
    private static final Set<String> ELSEWHERE = Set.of("drill", "store-inspect", "demo", "stoneware", "version");

    private static final List<String> HERE = List.of(
            "start-server",
            "start-voter",
            "server-stat",
            "stop-server",
            "hand-over",
            "force-active",
            "make-key",
            "install-valve",
            "shell");

    @TempDir
    private Path directory;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "start-server",
                "start-voter",
                "server-stat",
                "stop-server",
                "hand-over",
                "force-active",
                "make-key",
                "install-valve",
                "shell"
            })
    void shouldExplainEveryProgramInReadableLines(String program) throws IOException {
        TestHome home = new TestHome(directory);

        for (String asked : List.of("--help", "-h", "-?")) {
            int exitCode = home.run(program, asked);

            assertThat(exitCode).isEqualTo(ExitCode.CLEAN);
            assertThat(home.out()).startsWith("Usage: " + program).contains("Exit codes: ");
            assertThat(home.out().lines()).allMatch(line -> line.length() <= 132);
            assertThat(home.err()).isEmpty();
        }
    }

    @Test
    void shouldListAllProgramsWhenAskedForHelp() throws IOException {
        TestHome home = new TestHome(directory);

        assertThat(home.run("--help")).isEqualTo(ExitCode.CLEAN);
        assertThat(home.out()).contains(HERE);
        assertThat(home.run("no-such-program")).isEqualTo(ExitCode.CONFIGURATION);
        assertThat(home.err()).contains("no-such-program").contains(HERE);
    }

    @Test
    void shouldExplainToOperatorsEveryProgramThereIs() throws IOException {
        String explained = Files.readString(Path.of("../docs/operations.md"));
        List<String> programs;
        try (Stream<Path> files = Files.list(Path.of("../bin"))) {
            programs = files.map(file -> file.getFileName().toString())
                    .filter(name -> !name.endsWith(".sh") && !name.equals("stoneware"))
                    .sorted()
                    .toList();
        }

        assertThat(programs).containsAll(HERE).allMatch(name -> HERE.contains(name) || ELSEWHERE.contains(name));
        assertThat(programs).allSatisfy(name -> assertThat(explained).contains("| `" + name));
    }
}
