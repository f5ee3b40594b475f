package org.stoneware.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The demo as far as nothing is started. */
class DemoTest {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @ParameterizedTest
    @ValueSource(strings = {"--help", "-h", "-?"})
    void shouldExplainItself(String asked) {
        assertThat(run(asked)).isZero();

        assertThat(out.toString(StandardCharsets.UTF_8))
                .startsWith("Usage: demo")
                .contains("--tomcat", "--check", "--port", "Exit codes: ");
        assertThat(out.toString(StandardCharsets.UTF_8).lines()).allMatch(line -> line.length() <= 132);
        assertThat(err.size()).isZero();
    }

    @Test
    void shouldSayWhatIsWrongWithAnOptionAndStartNothing() {
        assertThat(run("--chekc")).isEqualTo(2);

        assertThat(err.toString(StandardCharsets.UTF_8)).startsWith("demo: ").contains("--chekc", "Usage: demo");
        assertThat(out.size()).isZero();
    }

    private int run(String... arguments) {
        return Demo.run(
                arguments,
                null,
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8));
    }
}
