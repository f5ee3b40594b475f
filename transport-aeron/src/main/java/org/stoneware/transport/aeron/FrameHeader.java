package org.stoneware.transport.aeron;

import java.nio.ByteOrder;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * What this transport puts before every frame and takes off again.
 * <pre>
 * offset  length  field
 *      0       8  key of this direction; a frame with another one is foreign
 *      8       8  sequence, 0 for the first frame of the direction; a gap means a frame is lost
 *     16          frame; none at all says that this end closes
 * </pre>
 */
final class FrameHeader {
    static final int LENGTH = 16;

    private static final int KEY_OFFSET = 0;
    private static final int SEQUENCE_OFFSET = 8;

    private FrameHeader() {}

    static void put(MutableDirectBuffer buffer, int offset, long key, long sequence) {
        buffer.putLong(offset + KEY_OFFSET, key, ByteOrder.LITTLE_ENDIAN);
        buffer.putLong(offset + SEQUENCE_OFFSET, sequence, ByteOrder.LITTLE_ENDIAN);
    }

    static long key(DirectBuffer buffer, int offset) {
        return buffer.getLong(offset + KEY_OFFSET, ByteOrder.LITTLE_ENDIAN);
    }

    static long sequence(DirectBuffer buffer, int offset) {
        return buffer.getLong(offset + SEQUENCE_OFFSET, ByteOrder.LITTLE_ENDIAN);
    }
}
