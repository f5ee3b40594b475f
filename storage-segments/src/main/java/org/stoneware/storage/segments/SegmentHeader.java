package org.stoneware.storage.segments;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Begin of a segment file.
 * <pre>
 * offset  length  field
 *      0       8  {@code STWSEG\r\n}
 *      8       4  format version, {@value #FORMAT_VERSION}
 *     12       4  length of this header: 48 + 4n, rounded up to a multiple of 8
 *     16       8  log id
 *     24       4  segment number
 *     28       4  number n of older segments needed when this one was begun
 *     32       8  sequence number of the first record
 *     40       4  checksum: CRC32C of the whole header, this field taken as 0
 *     44       4  number of the segment whose file this was before, or 0: then the file ends with what it held, behind {@link #END_MARK_LENGTH}
 *                 zeros where the next record would begin
 *     48      4n  numbers of those segments, rising
 * </pre>
 * All numbers little endian. The list makes a segment that was taken away recognisable.
 *
 * @param logId    random, the same in all files of a log.
 * @param number   of the segment.
 * @param sequence of the first record.
 * @param older    numbers of the older segments needed.
 * @param former   number of the segment whose file this was before, or 0.
 */
record SegmentHeader(long logId, int number, long sequence, int[] older, int former) {
    static final int FORMAT_VERSION = 1;

    /** Zeros that say, in a file that was used before, that nothing is written from here on. */
    static final int END_MARK_LENGTH = 8;

    private static final byte[] MAGIC = {'S', 'T', 'W', 'S', 'E', 'G', '\r', '\n'};
    private static final int FIXED_LENGTH = 48;
    private static final int MAX_OLDER = 1 << 20;

    static int length(int olderCount) {
        return Frame.aligned(FIXED_LENGTH + Integer.BYTES * olderCount);
    }

    SegmentHeader(long logId, int number, long sequence, int[] older) {
        this(logId, number, sequence, older, 0);
    }

    int length() {
        return length(older.length);
    }

    ByteBuffer encode() {
        ByteBuffer buffer = ByteBuffer.allocate(length()).order(LITTLE_ENDIAN);
        buffer.put(MAGIC).putInt(FORMAT_VERSION).putInt(length()).putLong(logId).putInt(number);
        buffer.putInt(older.length).putLong(sequence).putInt(0).putInt(former);
        for (int segment : older) {
            buffer.putInt(segment);
        }
        buffer.putInt(40, checksum(buffer));
        return buffer.position(0).limit(buffer.capacity());
    }

    /**
     * Reads the header of a file.
     *
     * @return null when the file does not begin with a whole header.
     * @throws LaterFormatException when it was written by a later version.
     */
    static @Nullable SegmentHeader read(SegmentFiles.File file) throws IOException {
        ByteBuffer fixed = ByteBuffer.allocate(FIXED_LENGTH).order(LITTLE_ENDIAN);
        if (file.read(0, fixed) < FIXED_LENGTH) {
            return null;
        }
        for (int i = 0; i < MAGIC.length; i++) {
            if (fixed.get(i) != MAGIC[i]) {
                return null;
            }
        }
        int count = fixed.getInt(28);
        if (count < 0 || count > MAX_OLDER || fixed.getInt(12) != length(count)) {
            return null;
        }
        ByteBuffer whole = ByteBuffer.allocate(length(count)).order(LITTLE_ENDIAN);
        if (file.read(0, whole) < whole.capacity()) {
            return null;
        }
        int stored = whole.getInt(40);
        whole.putInt(40, 0);
        if (checksum(whole) != stored) {
            return null;
        }
        if (whole.getInt(8) != FORMAT_VERSION) {
            throw new LaterFormatException("segment", whole.getInt(8));
        }
        int[] older = new int[count];
        for (int i = 0; i < count; i++) {
            older[i] = whole.getInt(FIXED_LENGTH + Integer.BYTES * i);
        }
        return new SegmentHeader(whole.getLong(16), whole.getInt(24), whole.getLong(32), older, whole.getInt(44));
    }

    private static int checksum(ByteBuffer header) {
        CRC32C crc = new CRC32C();
        crc.update(header.array(), 0, header.capacity());
        return (int) crc.getValue();
    }

    /** A whole file of a format this version does not know. */
    static final class LaterFormatException extends IOException {
        private static final long serialVersionUID = 1L;

        LaterFormatException(String what, int version) {
            super(what + " has format version " + version + ", this Stoneware reads " + FORMAT_VERSION);
        }
    }
}
