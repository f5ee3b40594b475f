package org.stoneware.wire.liveness;

import java.nio.charset.StandardCharsets;

/** Rules for text on the wire, the same for both directions: bounded, and nothing that could forge a line in a log. */
final class LivenessText {
    private LivenessText() {}

    static boolean hasControlCharacter(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (isControl(text.charAt(i))) {
                return true;
            }
        }
        return false;
    }

    /** @throws IllegalArgumentException when the other end would not take it. */
    static byte[] checked(String field, String text, int maxLength) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        if (bytes.length > maxLength || hasControlCharacter(text)) {
            throw new IllegalArgumentException("text can't be sent: field=" + field + " length=" + bytes.length
                    + " max=" + maxLength + "; control characters are not allowed");
        }
        return bytes;
    }

    /** Makes text for people fit: control characters become blanks, the end is cut. */
    static byte[] fitted(String text, int maxLength) {
        StringBuilder clean = new StringBuilder(Math.min(text.length(), maxLength));
        int length = 0;
        for (int i = 0; i < text.length(); ) {
            int codePoint = text.codePointAt(i);
            i += Character.charCount(codePoint);
            int usable = isControl(codePoint) || isSurrogate(codePoint) ? ' ' : codePoint;
            length += encodedLength(usable);
            if (length > maxLength) {
                break;
            }
            clean.appendCodePoint(usable);
        }
        return clean.toString().getBytes(StandardCharsets.UTF_8);
    }

    private static int encodedLength(int codePoint) {
        if (codePoint < 0x80) {
            return 1;
        }
        if (codePoint < 0x800) {
            return 2;
        }
        return codePoint < 0x10000 ? 3 : 4;
    }

    private static boolean isControl(int codePoint) {
        // U+2028 and U+2029 end a line for some viewers, the 0x202x and 0x206x ones turn the reading direction.
        return Character.isISOControl(codePoint)
                || (codePoint >= 0x2028 && codePoint <= 0x202E)
                || (codePoint >= 0x2066 && codePoint <= 0x2069);
    }

    private static boolean isSurrogate(int codePoint) {
        return codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE;
    }
}
