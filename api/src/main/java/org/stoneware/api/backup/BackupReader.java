package org.stoneware.api.backup;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.CRC32C;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.session.SessionRecord;

/**
 * Reads a backup from begin to end, and checks everything in it before showing it.
 * <p>
 * <b>Threading:</b> one thread. <b>Ownership:</b> the stream stays the caller's.
 * <p>
 * <b>Failure:</b> {@link BackupException} says what is wrong and at which byte; what was shown before is intact, but whether the file is a
 * whole backup is known only once {@link #next} has returned null.
 */
public final class BackupReader {
    /** No record of a session is longer; what claims to be is damage. */
    private static final int MAX_RECORD_LENGTH = 1 << 28;

    private static final int MAX_HEADER_LENGTH =
            BackupEncoder.NAMES_OFFSET + 2 * BackupEncoder.MAX_NAME_LENGTH + Integer.BYTES;

    private final InputStream in;
    private final CRC32C all = new CRC32C();
    private final BackupHeader header;
    private final SessionRecord shown = new SessionRecord();
    private final byte[] frame = new byte[BackupEncoder.FRAME_LENGTH];
    private byte[] record = new byte[8192];
    private long position;
    private long sessions;
    private long bytes;
    private boolean isEnded;

    /** Reads the header. */
    public BackupReader(InputStream in) throws IOException, BackupException {
        this.in = in;
        header = readHeader();
    }

    public BackupHeader header() {
        return header;
    }

    /**
     * The next session, or null when the file has ended as it should. <b>Ownership:</b> a view valid until the next call.
     */
    public @Nullable SessionRecord next() throws IOException, BackupException {
        if (isEnded) {
            return null;
        }
        long start = position;
        ByteBuffer fields = read(frame, BackupEncoder.FRAME_LENGTH);
        int length = fields.getInt();
        int crc = fields.getInt();
        if (length == 0) {
            readEnd(crc, start);
            return null;
        }
        if (length < SessionRecord.HEADER_LENGTH || length > MAX_RECORD_LENGTH) {
            throw damaged("length of session " + (sessions + 1) + " is " + length, start);
        }
        readRecord(length);
        if (crc(record, length) != crc) {
            throw damaged("checksum of session " + (sessions + 1) + " does not match", start);
        }
        String problem = SessionRecord.problem(new UnsafeBuffer(record), 0, length);
        if (problem != null) {
            throw damaged("session " + (sessions + 1) + ": " + problem, start);
        }
        all.update(frame, 0, BackupEncoder.FRAME_LENGTH);
        all.update(record, 0, length);
        sessions++;
        bytes += length;
        return shown.wrap(new UnsafeBuffer(record), 0);
    }

    /** Bytes read so far; the length of the file once {@link #next} has returned null. */
    public long position() {
        return position;
    }

    /** What has been shown so far. */
    public BackupSummary summary() {
        return new BackupSummary(sessions, bytes);
    }

    private BackupHeader readHeader() throws IOException, BackupException {
        byte[] start = new byte[16];
        ByteBuffer fields;
        try {
            fields = read(start, start.length);
        } catch (BackupException e) {
            throw new BackupException("not a backup: the file has only " + position + " bytes");
        }
        if (!Arrays.equals(start, 0, 8, BackupEncoder.MAGIC, 0, 8)) {
            throw new BackupException("not a backup: the file does not begin with SWBACKUP");
        }
        int version = fields.getInt(8);
        int length = fields.getInt(12);
        if (version != BackupEncoder.VERSION) {
            throw new BackupException("format version " + version + " is not known; allowed: " + BackupEncoder.VERSION
                    + "; use the version of Stoneware that made the backup, or a later one");
        }
        if (length < BackupEncoder.NAMES_OFFSET + Integer.BYTES || length > MAX_HEADER_LENGTH) {
            throw damaged("length of the header is " + length, 12);
        }
        byte[] whole = Arrays.copyOf(start, length);
        byte[] rest = new byte[length - start.length];
        read(rest, rest.length);
        System.arraycopy(rest, 0, whole, start.length, rest.length);
        ByteBuffer whole16 = ByteBuffer.wrap(whole).order(ByteOrder.LITTLE_ENDIAN);
        if (crc(whole, length - Integer.BYTES) != whole16.getInt(length - Integer.BYTES)) {
            throw damaged("checksum of the header does not match", 0);
        }
        int serverLength = whole16.getShort(32) & 0xFFFF;
        int modeLength = whole16.getShort(34) & 0xFFFF;
        if (BackupEncoder.NAMES_OFFSET + serverLength + modeLength + Integer.BYTES != length) {
            throw damaged("fields of the header do not add up", 32);
        }
        all.update(whole, 0, length);
        return new BackupHeader(
                whole16.getLong(16),
                whole16.getLong(24),
                new String(whole, BackupEncoder.NAMES_OFFSET, serverLength, StandardCharsets.UTF_8),
                new String(whole, BackupEncoder.NAMES_OFFSET + serverLength, modeLength, StandardCharsets.UTF_8));
    }

    private void readEnd(int crcOfAll, long start) throws IOException, BackupException {
        byte[] end = Arrays.copyOf(frame, BackupEncoder.END_LENGTH);
        byte[] rest = new byte[BackupEncoder.END_LENGTH - BackupEncoder.FRAME_LENGTH];
        ByteBuffer fields = read(rest, rest.length);
        System.arraycopy(rest, 0, end, BackupEncoder.FRAME_LENGTH, rest.length);
        if (crc(end, BackupEncoder.END_LENGTH - Integer.BYTES) != fields.getInt(16)) {
            throw damaged("checksum of the end does not match", start);
        }
        if (fields.getLong(0) != sessions || fields.getLong(8) != bytes || (int) all.getValue() != crcOfAll) {
            throw damaged(
                    "sessions are missing, doubled or out of place: found=" + sessions + " written="
                            + fields.getLong(0),
                    start);
        }
        if (in.read() >= 0) {
            throw damaged("something follows the end", position);
        }
        isEnded = true;
    }

    /** Reads a record; memory grows with what is there, not with what a damaged length claims. */
    private void readRecord(int length) throws IOException, BackupException {
        int count = 0;
        while (count < length) {
            if (count == record.length) {
                record = Arrays.copyOf(record, Math.min(length, 2 * count));
            }
            int more = in.readNBytes(record, count, Math.min(record.length, length) - count);
            position += more;
            count += more;
            if (more == 0) {
                throw cutOff();
            }
        }
    }

    private ByteBuffer read(byte[] target, int length) throws IOException, BackupException {
        int count = in.readNBytes(target, 0, length);
        position += count;
        if (count < length) {
            throw cutOff();
        }
        return ByteBuffer.wrap(target, 0, length).order(ByteOrder.LITTLE_ENDIAN);
    }

    private BackupException cutOff() {
        return damaged("the file ends too early: it was cut off, or its writing was interrupted", position);
    }

    private static int crc(byte[] bytes, int length) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, 0, length);
        return (int) crc.getValue();
    }

    private static BackupException damaged(String what, long position) {
        return new BackupException("damaged backup: " + what + "; position=" + position);
    }
}
