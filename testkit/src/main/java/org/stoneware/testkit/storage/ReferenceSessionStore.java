package org.stoneware.testkit.storage;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.session.RecordStamp;
import org.stoneware.api.session.SessionDelta;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.spi.storage.LoadResult;
import org.stoneware.spi.storage.SessionStore;
import org.stoneware.spi.storage.StorageException;
import org.stoneware.spi.storage.StoreContext;
import org.stoneware.spi.storage.StoreFigures;
import org.stoneware.spi.storage.StoreHealth;
import org.stoneware.spi.storage.StoreListener;
import org.stoneware.spi.storage.StoreResult;
import org.stoneware.spi.storage.StoreSnapshot;

/**
 * The contract said as plainly as possible: a map of byte arrays, scanned whole for every question. Slow and obvious; other
 * stores are compared with it, and it serves as a fake where any store will do.
 */
public final class ReferenceSessionStore implements SessionStore {
    private static final int BYTES_PER_SESSION = 256;

    private final Map<SessionKey, byte[]> records = new HashMap<>();
    private final long maxMemoryBytes;
    private final int maxRecordLength;
    private long payloadBytes;
    private long position;
    /** Bytes the last change wanted that was refused for lack of room. */
    private long bytesMissed;

    private boolean isClosed;

    public ReferenceSessionStore(StoreContext context) {
        maxMemoryBytes = context.maxMemoryBytes();
        maxRecordLength = context.maxRecordLength();
    }

    @Override
    public String mode() {
        return "reference";
    }

    @Override
    public LoadResult load(SessionKey key, long ticket) {
        checkOpen();
        return records.containsKey(key) ? LoadResult.RESIDENT : LoadResult.ABSENT;
    }

    @Override
    public boolean read(SessionKey key, SessionRecord view) {
        checkOpen();
        byte[] bytes = records.get(key);
        if (bytes == null) {
            return false;
        }
        view.wrap(new UnsafeBuffer(bytes), 0);
        return true;
    }

    @Override
    public StoreResult put(SessionRecord record) {
        checkOpen();
        SessionKey key = record.key();
        SessionRecord held = held(key);
        if (held != null && record.version() <= held.version()) {
            return StoreResult.STALE;
        }
        return keep(key, SessionRecordBuilder.bytesOf(record));
    }

    @Override
    public StoreResult merge(SessionKey key, SessionDelta delta, RecordStamp stamp, boolean create, long ageMs) {
        checkOpen();
        SessionRecord base = held(key);
        if (base == null && !create) {
            return StoreResult.ABSENT;
        }
        if (base != null && (create || stamp.version() <= base.version())) {
            return StoreResult.STALE;
        }
        UnsafeBuffer out = new UnsafeBuffer(new byte[SessionRecord.maxLength(key, base, delta)]);
        int length = SessionRecord.write(out, 0, key, base, delta, stamp, stamp.logTimeMs() - ageMs);
        byte[] bytes = new byte[length];
        out.getBytes(0, bytes);
        return keep(key, bytes);
    }

    @Override
    public StoreResult touch(SessionKey key, long lastAccessedTimeMs) {
        checkOpen();
        SessionRecord held = held(key);
        if (held == null) {
            return StoreResult.ABSENT;
        }
        if (lastAccessedTimeMs > held.lastAccessedTimeMs()) {
            SessionRecord.lastAccessedTimeMs((UnsafeBuffer) held.buffer(), 0, lastAccessedTimeMs);
        }
        position++;
        return StoreResult.STORED;
    }

    @Override
    public StoreResult remove(SessionKey key) {
        checkOpen();
        byte[] removed = records.remove(key);
        if (removed == null) {
            return StoreResult.ABSENT;
        }
        payloadBytes -= removed.length;
        position++;
        return StoreResult.STORED;
    }

