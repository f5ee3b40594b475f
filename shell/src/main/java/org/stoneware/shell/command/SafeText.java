package org.stoneware.shell.command;

/**
 * Text from outside (session ids, names of attributes and classes) made harmless for a terminal: whatever is not plainly visible is shown
 * by its number.
 */
public final class SafeText {
    private SafeText() {}

    /** The text with control, formatting and unassigned characters as {@code \}{@code uXXXX}, and half surrogate pairs as well. */
    public static String of(String text) {
        StringBuilder safe = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); ) {
            int point = text.codePointAt(i);
            i += Character.charCount(point);
            if (isVisible(point)) {
                safe.appendCodePoint(point);
            } else {
                for (char c : Character.toChars(point)) {
                    safe.append(String.format("\\u%04X", (int) c));
                }
            }
        }
        return safe.toString();
    }

    private static boolean isVisible(int point) {
        return switch (Character.getType(point)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.PRIVATE_USE,
                    Character.UNASSIGNED,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR -> false;
            default -> true;
        };
    }
}
