package org.stoneware.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class OptionsTest {
    private final Options options =
            new Options("tool", "usage").value("--name", "-n").flag("--force");

    @Test
    void shouldReadValuesAndFlagsInEveryForm() throws ProgramException {
        options.parse(List.of("-n", "Server1", "--force"));

        assertThat(options.get("--name")).isEqualTo("Server1");
        assertThat(options.isGiven("--force")).isTrue();
        assertThat(new Options("tool", "")
                        .value("--name")
                        .parse(List.of("--name=S"))
                        .get("--name"))
                .isEqualTo("S");
    }

    @Test
    void shouldSuggestTheNearestOption() {
        assertThatThrownBy(() -> options.parse(List.of("--nmae", "x")))
                .isInstanceOf(ProgramException.class)
                .hasMessage(
                        "tool: unknown option '--nmae'; did you mean --name?; allowed: --help, --name, --force; see tool"
                                + " --help");
    }

    @Test
    void shouldRefuseAMissingValueADoubledOptionAndALooseWord() {
        assertThatThrownBy(() -> options.parse(List.of("-n"))).hasMessageContaining("-n needs a value");
        assertThatThrownBy(() -> options.parse(List.of("-n", "--force"))).hasMessageContaining("-n needs a value");
        assertThatThrownBy(() -> new Options("tool", "").flag("--force").parse(List.of("--force", "--force")))
                .hasMessageContaining("--force is given twice");
        assertThatThrownBy(() -> options.parse(List.of("Server1")))
                .hasMessageContaining("unexpected argument 'Server1'");
        assertThatThrownBy(() -> options.parse(List.of("--force=yes"))).hasMessageContaining("--force takes no value");
    }
}
