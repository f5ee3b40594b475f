package org.stoneware.itests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What people read leads somewhere, in the checkout and in what they unpack, and names what lies there. */
class DocumentationIT {
    private static final Pattern LINK = Pattern.compile("\\]\\(([^)\\s]+)\\)");
    private static final Pattern CODE = Pattern.compile("(?s)```.*?```|`[^`\n]*`");
    private static final Pattern OUTSIDE = Pattern.compile("[a-z]+:.*");
    private static final Pattern COPIED_BY_STEP_3 = Pattern.compile("(?m)^ *cp -r (\\S+) \\$CATALINA_HOME");

    static List<Path> roots() {
        return List.of(checkout(), Layout.distribution());
    }

    @ParameterizedTest
    @MethodSource("roots")
    void shouldFollowEveryRelativeLink(Path root) throws IOException {
        List<String> broken = new ArrayList<>();
        List<Path> texts = texts(root);
        for (Path text : texts) {
            Matcher link = LINK.matcher(CODE.matcher(Files.readString(text)).replaceAll(""));
            while (link.find()) {
                if (!OUTSIDE.matcher(link.group(1)).matches() && !leadsSomewhere(root, text, link.group(1))) {
                    broken.add(root.relativize(text) + " -> " + link.group(1));
                }
            }
        }

        assertThat(texts).contains(root.resolve("README.md"), root.resolve("docs/operations.md"));
        assertThat(broken).as("links that lead nowhere below " + root).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("roots")
    void shouldHaveThePagesTheReadmeSaysToCopy(Path root) throws IOException {
        for (String readme : List.of("README.md", "README.zh-CN.md")) {
            Matcher copied = COPIED_BY_STEP_3.matcher(Files.readString(root.resolve(readme)));

            assertThat(copied.find()).as(readme).isTrue();
            assertThat(root.resolve(copied.group(1)).resolve("counter.jsp")).exists();
        }
    }

    @Test
    void shouldNameEveryProgramAndDirectoryOfTheDistribution() throws IOException {
        Path home = Layout.distribution();
        String text = Files.readString(home.resolve("docs/distribution.md"));

        for (Path program : list(home.resolve("bin"))) {
            assertThat(text).contains("`" + program.getFileName() + "`");
        }
        for (Path entry : list(home)) {
            if (Files.isDirectory(entry)) {
                assertThat(text).contains("`" + entry.getFileName() + "/");
            }
        }
    }

    /** True also for a heading of the file the link names, as GitHub calls it. */
    private static boolean leadsSomewhere(Path root, Path text, String link) throws IOException {
        int hash = link.indexOf('#');
        String file = hash < 0 ? link : link.substring(0, hash);
        Path target = file.isEmpty() ? text : text.resolveSibling(file).normalize();
        if (!target.startsWith(root) || !Files.exists(target)) {
            return false;
        }
        String heading = hash < 0 ? "" : link.substring(hash + 1);
        return heading.isEmpty()
                || Files.readString(target)
                        .lines()
                        .filter(line -> line.startsWith("#"))
                        .anyMatch(line -> anchor(line).equals(heading));
    }

    private static String anchor(String heading) {
        return heading.replaceFirst("^#+ *", "")
                .toLowerCase(Locale.ROOT)
                .replaceAll("[^\\p{L}\\p{N} _-]", "")
                .replace(' ', '-');
    }

    private static List<Path> texts(Path root) throws IOException {
        try (Stream<Path> files = Files.walk(root)) {
            return files.filter(file -> file.toString().endsWith(".md"))
                    .filter(file -> !root.relativize(file).toString().contains("target"))
                    .toList();
        }
    }

    private static List<Path> list(Path directory) throws IOException {
        try (Stream<Path> entries = Files.list(directory)) {
            return entries.sorted().toList();
        }
    }

    private static Path checkout() {
        return Layout.distribution().resolve("../../..").normalize();
    }
}
