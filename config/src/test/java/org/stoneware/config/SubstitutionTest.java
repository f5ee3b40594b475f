package org.stoneware.config;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.stoneware.api.config.Substitution;

class SubstitutionTest {
    private final Substitution substitution = new Substitution(
            new FakeHostEnvironment().property("os.name", "Linux").property("java.io.tmpdir", "/tmp"));

    @ParameterizedTest
    @CsvSource({
        "plain, plain",
        "%h, me",
        "%c, me.example",
        "%i, 192.168.1.88",
        "%H/x, /home/tc/x",
        "%n, tc",
        "%o, Linux",
        "%t/x, /tmp/x",
        "%d, /tmp/fresh",
        "%D, 20261122160000000",
        "%(user.home)/d, /home/tc/d",
        "%(nope:/var/x)/d, /var/x/d",
        "%(user.home:/var/x), /home/tc",
        "%(nope:), ''",
        "100%, 100%",
        "%z%%, %z%%",
    })
    void shouldReplaceWhatIsAPlaceholderAndKeepTheRest(String text, String expected) {
        Substitution.Result result = substitution.apply(text);

        assertThat(result.text()).isEqualTo(expected);
        assertThat(result.faults()).isEmpty();
    }

    @Test
    void shouldNameTheUnsetProperty() {
        assertThat(substitution.apply("%(nope)/x").faults())
                .containsExactly("system property 'nope' is not set and %(nope) has no default");
    }

    @Test
    void shouldNameTheUnclosedPlaceholder() {
        assertThat(substitution.apply("%(user.home/x").faults()).containsExactly("'%(' is never closed by ')'");
    }
}
