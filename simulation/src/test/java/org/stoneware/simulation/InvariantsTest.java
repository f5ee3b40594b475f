package org.stoneware.simulation;

import static java.util.stream.Collectors.toMap;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The table of what must always be true names checks that there are. */
class InvariantsTest {
    private static final Path REPOSITORY = Path.of("..");
    private static final int INVARIANTS = 18;
    private static final Pattern ROW = Pattern.compile("^\\| (I\\d+) \\|");
    private static final Pattern CHECK = Pattern.compile("`([A-Z]\\w+)(?:#(\\w+))?`");

    @Test
    void shouldHaveARowForEachInvariant() throws IOException {
        List<String> rows = lines().stream()
                .map(ROW::matcher)
                .filter(Matcher::find)
                .map(row -> row.group(1))
                .toList();

        assertThat(rows)
                .isEqualTo(IntStream.rangeClosed(1, INVARIANTS)
                        .mapToObj(number -> "I" + number)
                        .toList());
    }

    @Test
    void shouldNameChecksOrSayWhyThereAreNone() throws IOException {
        assertThat(lines().stream().filter(line -> ROW.matcher(line).find()))
                .allMatch(line -> CHECK.matcher(line).find() || line.contains("does not apply: "));
    }

    @Test
    void shouldNameOnlyTestsThatExist() throws IOException {
        Map<String, String> sources = sourcesByClass();
        List<String> missing = new ArrayList<>();
        Matcher check = CHECK.matcher(String.join("\n", lines()));
        int checks = 0;
        while (check.find()) {
            checks++;
            String source = sources.getOrDefault(check.group(1), "");
            String method = check.group(2);
            if (source.isEmpty() || method != null && !source.contains("void " + method + "(")) {
                missing.add(check.group());
            }
        }

        assertThat(missing).isEmpty();
        assertThat(checks).isGreaterThan(INVARIANTS);
    }

    private static List<String> lines() throws IOException {
        return Files.readAllLines(REPOSITORY.resolve("docs/invariants.md"));
    }

    /** Sources of tests and of the test kit; classes of one name in several modules in one. */
    private static Map<String, String> sourcesByClass() throws IOException {
        List<Path> roots = new ArrayList<>();
        try (Stream<Path> modules = Files.list(REPOSITORY)) {
            modules.map(module -> module.resolve("src/test/java"))
                    .filter(Files::isDirectory)
                    .forEach(roots::add);
        }
        roots.add(REPOSITORY.resolve("testkit/src/main/java"));
        List<Path> files = new ArrayList<>();
        for (Path root : roots) {
            try (Stream<Path> all = Files.walk(root)) {
                all.filter(path -> path.toString().endsWith(".java")).forEach(files::add);
            }
        }
        return files.stream()
                .collect(toMap(
                        file -> file.getFileName().toString().replace(".java", ""),
                        InvariantsTest::read,
                        (one, other) -> one + other));
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