    @Override
    public int visitExpired(long nowMs, int limit, ExpiryVisitor visitor) {
        checkOpen();
        List<SessionRecord> expired = new ArrayList<>();
        for (byte[] bytes : records.values()) {
            SessionRecord record = new SessionRecord().wrap(new UnsafeBuffer(bytes), 0);
            if (record.maxInactiveIntervalSec() > 0 && expiryTimeMs(record) < nowMs) {
                expired.add(record);
            }
        }
        expired.sort(Comparator.comparingLong(ReferenceSessionStore::expiryTimeMs));
        int count = Math.max(0, Math.min(limit, expired.size()));
        for (SessionRecord record : expired.subList(0, count)) {
            visitor.onExpired(record.key(), record.lastAccessedTimeMs());
        }
        return count;
    }

    @Override
    public void visitSlot(int slot, RecordVisitor visitor) {
        checkOpen();
        for (Map.Entry<SessionKey, byte[]> entry : records.entrySet()) {
            if (entry.getKey().slot() == slot) {
                visitor.onRecord(new SessionRecord().wrap(new UnsafeBuffer(entry.getValue()), 0));
            }
        }
    }

    @Override
    public StoreSnapshot openSnapshot() {
        checkOpen();
        return new Snapshot(new ArrayList<>(records.keySet()));
    }

    @Override
    public long durablePosition() {
        return position;
    }

    @Override
    public long appendPosition() {
        return position;
    }

    @Override
    public StoreFigures figures() {
        return new StoreFigures(records.size(), payloadBytes, memoryBytes(), maxMemoryBytes, 0, 0);
    }

    @Override
    public StoreHealth health() {
        return bytesMissed > 0 && memoryBytes() + bytesMissed > maxMemoryBytes
                ? new StoreHealth(
                        StoreHealth.State.FULL,
                        "room for sessions is used up: used=" + memoryBytes() + " max=" + maxMemoryBytes)
                : StoreHealth.OK;
    }

    @Override
    public void clear() {
        checkOpen();
        records.clear();
        payloadBytes = 0;
        position++;
    }

    /** Has no effect: there is nothing to hear of. */
    @Override
    public void listener(@Nullable StoreListener listener) {}

    @Override
    public int doWork(long nowNs) {
        checkOpen();
        return 0;
    }

    @Override
    public void close() {
        records.clear();
        payloadBytes = 0;
        isClosed = true;
    }

    private StoreResult keep(SessionKey key, byte[] bytes) {
        byte[] old = records.get(key);
        int oldLength = old == null ? 0 : old.length;
        int more = bytes.length - oldLength + (old == null ? BYTES_PER_SESSION : 0);
        if (bytes.length > maxRecordLength) {
            return StoreResult.FULL;
        }
        if (more > 0 && memoryBytes() + more > maxMemoryBytes) {
            bytesMissed = more;
            return StoreResult.FULL;
        }
        records.put(key, bytes);
        payloadBytes += bytes.length - oldLength;
        position++;
        return StoreResult.STORED;
    }

    private @Nullable SessionRecord held(SessionKey key) {
        byte[] bytes = records.get(key);
        return bytes == null ? null : new SessionRecord().wrap(new UnsafeBuffer(bytes), 0);
    }

    private static long expiryTimeMs(SessionRecord record) {
        long intervalMs = record.maxInactiveIntervalSec() * 1000L;
        return record.lastAccessedTimeMs() > Long.MAX_VALUE - intervalMs
                ? Long.MAX_VALUE
                : record.lastAccessedTimeMs() + intervalMs;
    }

    private long memoryBytes() {
        return payloadBytes + (long) records.size() * BYTES_PER_SESSION;
    }

    private void checkOpen() {
        if (isClosed) {
            throw new StorageException("store is closed: mode=reference");
        }
    }

    private final class Snapshot implements StoreSnapshot {
        private final List<SessionKey> keys;
        private int nextKey;

        Snapshot(List<SessionKey> keys) {
            this.keys = keys;
        }

        @Override
        public int next(int limit, RecordVisitor visitor) {
            checkOpen();
            int shown = 0;
            while (shown < limit && nextKey < keys.size()) {
                SessionRecord record = held(keys.get(nextKey++));
                if (record != null) {
                    visitor.onRecord(record);
                    shown++;
                }
            }
            return shown == 0 && nextKey == keys.size() ? END : shown;
        }

        @Override
        public void close() {
            keys.clear();
        }
    }
}
