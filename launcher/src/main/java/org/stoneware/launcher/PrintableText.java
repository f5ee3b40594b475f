package org.stoneware.launcher;

/** What came over the network or from an application, made fit for a terminal and a log. */
final class PrintableText {
    private PrintableText() {}

    /** The text with a question mark for each character that is not shown but does something: control, direction, line breaks. */
    static String of(String text) {
        StringBuilder result = new StringBuilder(text.length());
        text.codePoints().map(each -> isHarmful(each) ? '?' : each).forEach(result::appendCodePoint);
        return result.toString();
    }

    /** Whether a character does something instead of being shown. */
    static boolean isHarmful(int character) {
        return switch (Character.getType(character)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR -> true;
            default -> false;
        };
    }
}
