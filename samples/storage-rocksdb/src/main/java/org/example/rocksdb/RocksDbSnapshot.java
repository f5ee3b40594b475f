package org.example.rocksdb;

import java.util.ArrayDeque;
import java.util.Deque;
import org.agrona.concurrent.UnsafeBuffer;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.spi.storage.SessionStore;
import org.stoneware.spi.storage.StoreSnapshot;

/**
 * Walks over the sessions held at its begin. What is in memory is shown at once; the rest is read ahead without pushing anything out of
 * memory.
 */
final class RocksDbSnapshot implements StoreSnapshot {
    private static final int READ_AHEAD = 32;

    private final Deque<SessionEntry> left;
    private final Deque<RecordReader.Read> reads = new ArrayDeque<>();
    private final RecordReader reader;
    private final Runnable checkOpen;
    private final SessionRecord shown = new SessionRecord();

    RocksDbSnapshot(Deque<SessionEntry> left, RecordReader reader, Runnable checkOpen) {
        this.left = left;
        this.reader = reader;
        this.checkOpen = checkOpen;
    }

    @Override
    public int next(int limit, SessionStore.RecordVisitor visitor) {
        checkOpen.run();
        int count = 0;
        while (count < limit) {
            RecordReader.Read read = reads.peek();
            if (read != null && read.isDone()) {
                reads.remove();
                count += showRead(read, visitor);
            } else if (!left.isEmpty() && reads.size() < READ_AHEAD) {
                count += showOrAsk(left.remove(), visitor);
            } else {
                break;
            }
        }
        return count == 0 && reads.isEmpty() && left.isEmpty() ? END : count;
    }

    private int showRead(RecordReader.Read read, SessionStore.RecordVisitor visitor) {
        SessionEntry entry = read.entry;
        byte[] bytes = read.bytes();
        if (bytes == null || entry.isResident() || !entry.isHeld || entry.recordPosition != read.recordPosition) {
            return showOrAsk(entry, visitor);
        }
        UnsafeBuffer record = new UnsafeBuffer(bytes);
        SessionRecord.lastAccessedTimeMs(record, 0, entry.facts.lastAccessedTimeMs());
        visitor.onRecord(shown.wrap(record, 0));
        return 1;
    }

    private int showOrAsk(SessionEntry entry, SessionStore.RecordVisitor visitor) {
        UnsafeBuffer record = entry.record;
        if (!entry.isHeld) {
            return 0;
        }
        if (record == null) {
            reads.add(reader.read(entry));
            return 0;
        }
        visitor.onRecord(shown.wrap(record, 0));
        return 1;
    }

    @Override
    public void close() {
        left.clear();
        reads.clear();
    }
}
