package org.stoneware.storage.segments;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.util.zip.CRC32C;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Head of one record in a segment file; the content follows, then zeros up to a multiple of {@value #ALIGNMENT}.
 * <pre>
 * offset  length  field
 *      0       4  checksum of the head: CRC32C of log id, segment number, offset in the file, and bytes 4 to 79
 *      4       4  {@link #MAGIC}
 *      8       4  length n of the content
 *     12       4  checksum of the content: CRC32C
 *     16       1  kind, see {@link RecordKind}
 *     17       3  0
 *     20       4  max inactive interval
 *     24       8  sequence number, rises by one with every record of the log
 *     32       8  location before which everything was forced when this was appended
 *     40       8  key hash
 *     48       8  fingerprint
 *     56       8  version
 *     64       8  last access
 *     72       8  content hash
 *     80       n  content
 * </pre>
 * All numbers little endian. The checksum of the head covers the place of the record, so that a record found anywhere else than where it
 * was written, or content that looks like a record, is never taken for one.
 * <p>
 * <b>Threading:</b> one thread at a time.
 */
final class Frame {
    static final int HEADER_LENGTH = 80;
    static final int ALIGNMENT = 8;
    /** Bytes {@code SWR1}. */
    static final int MAGIC = 0x31525753;

    private static final int SALT_LENGTH = 16;

    private final byte[] bytes = new byte[SALT_LENGTH + HEADER_LENGTH];
    private final UnsafeBuffer salted = new UnsafeBuffer(bytes);
    private final UnsafeBuffer header = new UnsafeBuffer(bytes, SALT_LENGTH, HEADER_LENGTH);
    private final CRC32C crc = new CRC32C();
    private final RecordHint hint = new RecordHint();

    static int length(int contentLength) {
        return HEADER_LENGTH + contentLength + (ALIGNMENT - 1) & -ALIGNMENT;
    }

    static int aligned(int length) {
        return length + (ALIGNMENT - 1) & -ALIGNMENT;
    }

    /** Bytes of the head, to be copied out after {@link #encode} or in before {@link #isValid}. */
    UnsafeBuffer header() {
        return header;
    }

    void encode(
            long logId,
            long location,
            RecordKind kind,
            RecordHint hint,
            int contentLength,
            int contentChecksum,
            long sequence,
            long forcedLocation) {
        header.putInt(4, MAGIC, LITTLE_ENDIAN);
        header.putInt(8, contentLength, LITTLE_ENDIAN);
        header.putInt(12, contentChecksum, LITTLE_ENDIAN);
        header.putInt(16, kind.code(), LITTLE_ENDIAN);
        header.putInt(20, hint.maxInactiveIntervalSec(), LITTLE_ENDIAN);
        header.putLong(24, sequence, LITTLE_ENDIAN);
        header.putLong(32, forcedLocation, LITTLE_ENDIAN);
        header.putLong(40, hint.keyHash64(), LITTLE_ENDIAN);
        header.putLong(48, hint.fingerprint(), LITTLE_ENDIAN);
        header.putLong(56, hint.version(), LITTLE_ENDIAN);
        header.putLong(64, hint.lastAccessedTimeMs(), LITTLE_ENDIAN);
        header.putLong(72, hint.contentHash(), LITTLE_ENDIAN);
        header.putInt(0, checksum(logId, Location.segment(location), Location.offset(location)), LITTLE_ENDIAN);
    }

    /** Whether the head that was copied in is a record written at this place of this log. */
    boolean isValid(long logId, int segment, int offset) {
        return header.getInt(4, LITTLE_ENDIAN) == MAGIC
                && header.getInt(0, LITTLE_ENDIAN) == checksum(logId, segment, offset)
                && RecordKind.ofCode(header.getInt(16, LITTLE_ENDIAN)) != null
                && contentLength() >= 0;
    }

    private int checksum(long logId, int segment, int offset) {
        salted.putLong(0, logId, LITTLE_ENDIAN);
        salted.putInt(8, segment, LITTLE_ENDIAN);
        salted.putInt(12, offset, LITTLE_ENDIAN);
        crc.reset();
        crc.update(bytes, 0, SALT_LENGTH);
        crc.update(bytes, SALT_LENGTH + 4, HEADER_LENGTH - 4);
        return (int) crc.getValue();
    }

    int contentLength() {
        return header.getInt(8, LITTLE_ENDIAN);
    }

    int contentChecksum() {
        return header.getInt(12, LITTLE_ENDIAN);
    }

    RecordKind kind() {
        RecordKind kind = RecordKind.ofCode(header.getInt(16, LITTLE_ENDIAN));
        if (kind == null) {
            throw new IllegalStateException("kind was not checked: code=" + header.getInt(16, LITTLE_ENDIAN));
        }
        return kind;
    }

    long sequence() {
        return header.getLong(24, LITTLE_ENDIAN);
    }

    long forcedLocation() {
        return header.getLong(32, LITTLE_ENDIAN);
    }

    RecordHint hint() {
        return hint.set(
                header.getLong(40, LITTLE_ENDIAN),
                header.getLong(48, LITTLE_ENDIAN),
                header.getLong(56, LITTLE_ENDIAN),
                header.getLong(64, LITTLE_ENDIAN),
                header.getInt(20, LITTLE_ENDIAN),
                header.getLong(72, LITTLE_ENDIAN));
    }
}
