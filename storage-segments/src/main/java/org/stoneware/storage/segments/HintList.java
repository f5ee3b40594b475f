package org.stoneware.storage.segments;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.zip.CRC32C;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Hints of all records of one segment, in order; also a file, so that a segment need not be read to know what it holds.
 * <pre>
 * offset  length  field
 *      0       8  {@code STWHNT\r\n}
 *      8       4  format version
 *     12       4  number n of entries
 *     16       8  log id
 *     24       4  segment number
 *     28       4  0
 *     32       8  length of the segment file
 *     40       4  checksum: CRC32C of the whole file, this field taken as 0
 *     44       4  0
 *     48     56n  entries
 *
 * entry:
 *      0       4  offset of the record in the segment file
 *      4       4  length of its content; of a gap: its length
 *      8       1  kind, see {@link RecordKind}; 0 for a gap
 *      9       1  state: 0 whole, 1 content damaged, 2 gap, 3 gap that may never have been forced
 *     10       2  0
 *     12       4  max inactive interval
 *     16       8  key hash
 *     24       8  fingerprint
 *     32       8  version
 *     40       8  last access
 *     48       8  content hash
 * </pre>
 * All numbers little endian.
 * <p>
 * <b>Threading:</b> one thread at a time.
 */
final class HintList {
    static final int WHOLE = 0;
    static final int DAMAGED = 1;
    static final int GAP = 2;
    /** Only in files an earlier version wrote: such a place is cut now, with all that follows it. */
    static final int UNFORCED_GAP = 3;

    private static final byte[] MAGIC = {'S', 'T', 'W', 'H', 'N', 'T', '\r', '\n'};
    private static final int HEADER_LENGTH = 48;
    private static final int ENTRY_LENGTH = 56;
    private static final int INITIAL_ENTRIES = 64;

    private byte[] bytes = new byte[HEADER_LENGTH + INITIAL_ENTRIES * ENTRY_LENGTH];
    private final UnsafeBuffer buffer = new UnsafeBuffer(bytes);
    private int count;
    private long segmentLength;

    int count() {
        return count;
    }

    /** Length of the segment file these hints were made of. */
    long segmentLength() {
        return segmentLength;
    }

    int fileLength() {
        return HEADER_LENGTH + count * ENTRY_LENGTH;
    }

    void add(int offset, int length, RecordKind kind, int state, RecordHint hint) {
        int at = nextEntry();
        buffer.putInt(at, offset, LITTLE_ENDIAN);
        buffer.putInt(at + 4, length, LITTLE_ENDIAN);
        buffer.putInt(at + 8, kind.code() | state << 8, LITTLE_ENDIAN);
        buffer.putInt(at + 12, hint.maxInactiveIntervalSec(), LITTLE_ENDIAN);
        buffer.putLong(at + 16, hint.keyHash64(), LITTLE_ENDIAN);
        buffer.putLong(at + 24, hint.fingerprint(), LITTLE_ENDIAN);
        buffer.putLong(at + 32, hint.version(), LITTLE_ENDIAN);
        buffer.putLong(at + 40, hint.lastAccessedTimeMs(), LITTLE_ENDIAN);
        buffer.putLong(at + 48, hint.contentHash(), LITTLE_ENDIAN);
    }

    void addGap(int offset, int length) {
        int at = nextEntry();
        buffer.putInt(at, offset, LITTLE_ENDIAN);
        buffer.putInt(at + 4, length, LITTLE_ENDIAN);
        buffer.putInt(at + 8, GAP << 8, LITTLE_ENDIAN);
        buffer.setMemory(at + 12, ENTRY_LENGTH - 12, (byte) 0);
    }

    int offset(int entry) {
        return buffer.getInt(at(entry), LITTLE_ENDIAN);
    }

    int length(int entry) {
        return buffer.getInt(at(entry) + 4, LITTLE_ENDIAN);
    }

    /** Kind of a record; not for gaps. */
    RecordKind kind(int entry) {
        RecordKind kind = RecordKind.ofCode(buffer.getByte(at(entry) + 8));
        if (kind == null) {
            throw new IllegalStateException("entry has no kind: entry=" + entry);
        }
        return kind;
    }

