package org.stoneware.server.storage;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What servers tell each other about exchanging stores, over the link on which they prove the array's key.
 *
 * <pre>
 *  offset length field
 *       0      4 magic, "SWSO"
 *       4      1 version, 1
 *       5      1 kind: 1 use, 2 done, 3 refused; about one version of a bundle: 4 ask, 5 proved, 6 trying, 7 unfit, 8 lacks
 *       6      2 length of the mode, bytes
 *       8      … mode, UTF-8
 *       …      … who asks, or why it was refused; from kind 4 on the bundle and its version, and for 7, behind a line feed, why; UTF-8, to the end
 * </pre>
 *
 * Little endian. Who does not know a kind says nothing. Said once; whoever asked notices by its own clock when no answer comes.
 *
 * @param kind what is said.
 * @param mode mode it is about.
 * @param text who asks, or why it was refused, or the bundle it is about.
 */
public record StoreOrder(Kind kind, String mode, String text) {
    private static final int MAGIC = 0x4f535753;
    private static final int HEADER_LENGTH = 8;
    private static final byte VERSION = 1;
    private static final int MAX_LENGTH = 2_048;

    /** What is said. */
    public enum Kind {
        USE(1),
        DONE(2),
        REFUSED(3),
        /** Where is this version of a bundle with you? */
        ASK(4),
        /** The sessions are in it, and its probation is over. */
        PROVED(5),
        /** The sessions are on their way to it, will be, or it is on probation. */
        TRYING(6),
        UNFIT(7),
        /** Its bundle is not there, or the sessions are in another mode. */
        LACKS(8);

        private final int code;

        Kind(int code) {
            this.code = code;
        }
    }

    /** True when a message is one of these, well-formed or not. */
    public static boolean isOne(DirectBuffer message, int offset, int length) {
        return length >= HEADER_LENGTH && message.getInt(offset, LITTLE_ENDIAN) == MAGIC;
    }

    /** @return null when it is malformed or of a version not known here. */
    public static @Nullable StoreOrder decode(DirectBuffer message, int offset, int length) {
        if (!isOne(message, offset, length) || message.getByte(offset + 4) != VERSION || length > MAX_LENGTH) {
            return null;
        }
        int code = message.getByte(offset + 5);
        int modeLength = Short.toUnsignedInt(message.getShort(offset + 6, LITTLE_ENDIAN));
        if (code < 1 || code > Kind.values().length || modeLength > length - HEADER_LENGTH) {
            return null;
        }
        return new StoreOrder(
                Kind.values()[code - 1],
                text(message, offset + HEADER_LENGTH, modeLength),
                text(message, offset + HEADER_LENGTH + modeLength, length - HEADER_LENGTH - modeLength));
    }

    /** @return bytes written. */
    public int encode(MutableDirectBuffer into) {
        byte[] modeBytes = bytes(mode, 256);
        byte[] textBytes = bytes(text, 1_024);
        into.putInt(0, MAGIC, LITTLE_ENDIAN);
        into.putByte(4, VERSION);
        into.putByte(5, (byte) kind.code);
        into.putShort(6, (short) modeBytes.length, LITTLE_ENDIAN);
        into.putBytes(HEADER_LENGTH, modeBytes);
        into.putBytes(HEADER_LENGTH + modeBytes.length, textBytes);
        return HEADER_LENGTH + modeBytes.length + textBytes.length;
    }

    private static byte[] bytes(String text, int maxLength) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return bytes.length <= maxLength ? bytes : Arrays.copyOf(bytes, maxLength);
    }

    private static String text(DirectBuffer message, int offset, int length) {
        byte[] bytes = new byte[length];
        message.getBytes(offset, bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
