package org.stoneware.server.admin;

import java.util.Arrays;
import org.agrona.concurrent.UnsafeBuffer;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.spi.storage.SessionStore.RecordVisitor;

/**
 * Copies of some sessions on their way between the agent and a file.
 * <p>
 * <b>Threading:</b> one thread at a time; handed over with the question it belongs to.
 * <p>
 * <b>Limits:</b> full with {@value #MAX_RECORDS} records or {@value #MAX_BYTES} bytes; the last record may go beyond.
 */
public final class RecordBatch {
    static final int MAX_RECORDS = 256;
    static final int MAX_BYTES = 1 << 20;

    private UnsafeBuffer bytes = new UnsafeBuffer(new byte[64 * 1024]);
    private int[] ends = new int[MAX_RECORDS];
    private int count;

    /** True when it should be taken to where it belongs first. */
    public boolean isFull() {
        return count == MAX_RECORDS || length() >= MAX_BYTES;
    }

    public int count() {
        return count;
    }

    /** Bytes of all records. */
    public int length() {
        return count == 0 ? 0 : ends[count - 1];
    }

    /** Copies a record. */
    public void add(SessionRecord record) {
        int offset = length();
        int end = offset + record.length();
        if (end > bytes.capacity()) {
            int larger = Math.max(end, Math.min(2 * bytes.capacity(), MAX_BYTES));
            bytes = new UnsafeBuffer(Arrays.copyOf(bytes.byteArray(), larger));
        }
        bytes.putBytes(offset, record.buffer(), record.offset(), record.length());
        if (count == ends.length) {
            ends = Arrays.copyOf(ends, 2 * count);
        }
        ends[count++] = end;
    }

    public void clear() {
        count = 0;
        if (bytes.capacity() > 2 * MAX_BYTES) {
            bytes = new UnsafeBuffer(new byte[MAX_BYTES]);
        }
    }

    /** Shows every record; the view is good until the call returns. */
    public void forEach(RecordVisitor visitor) {
        SessionRecord view = new SessionRecord();
        for (int i = 0; i < count; i++) {
            visitor.onRecord(view.wrap(bytes, i == 0 ? 0 : ends[i - 1]));
        }
    }
}
