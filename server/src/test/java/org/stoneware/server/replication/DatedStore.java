package org.stoneware.server.replication;

import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.Deque;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.session.RecordStamp;
import org.stoneware.api.session.SessionDelta;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.spi.storage.LoadResult;
import org.stoneware.spi.storage.SessionStore;
import org.stoneware.spi.storage.StoreFigures;
import org.stoneware.spi.storage.StoreListener;
import org.stoneware.spi.storage.StoreResult;
import org.stoneware.spi.storage.StoreSnapshot;
import org.stoneware.testkit.storage.SessionRecordBuilder;

/**
 * A store whose snapshots show what it held when they were opened, the oldest the contract allows. With {@code isForgetful} it is
 * a broken copy: it lets older records replace newer ones and says it holds none.
 */
final class DatedStore implements SessionStore {
    private final SessionStore store = TestState.newStore();
    /** Slots that ever had a session: going through thousands that have none would take most of the test's time. */
    private final BitSet usedSlots = new BitSet(SessionKey.SLOT_COUNT);

    private boolean isForgetful;

    DatedStore(boolean isForgetful) {
        this.isForgetful = isForgetful;
    }

    /** The copy is whole; from now on an ordinary store. */
    void remember() {
        isForgetful = false;
    }

    @Override
    public StoreSnapshot openSnapshot() {
        Deque<byte[]> held = new ArrayDeque<>();
        StoreSnapshot all = store.openSnapshot();
        all.next(Integer.MAX_VALUE, record -> held.add(SessionRecordBuilder.bytesOf(record)));
        all.close();
        return new StoreSnapshot() {
            @Override
            public int next(int limit, RecordVisitor visitor) {
                int shown = 0;
                while (shown < limit && !held.isEmpty()) {
                    visitor.onRecord(new SessionRecord().wrap(new UnsafeBuffer(held.removeFirst()), 0));
                    shown++;
                }
                return shown == 0 ? END : shown;
            }

            @Override
            public void close() {
                held.clear();
            }
        };
    }

    @Override
    public boolean read(SessionKey key, SessionRecord view) {
        return !isForgetful && store.read(key, view);
    }

    @Override
    public StoreResult put(SessionRecord record) {
        usedSlots.set(record.key().slot());
        if (isForgetful) {
            store.remove(record.key());
        }
        return store.put(record);
    }

    @Override
    public String mode() {
        return store.mode();
    }

    @Override
    public LoadResult load(SessionKey key, long ticket) {
        return store.load(key, ticket);
    }

    @Override
    public StoreResult merge(SessionKey key, SessionDelta delta, RecordStamp stamp, boolean create, long ageMs) {
        usedSlots.set(key.slot());
        return store.merge(key, delta, stamp, create, ageMs);
    }

    @Override
    public StoreResult touch(SessionKey key, long lastAccessedTimeMs) {
        return store.touch(key, lastAccessedTimeMs);
    }

    @Override
    public StoreResult remove(SessionKey key) {
        return store.remove(key);
    }

    @Override
    public int visitExpired(long nowMs, int limit, ExpiryVisitor visitor) {
        return store.visitExpired(nowMs, limit, visitor);
    }

    @Override
    public boolean isFetchingExpired() {
        return store.isFetchingExpired();
    }

    @Override
    public void visitSlot(int slot, RecordVisitor visitor) {
        if (usedSlots.get(slot)) {
            store.visitSlot(slot, visitor);
        }
    }

    @Override
    public long durablePosition() {
        return store.durablePosition();
    }

    @Override
    public long appendPosition() {
        return store.appendPosition();
    }

    @Override
    public StoreFigures figures() {
        return store.figures();
    }

    @Override
    public void clear() {
        store.clear();
    }

    @Override
    public void listener(@Nullable StoreListener listener) {
        store.listener(listener);
    }

    @Override
    public int doWork(long nowNs) {
        return store.doWork(nowNs);
    }

    @Override
    public void close() {
        store.close();
    }
}
