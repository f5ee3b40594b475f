package org.stoneware.wire.session;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * What precedes the piece of a message in every frame.
 * <pre>
 * offset  length  field
 *      0       1  flags: 128 = first piece, 64 = last piece
 *      1       3  reserved, 0
 *      4       4  length of the whole message
 * </pre>
 * Little endian. A message that fits one frame has both flags.
 */
final class FrameHeader {
    static final int LENGTH = 8;
    static final int BEGIN = 0x80;
    static final int END = 0x40;

    private FrameHeader() {}

    static void write(MutableDirectBuffer buffer, int offset, int flags, int messageLength) {
        buffer.putInt(offset, flags, LITTLE_ENDIAN);
        buffer.putInt(offset + 4, messageLength, LITTLE_ENDIAN);
    }

    static int flags(DirectBuffer buffer, int offset) {
        return buffer.getInt(offset, LITTLE_ENDIAN);
    }

    static int messageLength(DirectBuffer buffer, int offset) {
        return buffer.getInt(offset + 4, LITTLE_ENDIAN);
    }
}
