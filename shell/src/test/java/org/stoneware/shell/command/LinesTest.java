package org.stoneware.shell.command;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class LinesTest {
    @Test
    void shouldBreakBetweenWordsAndIndentWhatGoesOn() {
        assertThat(Lines.fit("name  one two three four", 14, 6)).isEqualTo("name  one two\n      three\n      four");
        assertThat(Lines.fit("one two three\nfour five six", 8, 0)).isEqualTo("one two\nthree\nfour\nfive six");
    }

    @Test
    void shouldKeepAWordInOnePieceHoweverLong() {
        String id = "x".repeat(50);

        assertThat(Lines.fit("session " + id + " is ended", 20, 2)).isEqualTo("session\n  " + id + "\n  is ended");
        assertThat(Lines.fit(id, 20, 2)).isEqualTo(id);
        assertThat(Lines.fit("    " + id + " end", 20, 2)).isEqualTo("    " + id + "\n  end");
    }

    @Test
    void shouldLeaveTextAloneWhereThereIsNoTerminal() {
        assertThat(Lines.fit("one two three", 0, 2)).isEqualTo("one two three");
        assertThat(Lines.fit("", 10, 2)).isEmpty();
    }

    @Test
    void shouldExplainACommandWithinTheTerminal() {
        for (Usage usage : HelpText.USAGES) {
            assertThat(usage.text(60).lines()).as(usage.name()).allMatch(line -> line.length() <= 60);
            assertThat(usage.text(0)).isEqualTo(usage.text());
        }
    }
}
