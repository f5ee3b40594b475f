package org.stoneware.shell.command;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TableTest {
    @Test
    void shouldPutColumnsUnderEachOther() {
        Table table =
                new Table(Table.text("NAME"), Table.number("SIZE")).row("a", 1).row("longer", 12_345);

        assertThat(table.render(0, false)).isEqualTo("NAME     SIZE\na           1\nlonger  12345\n");
    }

    @Test
    void shouldCutTheLongestColumnOnATerminalAndNothingInAPipe() {
        Table table = new Table(Table.longText("NAME"), Table.number("SIZE")).row("x".repeat(100), 1);

        assertThat(table.render(40, false).lines())
                .allSatisfy(line -> assertThat(line.length()).isLessThanOrEqualTo(40));
        assertThat(table.render(40, false)).contains("x…");
        assertThat(table.render(0, false)).contains("x".repeat(100));
    }

    @Test
    void shouldMakeWhatItShowsHarmless() {
        Table table = new Table(Table.text("NAME")).row("a\u001b[31m\u0000\n\u200e\ud800z");

        assertThat(table.render(0, false)).isEqualTo("NAME\na\\u001B[31m\\u0000\\u000A\\u200E\\uD800z\n");
    }

    @Test
    void shouldColourOnlyWhereThereAreColours() {
        Table table = new Table(Table.text("ROLE")).row(Table.cell("ACTIVE", Style.GOOD));

        assertThat(table.render(0, true)).contains("\u001b[32mACTIVE\u001b[0m");
        assertThat(table.render(0, false)).doesNotContain("\u001b");
    }
}
