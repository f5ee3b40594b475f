package org.example.rocksdb;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDBException;
import org.stoneware.api.session.RecordStamp;
import org.stoneware.api.session.SessionDelta;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.spi.storage.Durability;
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
 * Sessions in RocksDB. The index of all sessions is in memory, the records of those in use too; changes are collected while the disk
 * writes those before, and every batch is written whole.
 * <p>
 * <b>Limits:</b> replaced records on their way to disk are not counted as memory. RocksDB needs room to rewrite its files, so the store
 * calls itself full at {@value #FULL_PERCENT} % of the disk it may use.
 * <p>
 * <b>Failure:</b> a write or read that RocksDB refuses is final, a full file system included: give the store a disk of its own, or a
 * bound well below what the file system has.
 */
final class RocksDbSessionStore implements SessionStore {
    static final int FULL_PERCENT = 60;

    private static final int MAX_LOADS = 64;
    private static final int BYTES_PER_CHANGE = 128;

    private final StoreContext context;
    private final SessionDatabase database;
    private final SessionIndex index;
    private final BatchWriter writer;
    private final RecordReader reader;
    private final List<byte[]> notesFound = new ArrayList<>();
    private ChangeBatch pending = new ChangeBatch();
    private @Nullable ChangeBatch underWay;
    private long position;
    private long durablePosition;
    private long bytesSubmitted;
    private long bytesMissed;
    private long nextNote = 1;
    private long checkpointNote;
    private long notesBytes;
    private long cycle;
    private @Nullable StoreListener listener;
    private @Nullable String failure;
    private boolean isFailureTold;
    private boolean isClosed;

    RocksDbSessionStore(StoreContext context, SessionDatabase database) {
        this.context = context;
        this.database = database;
        index = new SessionIndex(
                context.maxMemoryBytes(), RocksSessionDatabase.nativeBytes(context.maxMemoryBytes()));
        try {
            database.visitSessions(index::add);
            database.visitNotes((number, note) -> {
                notesFound.add(note);
                notesBytes += note.length;
                nextNote = number + 1;
            });
        } catch (RocksDBException e) {
            database.close();
            throw new StorageException("RocksDB can't read " + context.directory() + ": " + e.getMessage(), e);
        }
        writer = new BatchWriter(
                database, context.durability() == Durability.FSYNC, context.maxDiskBytes() * FULL_PERCENT / 100);
        reader = new RecordReader(database);
    }

    @Override
    public String mode() {
        return RocksDbStoreProvider.MODE;
    }

    @Override
    public LoadResult load(SessionKey key, long ticket) {
        checkOpen();
        SessionEntry entry = index.find(key);
        if (entry == null) {
            return LoadResult.ABSENT;
        }
        if (entry.isResident()) {
            index.use(entry, cycle);
            return LoadResult.RESIDENT;
        }
        if (reader.loading() >= MAX_LOADS) {
            return LoadResult.BUSY;
        }
        reader.load(entry, ticket);
        return LoadResult.LOADING;
    }

    @Override
    public boolean read(SessionKey key, SessionRecord view) {
        checkOpen();
        SessionEntry entry = index.find(key);
        UnsafeBuffer record = entry == null ? null : entry.record;
        if (record == null) {
            return false;
        }
        view.wrap(record, 0);
        return true;
    }

    @Override
    public StoreResult put(SessionRecord record) {
        checkOpen();
        if (failure != null) {
            return StoreResult.FAILED;
        }
        SessionKey key = record.key();
        SessionEntry entry = index.find(key);
        if (entry != null && record.version() <= entry.facts.version()) {
            return StoreResult.STALE;
        }
        byte[] copy = new byte[record.length()];
        record.buffer().getBytes(record.offset(), copy);
        return keep(key, entry, copy);
    }

    @Override
    public StoreResult merge(SessionKey key, SessionDelta delta, RecordStamp stamp, boolean create, long ageMs) {
        checkOpen();
        if (failure != null) {
            return StoreResult.FAILED;
        }
        SessionEntry entry = index.find(key);
        if (entry == null && !create) {
            return StoreResult.ABSENT;
        }
        if (entry != null && (create || stamp.version() <= entry.facts.version())) {
            return StoreResult.STALE;
        }
        SessionRecord base = null;
        if (entry != null) {
            UnsafeBuffer record = entry.record;
            if (record == null) {
                return StoreResult.NOT_RESIDENT;
            }
            base = new SessionRecord().wrap(record, 0);
        }
        int maxLength = SessionRecord.maxLength(key, base, delta);
        if (maxLength == Integer.MAX_VALUE) {
            return StoreResult.FULL;
        }
        UnsafeBuffer out = new UnsafeBuffer(new byte[maxLength]);
        byte[] copy = new byte[SessionRecord.write(out, 0, key, base, delta, stamp, stamp.logTimeMs() - ageMs)];
        out.getBytes(0, copy);
        return keep(key, entry, copy);
    }

    private StoreResult keep(SessionKey key, @Nullable SessionEntry held, byte[] bytes) {
        if (bytes.length > context.maxRecordLength()) {
            return StoreResult.FULL;
        }
        boolean isLonger = held == null || bytes.length > held.facts.length();
        boolean hasMemory = index.makeRoom(held, key, bytes.length, cycle, durablePosition);
        if (isLonger && !(hasMemory && hasDisk(bytes.length))) {
            bytesMissed = bytes.length;
            return StoreResult.FULL;
        }
        if (!hasMemory && held != null && !held.isResident()) {
            return StoreResult.NOT_RESIDENT;
        }
        UnsafeBuffer record = new UnsafeBuffer(bytes);
        SessionFacts facts = SessionFacts.of(new SessionRecord().wrap(record, 0));
        SessionEntry entry = held == null ? index.add(key, facts) : held;
        index.facts(entry, facts);
        index.record(entry, record);
        index.use(entry, cycle);
        entry.recordPosition = ++position;
        pending.put(key, bytes, facts);
        return StoreResult.STORED;
    }

    @Override
    public StoreResult touch(SessionKey key, long lastAccessedTimeMs) {
        checkOpen();
        if (failure != null) {
            return StoreResult.FAILED;
        }
        SessionEntry entry = index.find(key);
        if (entry == null) {
            return StoreResult.ABSENT;
        }
        if (lastAccessedTimeMs > entry.facts.lastAccessedTimeMs()) {
            index.facts(entry, entry.facts.accessed(lastAccessedTimeMs));
            UnsafeBuffer record = entry.record;
            if (record != null) {
                if (entry.recordPosition > durablePosition) {
                    // The writer may be reading these very bytes.
                    record = new UnsafeBuffer(record.byteArray().clone());
                    entry.record = record;
                }
                SessionRecord.lastAccessedTimeMs(record, 0, lastAccessedTimeMs);
            }
            position++;
            pending.touch(key, record == null ? null : record.byteArray(), entry.facts);
        }
        return StoreResult.STORED;
    }

    @Override
    public StoreResult remove(SessionKey key) {
        checkOpen();
        if (failure != null) {
            return StoreResult.FAILED;
        }
        SessionEntry entry = index.find(key);
        if (entry == null) {
            return StoreResult.ABSENT;
        }
        index.remove(entry);
        position++;
        pending.remove(key);
        return StoreResult.STORED;
    }

    @Override
    public int visitExpired(long nowMs, int limit, ExpiryVisitor visitor) {
        checkOpen();
        int count = 0;
        for (SessionEntry entry : index.expiring()) {
            if (count >= limit || entry.facts.expiryTimeMs() >= nowMs) {
                break;
            }
            visitor.onExpired(entry.key, entry.facts.lastAccessedTimeMs());
            count++;
        }
        return count;
    }

    @Override
    public void visitSlot(int slot, RecordVisitor visitor) {
        checkOpen();
        SessionRecord shown = new SessionRecord();
        for (SessionEntry entry : index.slot(slot)) {
            UnsafeBuffer record = entry.record;
            if (record != null) {
                visitor.onRecord(shown.wrap(record, 0));
            }
        }
    }

    @Override
    public void visitDigests(int slot, DigestVisitor visitor) {
        checkOpen();
        for (SessionEntry entry : index.slot(slot)) {
            visitor.onDigest(
                    entry.key.hash64(),
                    SessionRecord.digest(entry.facts.contentHash(), entry.facts.lastAccessedTimeMs()));
        }
    }

    @Override
    public StoreSnapshot openSnapshot() {
        checkOpen();
        Deque<SessionEntry> all = new ArrayDeque<>();
        for (int slot = 0; slot < SessionKey.SLOT_COUNT; slot++) {
            all.addAll(index.slot(slot));
        }
        return new RocksDbSnapshot(all, reader, this::checkOpen);
    }

    @Override
    public long durablePosition() {
        return durablePosition;
    }

    @Override
    public long appendPosition() {
        return position;
    }

    @Override
    public StoreFigures figures() {
        return new StoreFigures(
                index.sessions(),
                index.payloadBytes(),
                index.usedBytes(),
                context.maxMemoryBytes(),
                writer.diskUse().bytes(),
                context.maxDiskBytes());
    }

    @Override
    public StoreHealth health() {
        if (failure != null) {
            return new StoreHealth(StoreHealth.State.FAILED, failure);
        }
        if (bytesMissed > 0 && !hasDisk((int) bytesMissed)) {
            return new StoreHealth(
                    StoreHealth.State.FULL,
                    "the disk for sessions is full: used=" + writer.diskUse().bytes() + " max=" + context.maxDiskBytes()
                            + ", of which " + FULL_PERCENT + " % are for sessions");
        }
        if (bytesMissed > 0 && index.leastBytes() + bytesMissed > context.maxMemoryBytes()) {
            return new StoreHealth(
                    StoreHealth.State.FULL,
                    "memory for the index of sessions is full: used=" + index.leastBytes() + " max="
                            + context.maxMemoryBytes());
        }
        return StoreHealth.OK;
    }

    @Override
    public void visitCounters(CounterVisitor visitor) {
        visitor.onCounter("resident.sessions", index.residentSessions());
        visitor.onCounter("evictions", index.evictions());
        visitor.onCounter("loads.under-way", reader.loading());
    }

    @Override
    public void note(DirectBuffer note, int offset, int length) {
        checkOpen();
        byte[] bytes = new byte[length];
        note.getBytes(offset, bytes);
        pending.note(nextNote++, bytes);
        notesBytes += length;
        position++;
    }

    @Override
    public void beginCheckpoint() {
        checkpointNote = nextNote;
    }

    @Override
    public void endCheckpoint() {
        pending.forgetNotesBefore(checkpointNote);
        notesBytes = 0;
        position++;
    }

    @Override
    public long notesBytes() {
        return notesBytes;
    }

    @Override
    public void visitNotes(NoteVisitor visitor) {
        notesFound.forEach(note -> visitor.onNote(new UnsafeBuffer(note), 0, note.length));
        notesFound.clear();
    }

    @Override
    public void clear() {
        checkOpen();
        index.clear();
        pending.clear();
        position++;
    }

    @Override
    public void listener(@Nullable StoreListener listener) {
        this.listener = listener;
    }

    @Override
    public int doWork(long nowNs) {
        checkOpen();
        cycle++;
        return takeFailure() + endBatch() + beginBatch() + endLoads();
    }

    private int takeFailure() {
        if (failure == null) {
            String ofWriter = writer.failure();
            failure = ofWriter != null ? ofWriter : reader.failure();
        }
        if (failure == null || isFailureTold || listener == null) {
            return 0;
        }
        isFailureTold = true;
        listener.onFailed(failure);
        return 1;
    }

    private int endBatch() {
        if (underWay == null || writer.writtenPosition() < underWay.position()) {
            return 0;
        }
        durablePosition = underWay.position();
        underWay = null;
        if (listener != null) {
            listener.onDurable(durablePosition);
        }
        return 1;
    }

    private int beginBatch() {
        if (underWay != null || failure != null || position == durablePosition) {
            return 0;
        }
        underWay = pending.endAt(position);
        bytesSubmitted += underWay.bytes();
        pending = new ChangeBatch();
        writer.submit(underWay);
        return 1;
    }

    private int endLoads() {
        int ended = 0;
        RecordReader.Read read = reader.nextLoaded();
        while (read != null && bringIn(read)) {
            reader.takeLoaded();
            ended++;
            if (listener != null) {
                listener.onLoaded(read.ticket);
            }
            read = reader.nextLoaded();
        }
        return ended;
    }

    /** Takes a record that was read into memory, unless it is not wanted any more; false when there is no room at the moment. */
    private boolean bringIn(RecordReader.Read read) {
        SessionEntry entry = read.entry;
        byte[] bytes = read.bytes();
        if (!entry.isHeld || entry.isResident() || entry.recordPosition != read.recordPosition) {
            return true;
        }
        if (bytes == null || bytes.length != entry.facts.length()) {
            failure = "RocksDB does not have the record of a session it was given: session=" + entry.key;
            return true;
        }
        if (!index.makeRoom(entry, entry.key, bytes.length, cycle, durablePosition)) {
            return false;
        }
        UnsafeBuffer record = new UnsafeBuffer(bytes);
        SessionRecord.lastAccessedTimeMs(record, 0, entry.facts.lastAccessedTimeMs());
        index.record(entry, record);
        index.use(entry, cycle);
        return true;
    }

    private boolean hasDisk(int bytes) {
        if (context.maxDiskBytes() == 0) {
            return true;
        }
        BatchWriter.DiskUse use = writer.diskUse();
        long onTheWay = bytesSubmitted - use.bytesWritten() + pending.bytes();
        return use.bytes() + onTheWay + bytes + BYTES_PER_CHANGE <= context.maxDiskBytes() * FULL_PERCENT / 100;
    }

    @Override
    public void close() {
        if (isClosed) {
            return;
        }
        beginBatch();
        isClosed = true;
        reader.close();
        writer.close();
        database.close();
        index.clear();
    }

    private void checkOpen() {
        if (isClosed) {
            throw new StorageException("store is closed: mode=" + mode());
        }
    }
}
