package org.stoneware.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every program explains itself, and operators read about every one. */
class ProgramsHelpTest {
    private static final Pattern CALLED = Pattern.compile("/stoneware\" ([a-z-]+) \"\\$@\"");
    /** Programs that need no launcher, and the test that asks each for help. */
    private static final Map<String, String> ELSEWHERE = Map.of(
            "drill", "../drill/src/test/java/org/stoneware/drill/DrillTest.java",
            "store-inspect",
                    "../storage-segments/src/test/java/org/stoneware/storage/segments/inspect/StoreInspectTest.java",
            "demo", "../demo/src/test/java/org/stoneware/demo/DemoTest.java");

    @TempDir
    private Path directory;

    /** Every program in {@code bin/} but {@code stoneware}, which calls them, and other names for the same. */
    private static List<String> programs() throws IOException {
        try (Stream<Path> files = Files.list(Path.of("../bin"))) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> !name.endsWith(".sh") && !name.equals("stoneware"))
                    .sorted()
                    .toList();
        }
    }

    static List<String> programsHere() throws IOException {
        return programs().stream().filter(name -> !ELSEWHERE.containsKey(name)).toList();
    }

    @ParameterizedTest
    @MethodSource("programsHere")
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
        assertThat(home.out()).contains(programsHere());
        assertThat(home.run("no-such-program")).isEqualTo(ExitCode.CONFIGURATION);
        assertThat(home.err()).contains("no-such-program").contains(programsHere());
    }

    @Test
    void shouldHaveEveryOtherProgramAskedForHelpByATestOfItsOwn() throws IOException {
        assertThat(programs()).containsAll(ELSEWHERE.keySet());
        for (Map.Entry<String, String> each : ELSEWHERE.entrySet()) {
            assertThat(Files.readString(Path.of(each.getValue())))
                    .as(each.getKey())
                    .contains("\"--help\"");
        }
    }

    /** The scripts with the names people know from elsewhere call a program that is there. */
    @Test
    void shouldCallAProgramThatExistsByEveryOtherName() throws IOException {
        String usage = Files.readString(Path.of("../distribution/src/main/dist/bin/stoneware"));

        try (Stream<Path> files = Files.list(Path.of("../bin"))) {
            for (Path file : files.filter(each -> !each.endsWith("stoneware")).toList()) {
                Matcher called = CALLED.matcher(Files.readString(file));
                assertThat(called.find()).as(file.toString()).isTrue();
                assertThat(programs()).contains(called.group(1));
                assertThat(usage).as("what bin/stoneware --help prints").contains("\n  " + called.group(1) + " ");
            }
        }
    }

    @Test
    void shouldExplainToOperatorsEveryProgramThereIs() throws IOException {
        String explained = Files.readString(Path.of("../docs/operations.md"));

        assertThat(programs()).allSatisfy(name -> assertThat(explained).contains("| `" + name));
    }

    /** Commands with their options, and what is to be typed, are the same in both languages. */
    @Test
    void shouldTellWhoReadsChineseTheSame() throws IOException {
        String english = Files.readString(Path.of("../README.md"));
        String chinese = Files.readString(Path.of("../README.zh-CN.md"));

        assertThat(commands(english)).hasSizeGreaterThan(10);
        assertThat(commands(chinese)).isEqualTo(commands(english));
        assertThat(typed(chinese)).isEqualTo(typed(english));
    }

    private static List<String> commands(String readme) {
        return Pattern.compile("^\\| (`bin/[^|]*`) \\|", Pattern.MULTILINE)
                .matcher(readme)
                .results()
                .map(each -> each.group(1))
                .toList();
    }

    /** Lines of code without their remarks; what the Chinese text puts into a sentence is left out. */
    private static List<String> typed(String readme) {
        return Pattern.compile("^ *```\\w*\\n(.*?)^ *```", Pattern.MULTILINE | Pattern.DOTALL)
                .matcher(readme)
                .results()
                .flatMap(each -> each.group(1).lines())
                .map(line -> line.replaceAll("\\s*(#|<!--).*", "").strip())
                .filter(line -> !line.startsWith("bin/make-key"))
                .toList();
    }
}
