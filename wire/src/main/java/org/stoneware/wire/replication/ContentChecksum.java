package org.stoneware.wire.replication;

import java.nio.ByteOrder;
import java.util.zip.CRC32C;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * CRC-32C over the numbers and the content of an entry or record, so that bytes changed between two memories are noticed before
 * they become state.
 * <p>
 * <b>Threading:</b> one thread at a time.
 */
final class ContentChecksum {
    private static final int NUMBERS_LENGTH = 6 * Long.BYTES;
    private static final int CHUNK_LENGTH = 4096;

    private final CRC32C crc = new CRC32C();
    private final byte[] chunk = new byte[CHUNK_LENGTH];
    private final UnsafeBuffer numbers = new UnsafeBuffer(chunk, 0, NUMBERS_LENGTH);

    int of(Divergence divergence, DirectBuffer content, int offset, int length) {
        return of(
                divergence.number(),
                divergence.forkIndex(),
                divergence.logTimeMs(),
                divergence.lastAccessedTimeMs(),
                divergence.originLength(),
                divergence.kind().code() << 1 | (divergence.isNew() ? 1 : 0),
                content,
                offset,
                length);
    }

    int of(
            long first,
            long second,
            long third,
            long fourth,
            long fifth,
            long sixth,
            DirectBuffer content,
            int offset,
            int length) {
        numbers.putLong(0, first, ByteOrder.LITTLE_ENDIAN);
        numbers.putLong(8, second, ByteOrder.LITTLE_ENDIAN);
        numbers.putLong(16, third, ByteOrder.LITTLE_ENDIAN);
        numbers.putLong(24, fourth, ByteOrder.LITTLE_ENDIAN);
        numbers.putLong(32, fifth, ByteOrder.LITTLE_ENDIAN);
        numbers.putLong(40, sixth, ByteOrder.LITTLE_ENDIAN);
        crc.reset();
        crc.update(chunk, 0, NUMBERS_LENGTH);
        for (int done = 0; done < length; done += CHUNK_LENGTH) {
            int piece = Math.min(CHUNK_LENGTH, length - done);
            content.getBytes(offset + done, chunk, 0, piece);
            crc.update(chunk, 0, piece);
        }
        return (int) crc.getValue();
    }
}
