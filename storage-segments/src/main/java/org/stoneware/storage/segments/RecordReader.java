package org.stoneware.storage.segments;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Reads one record at a known place and checks all of it.
 * <p>
 * <b>Threading:</b> one thread at a time.
 */
final class RecordReader {
    /** Larger buffers are not kept for the next read. */
    private static final int MAX_KEPT_LENGTH = 16 << 10;

    private static final byte[] NOTHING = {};

    private final long logId;
    private final Frame frame = new Frame();
    private final CRC32C crc = new CRC32C();
    private final UnsafeBuffer buffer = new UnsafeBuffer(NOTHING);
    private byte[] bytes = NOTHING;

    RecordReader(long logId) {
        this.logId = logId;
    }

    /** Makes room for a record of this content. */
    void prepare(int length) {
        if (bytes.length < Frame.HEADER_LENGTH + length) {
            bytes = new byte[Frame.HEADER_LENGTH + length];
        }
        buffer.wrap(bytes);
    }

    /** Takes the record from memory, since it is not written yet; nothing of it can be damaged. */
    void takeFrom(PendingRing ring, long position, int length) {
        ring.get(position, bytes, Frame.HEADER_LENGTH + length);
        frame.header().putBytes(0, buffer, 0, Frame.HEADER_LENGTH);
    }

    /**
     * @return null when the record is whole and of this kind, else what is wrong with it.
     * @throws IOException when the device can't be read.
     */
    @Nullable
    String read(SegmentFiles.File file, RecordKind kind, long location, int length) throws IOException {
        int wanted = Frame.HEADER_LENGTH + length;
        if (file.read(Location.offset(location), ByteBuffer.wrap(bytes, 0, wanted)) < wanted) {
            return "file ends within the record";
        }
        frame.header().putBytes(0, buffer, 0, Frame.HEADER_LENGTH);
        if (!frame.isValid(logId, Location.segment(location), Location.offset(location))) {
            return "head of the record is damaged";
        }
        if (frame.contentLength() != length || frame.kind() != kind) {
            return "another record is there: kind=" + frame.kind() + " length=" + frame.contentLength() + " expected="
                    + length;
        }
        crc.reset();
        crc.update(bytes, Frame.HEADER_LENGTH, length);
        return (int) crc.getValue() == frame.contentChecksum() ? null : "content of the record is damaged";
    }

    /** Lets go of a large buffer. */
    void recycle() {
        if (bytes.length > MAX_KEPT_LENGTH) {
            bytes = NOTHING;
            buffer.wrap(NOTHING);
        }
    }

    RecordHint hint() {
        return frame.hint();
    }

    UnsafeBuffer buffer() {
        return buffer;
    }

    /** Where the content begins in {@link #buffer()}. */
    int contentOffset() {
        return Frame.HEADER_LENGTH;
    }
}
