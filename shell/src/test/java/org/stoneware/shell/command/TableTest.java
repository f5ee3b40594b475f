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
    void shouldNeverCutWhatSomebodyMayCopy() {
        Table table = new Table(Table.text("SESSION"), Table.number("SIZE").optional(1)).row("x".repeat(100), 1);

        assertThat(table.render(40, false)).isEqualTo("SESSION\n" + "x".repeat(100) + "\n");
        assertThat(table.leftOut(40)).containsExactly("SIZE");
    }

    @Test
    void shouldLeaveOutTheLeastImportantColumnsOfANarrowTerminalAndSayWhich() {
        Table table = new Table(
                        Table.number("SIZE").optional(2),
                        Table.text("ID"),
                        Table.number("AGE").optional(1),
                        Table.text("END").optional(3))
                .row(12345, "0123456789", 77777, "never");

        assertThat(table.render(31, false))
                .isEqualTo(" SIZE  ID            AGE  END\n12345  0123456789  77777  never\n");
        assertThat(table.leftOut(31)).isEmpty();
        assertThat(table.render(30, false)).isEqualTo(" SIZE  ID          END\n12345  0123456789  never\n");
        assertThat(table.leftOut(30)).containsExactly("AGE");
        assertThat(table.leftOut(20)).containsExactly("SIZE", "AGE");
    }

    @Test
    void shouldGoOnInTheNextLineWithoutBreakingAWord() {
        Table table = new Table(Table.text("TOMCAT"), Table.words("APPLICATIONS"), Table.number("OWNS"))
                .row("a", "localhost/shop, localhost/admin, localhost/manager", 3)
                .row("b", "", 0);

        assertThat(table.render(44, false))
                .isEqualTo(
                        """
                        TOMCAT  APPLICATIONS                    OWNS
                        a       localhost/shop,                    3
                                localhost/admin,
                                localhost/manager
                        b                                          0
                        """);
        assertThat(table.render(0, false)).contains("localhost/shop, localhost/admin, localhost/manager     3\n");
    }

    @Test
    void shouldBreakALongNameNoCommandTakesWhereTheLineEnds() {
        Table table = new Table(Table.longName("CLASS"), Table.number("SIZE")).row("shop.cart.Entry$Kind", 7);

        assertThat(table.render(18, false)).isEqualTo("CLASS         SIZE\nshop.cart.En     7\ntry$Kind\n");
        assertThat(table.render(0, false)).isEqualTo("CLASS                 SIZE\nshop.cart.Entry$Kind     7\n");
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
