package org.stoneware.shell.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What operators read names what the shell can do. */
class DocumentationTest {
    static Iterable<Usage> usages() {
        return HelpText.USAGES;
    }

    @ParameterizedTest
    @MethodSource("usages")
    void shouldExplainEveryCommandWithItsOptions(Usage usage) throws IOException {
        String headings = Files.readString(Path.of("../docs/shell.md"))
                .lines()
                .filter(line -> line.startsWith("### ") && line.contains(usage.name()))
                .collect(Collectors.joining("\n"));

        assertThat(headings).as("headings of docs/shell.md").contains(usage.name());
        for (Usage.Option option : usage.options()) {
            boolean isEveryones = option.equals(Usage.JSON) || option.equals(Usage.HELP);
            assertThat(isEveryones || headings.contains(option.name()))
                    .as("docs/shell.md, heading of " + usage.name() + ": " + option.name())
                    .isTrue();
        }
    }

    @ParameterizedTest
    @MethodSource("usages")
    void shouldSayWhenToUseEveryCommand(Usage usage) throws IOException {
        assertThat(Files.readString(Path.of("../docs/operations.md")))
                .as("docs/operations.md")
                .contains("`" + usage.name());
    }
}
