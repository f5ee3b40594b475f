package org.stoneware.api.session;

import java.nio.charset.StandardCharsets;
import org.agrona.DirectBuffer;

/**
 * Text inside records: strict both ways, so that two different strings never become the same bytes and two different runs of
 * bytes never the same string.
 */
final class Utf8 {
    private static final int CONTINUATION_MIN = 0x80;
    private static final int CONTINUATION_MAX = 0xBF;
    /** The bit no byte of ASCII has, of eight bytes at once. */
    private static final long NOT_ASCII = 0x8080_8080_8080_8080L;

    private Utf8() {}

    /** @throws IllegalArgumentException when the text holds half a surrogate pair, which UTF-8 can't say. */
    static byte[] encode(String text, String what) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (!Character.isSurrogate(c)) {
                continue;
            }
            if (Character.isLowSurrogate(c)
                    || i + 1 == text.length()
                    || !Character.isLowSurrogate(text.charAt(i + 1))) {
                throw new IllegalArgumentException(what + " holds half a surrogate pair: index=" + i);
            }
            i++;
        }
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** True when the bytes are UTF-8 in the strict sense of RFC 3629: shortest forms, no surrogates, at most U+10FFFF. */
    static boolean isWellFormed(DirectBuffer buffer, int offset, int length) {
        int end = offset + length;
        int i = offset;
        while (i < end) {
            if (end - i >= Long.BYTES && (buffer.getLong(i) & NOT_ASCII) == 0) {
                i += Long.BYTES;
                continue;
            }
            int lead = buffer.getByte(i) & 0xFF;
            int trail = trailLength(lead);
            if (trail < 0 || end - i <= trail) {
                return false;
            }
            for (int k = 1; k <= trail; k++) {
                int next = buffer.getByte(i + k) & 0xFF;
                int min = k == 1 ? secondMin(lead) : CONTINUATION_MIN;
                int max = k == 1 ? secondMax(lead) : CONTINUATION_MAX;
                if (next < min || next > max) {
                    return false;
                }
            }
            i += trail + 1;
        }
        return true;
    }

    private static int trailLength(int lead) {
        if (lead < 0x80) {
            return 0;
        }
        if (lead < 0xC2 || lead > 0xF4) {
            return -1;
        }
        return lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3;
    }

    // The second byte is where overlong forms, surrogates and values beyond U+10FFFF show.
    private static int secondMin(int lead) {
        return lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : CONTINUATION_MIN;
    }

    private static int secondMax(int lead) {
        return lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : CONTINUATION_MAX;
    }
}
