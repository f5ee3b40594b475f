package org.stoneware.shell.command;

/** Text in lines that fit a terminal. */
public final class Lines {
    private Lines() {}

    /**
     * The text with each line that is too long broken between words; a word that is longer than a line stays in one piece.
     *
     * @param width  columns; 0 when nothing is to be broken.
     * @param indent blanks before what goes on.
     */
    public static String fit(String text, int width, int indent) {
        if (width <= indent || text.isEmpty()) {
            return text;
        }
        StringBuilder fitted = new StringBuilder(text.length() + 16);
        String[] lines = text.split("\n", -1);
        for (int i = 0; i < lines.length; i++) {
            fitted.append(i == 0 ? "" : "\n");
            line(fitted, lines[i], width, indent);
        }
        return fitted.toString();
    }

    private static void line(StringBuilder out, String line, int width, int indent) {
        String rest = line;
        int begin = 0;
        while (length(rest) > width) {
            int end = rest.offsetByCodePoints(0, width);
            int space = rest.lastIndexOf(' ', end);
            if (space <= firstWord(rest, begin)) {
                space = rest.indexOf(' ', end);
            }
            if (space < 0) {
                break;
            }
            out.append(rest.substring(0, space).stripTrailing()).append('\n');
            rest = " ".repeat(indent) + rest.substring(space).stripLeading();
            begin = indent;
        }
        out.append(rest);
    }

    /** Where the first word begins: a break before it would leave an empty line. */
    private static int firstWord(String line, int from) {
        int at = from;
        while (at < line.length() && line.charAt(at) == ' ') {
            at++;
        }
        return at;
    }

    private static int length(String text) {
        return text.codePointCount(0, text.length());
    }
}
