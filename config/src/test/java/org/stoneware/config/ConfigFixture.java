package org.stoneware.config;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.stoneware.config.Problem.Severity;

/** Configurations for tests and what the parser says about them. */
final class ConfigFixture {
    static final Path DIRECTORY = Path.of("/etc/tc").toAbsolutePath();
    static final String FILE = "tc.xml";

    private ConfigFixture() {}

    static TcConfig parse(String xml) {
        return parse(xml, new FakeHostEnvironment());
    }

    static TcConfig parse(String xml, HostEnvironment environment) {
        return new TcConfigParser(environment).parse(new ConfigText(FILE, DIRECTORY, xml));
    }

    /** A document of v6 whose {@code <servers>} starts in line 2. */
    static String v6(String servers) {
        return "<tc:tc-config xmlns:tc=\"http://www.terracotta.org/config\">\n<servers>\n" + servers
                + "\n</servers>\n</tc:tc-config>\n";
    }

    /** One server on this machine with {@code content}; the content starts in line 4. */
    static String server(String content) {
        return v6("<server host=\"127.0.0.1\" name=\"Server1\">\n" + content + "\n</server>");
    }

    static List<String> errors(TcConfig config) {
        return of(config.problems(), Severity.ERROR);
    }

    static List<String> warnings(TcConfig config) {
        return of(config.problems(), Severity.WARNING);
    }

    static List<String> notices(TcConfig config) {
        return of(config.problems(), Severity.NOTICE);
    }

    static List<String> of(List<Problem> problems, Severity severity) {
        return problems.stream()
                .filter(problem -> problem.severity() == severity)
                .map(problem -> problem.format(FILE))
                .toList();
    }

    static String value(TcConfig config, String name) {
        return config.effectiveValues().stream()
                .filter(value -> value.name().equals(name))
                .map(value -> value.value() + " (" + value.origin() + ")")
                .findFirst()
                .orElseThrow(() -> new AssertionError("no effective value " + name));
    }

    /** The configuration the article publishes, with its placeholders. */
    static String articleText() {
        return resource("article-tc-config.xml");
    }

    static String resource(String name) {
        try (InputStream in = ConfigFixture.class.getResourceAsStream(name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
