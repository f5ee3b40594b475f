package org.stoneware.storage.segments;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Reads the records of one segment file one after the other, and finds the next good one behind a damaged place.
 * <p>
 * <b>Threading:</b> one thread.
 * <p>
 * <b>Ownership:</b> does not close the file; {@link #frame()} and {@link #buffer()} are valid until the next {@link #next()}.
 */
final class SegmentScanner {
    private static final int BUFFER_LENGTH = 1 << 20;

    /** What {@link #next()} found. */
    enum Found {
        /** A whole record. */
        RECORD,
        /** A record whose head is whole and whose content is not. */
        DAMAGED,
        /** Bytes that are no record. */
        GAP,
        /** Nothing more. */
        END
    }

    private SegmentFiles.File file;
    private final long logId;
    private final int segment;
    private final long firstSequence;
    private final int end;
    private final Frame frame = new Frame();
    private final CRC32C crc = new CRC32C();
    private byte[] bytes;
    private final UnsafeBuffer buffer;
    /** Where the buffer lies in the file, and how much of it is filled. */
    private int bufferOffset;

    private int filled;
    private int offset;
    private int nextOffset;

    /**
     * @param from          offset of the first record.
     * @param firstSequence what is numbered lower is none of this segment, but left in its file by the one before; a checksum of four
     *                      bytes alone would let one of billions pass.
     */
    SegmentScanner(SegmentFiles.File file, long logId, int segment, int from, long firstSequence) throws IOException {
        this.file = file;
        this.logId = logId;
        this.segment = segment;
        this.firstSequence = firstSequence;
        this.end = (int) Math.min(file.length(), Integer.MAX_VALUE - Frame.ALIGNMENT);
        this.bytes = new byte[Math.min(BUFFER_LENGTH, Math.max(end - from, Frame.HEADER_LENGTH))];
        this.buffer = new UnsafeBuffer(bytes);
        this.bufferOffset = from;
        this.nextOffset = from;
    }

    /** Goes on with the same file opened anew. */
    SegmentScanner reopened(SegmentFiles.File same) {
        file = same;
        return this;
    }

    Found next() throws IOException {
        offset = nextOffset;
        if (offset >= end) {
            return Found.END;
        }
        if (!loadHeader(offset)) {
            do {
                nextOffset += Frame.ALIGNMENT;
            } while (nextOffset < end && !loadHeader(nextOffset));
            nextOffset = Math.min(nextOffset, end);
            return Found.GAP;
        }
        int contentLength = frame.contentLength();
        if (contentLength > end - offset - Frame.HEADER_LENGTH) {
            // What follows the head may still hold a record, if it is the length of the file that is wrong; it is
            // looked for there.
            nextOffset = offset + Frame.HEADER_LENGTH;
            while (nextOffset < end && !loadHeader(nextOffset)) {
                nextOffset += Frame.ALIGNMENT;
            }
            nextOffset = Math.min(nextOffset, end);
            loadHeader(offset);
            return Found.DAMAGED;
        }
        nextOffset = Math.min(offset + Frame.length(contentLength), end);
        require(offset, Frame.HEADER_LENGTH + contentLength);
        crc.reset();
        crc.update(bytes, offset - bufferOffset + Frame.HEADER_LENGTH, contentLength);
        return (int) crc.getValue() == frame.contentChecksum() ? Found.RECORD : Found.DAMAGED;
    }

    /** Begin of what was found. */
    int offset() {
        return offset;
    }

    /** End of what was found. */
    int endOffset() {
        return nextOffset;
    }

    /** Length of the file. */
    int end() {
        return end;
    }

    Frame frame() {
        return frame;
    }

    UnsafeBuffer buffer() {
        return buffer;
    }

    int contentOffset() {
        return offset - bufferOffset + Frame.HEADER_LENGTH;
    }

    private boolean loadHeader(int at) throws IOException {
        if (end - at < Frame.HEADER_LENGTH) {
            return false;
        }
        require(at, Frame.HEADER_LENGTH);
        int index = at - bufferOffset;
        if (buffer.getInt(index + 4, java.nio.ByteOrder.LITTLE_ENDIAN) != Frame.MAGIC) {
            return false;
        }
        frame.header().putBytes(0, buffer, index, Frame.HEADER_LENGTH);
        return frame.isValid(logId, segment, at) && frame.sequence() >= firstSequence;
    }

    /** Makes sure that bytes of the file are in the buffer. */
    private void require(int at, int length) throws IOException {
        if (at >= bufferOffset && at + length <= bufferOffset + filled) {
            return;
        }
        if (length > bytes.length) {
            bytes = new byte[Math.max(length, Math.min(end - at, BUFFER_LENGTH))];
            buffer.wrap(bytes);
        }
        bufferOffset = at;
        filled = file.read(at, ByteBuffer.wrap(bytes, 0, Math.min(bytes.length, end - at)));
        if (filled < length) {
            throw new IOException("file became shorter while it was read: segment=" + segment + " offset=" + at);
        }
    }
}