    int state(int entry) {
        return buffer.getByte(at(entry) + 9);
    }

    boolean isGap(int entry) {
        return state(entry) >= GAP;
    }

    void state(int entry, int state) {
        buffer.putByte(at(entry) + 9, (byte) state);
    }

    /** Gives a gap another length. */
    void length(int entry, int length) {
        buffer.putInt(at(entry) + 4, length, LITTLE_ENDIAN);
    }

    /** Takes entries away from the end. */
    void truncate(int newCount) {
        count = newCount;
    }

    long keyHash64(int entry) {
        return buffer.getLong(at(entry) + 16, LITTLE_ENDIAN);
    }

    long fingerprint(int entry) {
        return buffer.getLong(at(entry) + 24, LITTLE_ENDIAN);
    }

    RecordHint hint(int entry, RecordHint into) {
        int at = at(entry);
        return into.set(
                buffer.getLong(at + 16, LITTLE_ENDIAN),
                buffer.getLong(at + 24, LITTLE_ENDIAN),
                buffer.getLong(at + 32, LITTLE_ENDIAN),
                buffer.getLong(at + 40, LITTLE_ENDIAN),
                buffer.getInt(at + 12, LITTLE_ENDIAN),
                buffer.getLong(at + 48, LITTLE_ENDIAN));
    }

    /** Whole file; valid until the next change of this list. */
    ByteBuffer encode(long logId, int segment, long segmentLength) {
        this.segmentLength = segmentLength;
        ByteBuffer file = ByteBuffer.wrap(bytes, 0, fileLength()).order(LITTLE_ENDIAN);
        file.put(MAGIC).putInt(SegmentHeader.FORMAT_VERSION).putInt(count).putLong(logId);
        file.putInt(segment).putInt(0).putLong(segmentLength).putInt(0).putInt(0);
        file.putInt(40, checksum(bytes, fileLength()));
        return file.position(0);
    }

    /** @return null when the file is missing, damaged, or belongs to another segment: it says nothing then. */
    static @Nullable HintList read(SegmentFiles files, String name, long logId, int segment) {
        try {
            return readOrFail(files, name, logId, segment);
        } catch (IOException e) {
            return null;
        }
    }

    /**
     * As {@link #read}.
     *
     * @throws IOException when the device gives nothing, or when there is no such file.
     */
    static @Nullable HintList readOrFail(SegmentFiles files, String name, long logId, int segment) throws IOException {
        HintList list = new HintList();
        try (SegmentFiles.File file = files.openToRead(name)) {
            long length = file.length();
            if (length < HEADER_LENGTH || length > Integer.MAX_VALUE - 8) {
                return null;
            }
            list.bytes = new byte[(int) length];
            ByteBuffer whole = ByteBuffer.wrap(list.bytes).order(LITTLE_ENDIAN);
            if (file.read(0, whole) < length) {
                return null;
            }
            int stored = whole.getInt(40);
            whole.putInt(40, 0);
            list.count = whole.getInt(12);
            if (!Arrays.equals(Arrays.copyOf(list.bytes, MAGIC.length), MAGIC)
                    || whole.getInt(8) != SegmentHeader.FORMAT_VERSION
                    || list.count < 0
                    || HEADER_LENGTH + (long) list.count * ENTRY_LENGTH != length
                    || whole.getLong(16) != logId
                    || whole.getInt(24) != segment
                    || checksum(list.bytes, list.bytes.length) != stored) {
                return null;
            }
            list.segmentLength = whole.getLong(32);
            list.buffer.wrap(list.bytes);
            return list;
        }
    }

    private static int checksum(byte[] file, int length) {
        CRC32C crc = new CRC32C();
        crc.update(file, 0, length);
        return (int) crc.getValue();
    }

    private int nextEntry() {
        int at = at(count++);
        if (at + ENTRY_LENGTH > bytes.length) {
            bytes = Arrays.copyOf(bytes, bytes.length * 2);
            buffer.wrap(bytes);
        }
        return at;
    }

    private static int at(int entry) {
        return HEADER_LENGTH + entry * ENTRY_LENGTH;
    }
}
