package org.stoneware.testkit.storage;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.agrona.DirectBuffer;
import org.stoneware.api.session.RecordStamp;
import org.stoneware.api.session.SessionDelta;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.spi.storage.LoadResult;
import org.stoneware.spi.storage.SessionStore;
import org.stoneware.spi.storage.StoreContext;
import org.stoneware.spi.storage.StoreFigures;
import org.stoneware.spi.storage.StoreHealth;
import org.stoneware.spi.storage.StoreListener;
import org.stoneware.spi.storage.StoreResult;
import org.stoneware.spi.storage.StoreSnapshot;

/** A correct store; a planted fault overrides one method of it. */
class DelegatingSessionStore implements SessionStore {
    final SessionStore store;
    final StoreContext context;

    DelegatingSessionStore(StoreContext context) {
        this(context, new ReferenceSessionStore(context));
    }

    DelegatingSessionStore(StoreContext context, SessionStore store) {
        this.context = context;
        this.store = store;
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
    public boolean read(SessionKey key, SessionRecord view) {
        return store.read(key, view);
    }

    @Override
    public StoreResult put(SessionRecord record) {
        return store.put(record);
    }

    @Override
    public StoreResult merge(SessionKey key, SessionDelta delta, RecordStamp stamp, boolean create, long ageMs) {
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
        store.visitSlot(slot, visitor);
    }

    @Override
    public void visitDigests(int slot, DigestVisitor visitor) {
        store.visitDigests(slot, visitor);
    }

    @Override
    public StoreHealth health() {
        return store.health();
    }

    @Override
    public void visitCounters(CounterVisitor visitor) {
        store.visitCounters(visitor);
    }

    @Override
    public void note(DirectBuffer note, int offset, int length) {
        store.note(note, offset, length);
    }

    @Override
    public void beginCheckpoint() {
        store.beginCheckpoint();
    }

    @Override
    public void endCheckpoint() {
        store.endCheckpoint();
    }

    @Override
    public long notesBytes() {
        return store.notesBytes();
    }

    @Override
    public void visitNotes(NoteVisitor visitor) {
        store.visitNotes(visitor);
    }

    @Override
    public StoreSnapshot openSnapshot() {
        return store.openSnapshot();
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
    public void listener(StoreListener listener) {
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

    /** Copy of what is held, or null. */
    final SessionRecord copy(SessionKey key) {
        SessionRecord view = new SessionRecord();
        if (!store.read(key, view)) {
            return null;
        }
        return new SessionRecord().wrap(new org.agrona.concurrent.UnsafeBuffer(SessionRecordBuilder.bytesOf(view)), 0);
    }

    /** Copies of the records held that meet a condition. */
    final List<SessionRecord> records(Predicate<SessionRecord> condition) {
        List<SessionRecord> records = new ArrayList<>();
        for (int slot = 0; slot < SessionKey.SLOT_COUNT; slot++) {
            store.visitSlot(slot, record -> {
                if (condition.test(record)) {
                    records.add(copy(record.key()));
                }
            });
        }
        return records;
    }

    /** Replaces whatever is held, version or not. */
    final StoreResult force(SessionRecord record) {
        store.remove(record.key());
        return store.put(record);
    }
}
