package org.stoneware.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.stoneware.config.ConfigFixture.errors;
import static org.stoneware.config.ConfigFixture.parse;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Holds the parser to {@code odd-configs.txt}. */
class OddConfigTest {
    /** One entry of the list. */
    private record Odd(String title, String xml, List<String> errors) {
        static Odd of(String entry) {
            int title = entry.indexOf('\n');
            int end = entry.indexOf("\n---\n");
            String xml = end <= title ? "" : entry.substring(title + 1, end) + "\n";
            String text = xml.startsWith("@")
                    ? ConfigFixture.resource(xml.substring(1).strip())
                    : xml;
            return new Odd(
                    entry.substring(0, title),
                    text,
                    entry.substring(end + 5).lines().toList());
        }

        @Override
        public String toString() {
            return title;
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("oddConfigs")
    void shouldAnswerWithExactlyTheseErrors(Odd odd) {
        TcConfig config = parse(odd.xml());

        assertThat(errors(config)).isEqualTo(odd.errors());
    }

    private static Stream<Odd> oddConfigs() {
        String[] entries = ConfigFixture.resource("odd-configs.txt").split("(?m)^=== ");
        assertThat(entries).hasSizeGreaterThan(40);
        return Stream.of(entries).skip(1).map(Odd::of);
    }
}
