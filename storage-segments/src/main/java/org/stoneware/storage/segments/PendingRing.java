package org.stoneware.storage.segments;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Bytes appended and not yet written, in memory outside the heap: byte p of the log is at p modulo capacity.
 * <p>
 * <b>Threading:</b> the agent puts, the writer takes; positions say who may touch what.
 */
final class PendingRing {
    private final ByteBuffer bytes;
    private final UnsafeBuffer buffer;
    private final int capacity;
    private final CRC32C crc = new CRC32C();
    /** The agent's own view for checksums. */
    private final ByteBuffer checked;

    /** @param capacity a power of two. */
    PendingRing(int capacity) {
        this.capacity = capacity;
        bytes = ByteBuffer.allocateDirect(capacity);
        checked = bytes.duplicate();
        buffer = new UnsafeBuffer(bytes);
    }

    int capacity() {
        return capacity;
    }

    void put(long position, DirectBuffer source, int offset, int length) {
        int at = index(position);
        int first = Math.min(length, capacity - at);
        buffer.putBytes(at, source, offset, first);
        buffer.putBytes(0, source, offset + first, length - first);
    }

    void zero(long position, int length) {
        for (int i = 0; i < length; i++) {
            buffer.putByte(index(position + i), (byte) 0);
        }
    }

    int checksum(long position, int length) {
        int at = index(position);
        int first = Math.min(length, capacity - at);
        crc.reset();
        crc.update(checked.limit(at + first).position(at));
        if (first < length) {
            crc.update(checked.limit(length - first).position(0));
        }
        checked.clear();
        return (int) crc.getValue();
    }

    void get(long position, byte[] target, int length) {
        int at = index(position);
        int first = Math.min(length, capacity - at);
        buffer.getBytes(at, target, 0, first);
        buffer.getBytes(0, target, first, length - first);
    }

    /** Bytes from a position on, as many as lie in one piece; for the writer. */
    ByteBuffer piece(long position, int length) {
        int at = index(position);
        return bytes.slice(at, Math.min(length, capacity - at));
    }

    private int index(long position) {
        return (int) (position & capacity - 1);
    }
}
