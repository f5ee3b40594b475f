package org.stoneware.api.backup;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32C;
import org.agrona.MutableDirectBuffer;
import org.stoneware.api.session.SessionRecord;

/**
 * Writes a backup piece by piece into buffers of the caller.
 * <pre>
 * header
 * offset  length  field
 *      0       8  {@code SWBACKUP} in ASCII
 *      8       4  version of the format, {@value #VERSION}
 *     12       4  length of the header, this field and its checksum included
 *     16       8  time of its begin, ms since the epoch
 *     24       8  log time then
 *     32       2  length n of the server's name
 *     34       2  length m of the storage mode
 *     36       n  server's name, UTF-8
 *   36+n       m  storage mode, UTF-8
 * 36+n+m       4  CRC-32C of the header before this field
 *
 * then for every session
 *      0       4  length n of the record, greater than 0
 *      4       4  CRC-32C of the record
 *      8       n  the record, see {@link SessionRecord}
 *
 * end
 *      0       4  0
 *      4       4  CRC-32C of all bytes of the file before the end: no session is missing, twice, or in another's place
 *      8       8  number of sessions
 *     16       8  sum of the lengths of their records
 *     24       4  CRC-32C of the end before this field
 * </pre>
 * All numbers little endian. A file without its end is not a whole backup.
 * <p>
 * <b>Threading:</b> one thread.
 */
public final class BackupEncoder {
    public static final int VERSION = 1;
    /** Bytes beside the record that {@link #session} writes. */
    public static final int FRAME_LENGTH = 8;

    public static final int END_LENGTH = 28;

    static final byte[] MAGIC = "SWBACKUP".getBytes(StandardCharsets.US_ASCII);
    static final int NAMES_OFFSET = 36;
    static final int MAX_NAME_LENGTH = 1024;

    private final CRC32C all = new CRC32C();
    private long sessions;
    private long bytes;

    /** Bytes {@link #header} writes. */
    public static int headerLength(BackupHeader header) {
        return NAMES_OFFSET + utf8(header.server()).length + utf8(header.mode()).length + Integer.BYTES;
    }

    /** Writes the header; first. */
    public int header(BackupHeader header, MutableDirectBuffer out, int offset) {
        byte[] server = utf8(header.server());
        byte[] mode = utf8(header.mode());
        int length = headerLength(header);
        out.putBytes(offset, MAGIC);
        out.putInt(offset + 8, VERSION, LITTLE_ENDIAN);
        out.putInt(offset + 12, length, LITTLE_ENDIAN);
        out.putLong(offset + 16, header.createdTimeMs(), LITTLE_ENDIAN);
        out.putLong(offset + 24, header.logTimeMs(), LITTLE_ENDIAN);
        out.putShort(offset + 32, (short) server.length, LITTLE_ENDIAN);
        out.putShort(offset + 34, (short) mode.length, LITTLE_ENDIAN);
        out.putBytes(offset + NAMES_OFFSET, server);
        out.putBytes(offset + NAMES_OFFSET + server.length, mode);
        int checked = length - Integer.BYTES;
        out.putInt(offset + checked, crc(out, offset, checked), LITTLE_ENDIAN);
        count(out, offset, length);
        return length;
    }

    /** Writes one session and returns the bytes written: {@value #FRAME_LENGTH} and the record. */
    public int session(SessionRecord record, MutableDirectBuffer out, int offset) {
        int length = record.length();
        out.putInt(offset, length, LITTLE_ENDIAN);
        out.putBytes(offset + FRAME_LENGTH, record.buffer(), record.offset(), length);
        out.putInt(offset + 4, crc(out, offset + FRAME_LENGTH, length), LITTLE_ENDIAN);
        count(out, offset, FRAME_LENGTH + length);
        sessions++;
        bytes += length;
        return FRAME_LENGTH + length;
    }

    /** Writes the end; last. */
    public int end(MutableDirectBuffer out, int offset) {
        out.putInt(offset, 0, LITTLE_ENDIAN);
        out.putInt(offset + 4, (int) all.getValue(), LITTLE_ENDIAN);
        out.putLong(offset + 8, sessions, LITTLE_ENDIAN);
        out.putLong(offset + 16, bytes, LITTLE_ENDIAN);
        out.putInt(offset + 24, crc(out, offset, END_LENGTH - Integer.BYTES), LITTLE_ENDIAN);
        return END_LENGTH;
    }

    /** What has been written so far. */
    public BackupSummary summary() {
        return new BackupSummary(sessions, bytes);
    }

    private void count(MutableDirectBuffer out, int offset, int length) {
        update(all, out, offset, length);
    }

    private static int crc(MutableDirectBuffer buffer, int offset, int length) {
        CRC32C crc = new CRC32C();
        update(crc, buffer, offset, length);
        return (int) crc.getValue();
    }

    private static void update(CRC32C crc, MutableDirectBuffer buffer, int offset, int length) {
        byte[] array = buffer.byteArray();
        if (array != null) {
            crc.update(array, buffer.wrapAdjustment() + offset, length);
        } else {
            for (int i = 0; i < length; i++) {
                crc.update(buffer.getByte(offset + i));
            }
        }
    }

    private static byte[] utf8(String name) {
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        if (bytes.length > MAX_NAME_LENGTH) {
            throw new IllegalArgumentException("name too long for a backup: bytes=" + bytes.length);
        }
        return bytes;
    }
}
