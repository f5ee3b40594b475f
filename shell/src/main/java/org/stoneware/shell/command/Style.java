package org.stoneware.shell.command;

/** How a piece of text stands out, where there are colours. Never the only sign of anything. */
enum Style {
    PLAIN(""),
    HEADING("1"),
    QUIET("2"),
    GOOD("32"),
    READY("36"),
    WAITING("33"),
    BAD("31");

    private final String code;

    Style(String code) {
        this.code = code;
    }

    String of(String text, boolean isColoured) {
        return !isColoured || code.isEmpty() || text.isEmpty() ? text : "\u001b[" + code + "m" + text + "\u001b[0m";
    }
}
