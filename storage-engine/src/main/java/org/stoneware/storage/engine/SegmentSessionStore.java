package org.stoneware.storage.engine;

import java.util.Arrays;
import java.util.function.Consumer;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;
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
import org.stoneware.storage.segments.RecoveryReport;
import org.stoneware.storage.segments.SegmentLog;
import org.stoneware.storage.segments.SegmentLogContext;
import org.stoneware.storage.segments.SegmentLogException;
import org.stoneware.storage.segments.SegmentLogFigures;
import org.stoneware.storage.slab.MemoryBudget;

/**
 * Sessions in bounded memory and in a segment log. The index of all sessions and the records in use are in memory; {@link StorePolicy}
 * says what goes to the log and when.
 * <p>
 * <b>Threading:</b> as {@link SessionStore}. Threads of the log write, force and read.
 * <p>
 * <b>Limits:</b> the memory bound holds for index and records; what waits to be written to the log
 * comes on top, usually less than half of {@link SegmentLogContext#DEFAULT_PENDING_BYTES}.
 * <p>
 * <b>Failure:</b> with {@link StorePolicy#KEEP} a failed write or force is final and a full disk is {@link StoreResult#FULL}; with {@link
 * StorePolicy#SPILL} both are told, and the store goes on with what memory holds. {@link StoreResult#NOT_RESIDENT} is also the answer
 * when a change must wait for the disk: {@link #load} says {@link LoadResult#BUSY} until it can be tried again.
 */
public final class SegmentSessionStore implements SessionStore {
    /** Below this an index and one chunk per common size would leave no room for sessions. */
    public static final long MIN_MEMORY_BYTES = 1L << 20;

    private static final int NONE = SessionIndex.NONE;
    /** Arrays of the slots and a store without sessions, rounded up. */
    private static final int FIXED_BYTES = 64 * 1024;
    /** Share of memory that only records use which can leave at any time. */
    private static final int RESERVE_SHARE = 16;

    private static final long MAX_LOAD_BYTES = 64L << 20;
    /** Records on their way from disk take at most this part of the memory for sessions beside it. */
    private static final int LOAD_SHARE = 8;

    private static final int READ_THREADS = 2;

    private final String mode;
    private final boolean isKeeping;
    private final Consumer<String> notices;
    private final MemoryBudget budget;
    private final SessionIndex index;
    private final SessionLog sessionLog;
    private final SegmentLog log;
    private final Residency residency;
    private final Loads loads;
    private final NoteQueue notes;
    private final WarmUp warmUp;
    private final RoomNotices room;

    private final SessionChanges changes;

    private final SessionRecord shown = new SessionRecord();
    private int[] expired = new int[64];
    private @Nullable StoreListener listener;
    private boolean isFetchingExpired;
    private boolean isVisiting;
    private boolean isClosed;
    private String damage = "";
    private long lostAtStart;

    /**
     * Opens a store; with {@link StorePolicy#KEEP} it knows every session an earlier run left.
     *
     * @throws StorageException when it can't be opened; the message says what is wrong and what to do.
     */
    public static SegmentSessionStore open(EngineContext context) {
        StoreContext store = context.store();
        if (store.maxMemoryBytes() < MIN_MEMORY_BYTES) {
            throw new StorageException("memory for sessions is too small: bytes=" + store.maxMemoryBytes() + " min="
                    + MIN_MEMORY_BYTES + "; raise offheap/maxDataSize");
        }
        if (store.maxRecordLength() > store.maxMemoryBytes()) {
            store.notices()
                    .accept("the largest session allowed does not fit the memory for sessions: maxRecordLength="
                            + store.maxRecordLength() + " maxMemoryBytes=" + store.maxMemoryBytes());
        }
        store.notices()
                .accept("store opens: mode=" + context.mode() + " maxMemoryBytes=" + store.maxMemoryBytes()
                        + " maxDiskBytes="
                        + (store.maxDiskBytes() == 0 ? "unbounded" : store.maxDiskBytes())
                        + (context.policy() == StorePolicy.KEEP ? " durability=" + store.durability() : "")
                        + " directory=" + context.files().name());
        try {
            return new SegmentSessionStore(context);
        } catch (SegmentLogException e) {
            throw new StorageException("cannot open the store: mode=" + context.mode() + " " + e.getMessage(), e);
        }
    }

    private SegmentSessionStore(EngineContext context) throws SegmentLogException {
        StoreContext store = context.store();
        mode = context.mode();
        isKeeping = context.policy() == StorePolicy.KEEP;
        notices = store.notices();
        budget = new MemoryBudget(store.maxMemoryBytes());
        index = new SessionIndex(budget, context.maxIndexBytes());
        budget.reclaimer(index.slab()::compactUnderPressure);
        budget.tryTake(FIXED_BYTES);
        sessionLog = new SessionLog(logContext(context), index, isKeeping, new LogEvents());
        log = sessionLog.log();
        residency = new Residency(index, budget, sessionLog);
        loads = new Loads(index, sessionLog, residency, Math.min(MAX_LOAD_BYTES, store.maxMemoryBytes() / LOAD_SHARE));
        notes = new NoteQueue(log);
        room = new RoomNotices(mode, isKeeping, notices, budget, index.heap(), log);
        try {
            recover();
        } catch (SegmentLogException | RuntimeException e) {
            log.close();
            throw e;
        }
        index.endRecovery();
        changes = new SessionChanges(context, index, residency, sessionLog, notes, room);
        warmUp = new WarmUp(index, budget, loads, sessionLog);
        if (!isKeeping) {
            // Set aside only now: nothing is in it that could not leave.
            budget.reserveBytes(store.maxMemoryBytes() / RESERVE_SHARE);
        }
    }

    private static SegmentLogContext logContext(EngineContext context) {
        StoreContext store = context.store();
        SegmentLogContext.Sync sync = SegmentLogContext.Sync.SCRATCH;
        if (context.policy() == StorePolicy.KEEP) {
            sync = store.durability() == Durability.FSYNC
                    ? SegmentLogContext.Sync.FORCED
                    : SegmentLogContext.Sync.WRITTEN;
        }
        return new SegmentLogContext(
                context.files(),
                sync,
                context.segmentBytes(),
                store.maxRecordLength(),
                store.maxDiskBytes(),
                SegmentLogContext.DEFAULT_PENDING_BYTES,
                SegmentLogContext.DEFAULT_MAX_READS,
                READ_THREADS,
                store.notices(),
                store.wakeup());
    }

    private void recover() throws SegmentLogException {
        Recovery recovery = new Recovery(index, sessionLog);
        RecoveryReport report = sessionLog.recover(recovery);
        if (!isKeeping) {
            return;
        }
        sessionLog.loseSuspects();
        lostAtStart = sessionLog.lostCount();
        long lost = lostAtStart + recovery.lostWithoutOlder();
        for (RecoveryReport.Damage damage : report.damages()) {
            notices.accept("damage on disk: segment=" + damage.segment() + " from=" + damage.fromOffset() + " to="
                    + damage.toOffset() + " reason=" + damage.reason()
                    + (damage.isKeyKnown() ? "" : "; which sessions it held is not known"));
        }
        boolean isForcedLost = lost > 0 && report.damages().stream().anyMatch(damage -> !damage.isUnforced());
        if (report.isSuspect() || isForcedLost) {
            damage = "the disk has damaged what was stored: places="
                    + report.damages().size() + " sessionsLost="
                    + (report.isSuspect() ? "unknown" : String.valueOf(lost));
        }
        notices.accept("sessions found on disk: mode=" + mode + " sessions=" + index.size() + " payloadBytes="
                + index.payloadBytes() + " segments=" + report.segments() + " cutBytes=" + report.cutBytes()
                + (lost == 0 ? "" : " lost=" + lost + ": their last version lies in a damaged place"));
    }

    @Override
    public String mode() {
        return mode;
    }

    @Override
    public LoadResult load(SessionKey key, long ticket) {
        checkOpen();
        if (changes.mustWait()) {
            return LoadResult.BUSY;
        }
        int entry = index.find(key);
        if (entry == NONE) {
            return LoadResult.ABSENT;
        }
        if (index.isResident(entry)) {
            index.isUsed(entry, true);
            return LoadResult.RESIDENT;
        }
        return loads.begin(entry, ticket) ? LoadResult.LOADING : LoadResult.BUSY;
    }

    @Override
    public boolean read(SessionKey key, SessionRecord view) {
        checkOpen();
        int entry = index.find(key);
        if (entry == NONE || !index.isResident(entry)) {
            return false;
        }
        index.wrap(view, entry);
        return true;
    }

    @Override
    public StoreResult put(SessionRecord record) {
        checkChangeable();
        return changes.put(record);
    }

    @Override
    public StoreResult merge(SessionKey key, SessionDelta delta, RecordStamp stamp, boolean create, long ageMs) {
        checkChangeable();
        return changes.merge(key, delta, stamp, create, ageMs);
    }

    @Override
    public StoreResult touch(SessionKey key, long lastAccessedTimeMs) {
        checkChangeable();
        return changes.touch(key, lastAccessedTimeMs);
    }

    @Override
    public StoreResult remove(SessionKey key) {
        checkChangeable();
        return changes.remove(key);
    }

    /** As the contract says; a session that is not resident is fetched first, which begins here, and named by a later call. */
    @Override
    public int visitExpired(long nowMs, int limit, ExpiryVisitor visitor) {
        checkChangeable();
        int count = 0;
        int heldOff = 0;
        int entry = index.firstExpiredBefore(nowMs);
        // What the device does not read now must not be in the way of others; there are not many, else it reads
        // nothing.
        while (count - heldOff < limit && heldOff <= FailedReads.MAX && entry != NONE) {
            heldOff += !index.isResident(entry) && sessionLog.isHeldOff(entry) ? 1 : 0;
            if (count == expired.length) {
                expired = Arrays.copyOf(expired, count * 2);
            }
            expired[count++] = entry;
            index.takeFromExpiry(entry);
            entry = index.firstExpiredBefore(nowMs);
        }
        for (int i = 0; i < count; i++) {
            index.putBackToExpiry(expired[i]);
        }
        int named = 0;
        isVisiting = true;
        try {
            for (int i = 0; i < count; i++) {
                if (index.isResident(expired[i])) {
                    visitor.onExpired(index.wrap(shown, expired[i]).key(), index.lastAccessedTimeMs(expired[i]));
                    named++;
                } else {
                    loads.beginForExpiry(expired[i]);
                }
            }
        } finally {
            isVisiting = false;
        }
        isFetchingExpired = named < count - heldOff;
        return named;
    }

    @Override
    public boolean isFetchingExpired() {
        return isFetchingExpired;
    }

    @Override
    public void visitSlot(int slot, RecordVisitor visitor) {
        checkOpen();
        for (int cell = 0; cell < index.cellCount(slot); cell++) {
            int entry = index.entryAt(slot, cell);
            if (entry != NONE && index.isResident(entry)) {
                show(index.wrap(shown, entry), visitor);
            }
        }
    }

    @Override
    public void visitDigests(int slot, DigestVisitor visitor) {
        checkOpen();
        for (int cell = 0; cell < index.cellCount(slot); cell++) {
            int entry = index.entryAt(slot, cell);
            if (entry != NONE) {
                long contentHash = index.isInLog(entry)
                        ? index.contentHash(entry)
                        : index.wrap(shown, entry).contentHash();
                visitor.onDigest(index.hash(entry), SessionRecord.digest(contentHash, index.lastAccessedTimeMs(entry)));
            }
        }
    }

    @Override
    public StoreSnapshot openSnapshot() {
        checkOpen();
        return new SegmentSnapshot(this, index, sessionLog);
    }

    @Override
    public long durablePosition() {
        return isKeeping ? notes.durablePosition() : changes.count();
    }

    @Override
    public long appendPosition() {
        return isKeeping ? log.appendPosition() + notes.waitingBytes() : changes.count();
    }

    @Override
    public StoreFigures figures() {
        SegmentLogFigures disk = log.figures();
        return new StoreFigures(
                index.size(),
                index.payloadBytes(),
                budget.usedBytes(),
                budget.maxBytes(),
                disk.diskUsedBytes(),
                disk.diskMaxBytes());
    }

    @Override
    public boolean isBehind() {
        return changes.mustWait();
    }

    /** A hint file says where a record lies and not whether it can be read; that comes out when it is. */
    @Override
    public String damage() {
        long lost = isKeeping ? sessionLog.lostCount() - lostAtStart : 0;
        if (lost == 0) {
            return damage;
        }
        return (damage.isEmpty() ? "the disk has damaged what was stored:" : damage + ", and") + " sessionsLost=" + lost
                + " when they were read";
    }

    @Override
    public String readProblem() {
        return sessionLog.failedReads().problem();
    }

    @Override
    public StoreHealth health() {
        return room.health();
    }

    @Override
    public void visitCounters(CounterVisitor visitor) {
        SegmentLogFigures disk = log.figures();
        visitor.onCounter("sessions.resident", index.residentCount());
        visitor.onCounter("sessions.lost", sessionLog.lostCount());
        visitor.onCounter("sessions.unreadable", sessionLog.failedReads().size());
        visitor.onCounter("memory.evictions", residency.evictions());
        visitor.onCounter("memory.loads", loads.loaded());
        visitor.onCounter("memory.loads.under-way.bytes", loads.bytesUnderWay());
        visitor.onCounter("memory.loads.waiting", loads.waiting());
        visitor.onCounter("memory.free.bytes", index.slab().freeBytes());
        visitor.onCounter("disk.spills", residency.spills());
        visitor.onCounter("disk.segments", disk.segments());
        visitor.onCounter("disk.segments.dropped", disk.droppedSegments());
        visitor.onCounter("disk.live.bytes", disk.liveBytes());
        visitor.onCounter("disk.appended.bytes", disk.appendedBytes());
        visitor.onCounter("disk.moved.bytes", disk.movedBytes());
        visitor.onCounter("disk.written.bytes", disk.writtenBytes());
        visitor.onCounter("disk.writes", disk.writes());
        visitor.onCounter("disk.forces", disk.forces());
        visitor.onCounter("disk.reads", disk.reads());
        visitor.onCounter("disk.reads.damaged", disk.damagedReads());
    }

    @Override
    public void note(DirectBuffer note, int offset, int length) {
        checkChangeable();
        if (isKeeping) {
            notes.note(note, offset, length);
        }
    }

    @Override
    public void beginCheckpoint() {
        checkChangeable();
        if (isKeeping) {
            notes.beginCheckpoint();
        }
    }

    @Override
    public void endCheckpoint() {
        checkChangeable();
        if (isKeeping) {
            notes.endCheckpoint();
        }
    }

    @Override
    public long notesBytes() {
        return isKeeping ? log.notesBytes() : 0;
    }

    @Override
    public void visitNotes(NoteVisitor visitor) {
        checkOpen();
        if (!isKeeping) {
            return;
        }
        try {
            long missing = log.visitNotes(visitor::onNote);
            if (missing > 0) {
                damage = damage.isEmpty()
                        ? "the disk has damaged notes beside the sessions: missing=" + missing
                        : damage;
                notices.accept("notes of an earlier run are damaged: mode=" + mode + " missing=" + missing
                        + "; what they said beside the sessions is lost");
            }
        } catch (SegmentLogException e) {
            throw new StorageException(
                    "cannot read the notes of an earlier run: mode=" + mode + " " + e.getMessage(), e);
        }
    }

    @Override
    public void clear() {
        checkChangeable();
        if (isKeeping && log.isFailed()) {
            throw new StorageException(
                    "cannot clear the store, its disk has failed: mode=" + mode + " " + log.reason());
        }
        notes.clear();
        residency.clear();
        index.clear();
        sessionLog.failedReads().clear();
        changes.onAccepted();
    }

    @Override
    public void listener(@Nullable StoreListener listener) {
        this.listener = listener;
    }

    @Override
    public int doWork(long nowNs) {
        checkChangeable();
        int work = sessionLog.doWork(nowNs);
        work += notes.doWork();
        work += residency.doWork();
        room.doWork(residency, nowNs);
        work += warmUp.doWork();
        long ticket = loads.pollDone();
        while (ticket != Loads.NO_TICKET) {
            work++;
            if (listener != null) {
                listener.onLoaded(ticket);
            }
            ticket = loads.pollDone();
        }
        return work;
    }

    @Override
    public void close() {
        if (!isClosed) {
            isClosed = true;
            log.close();
            index.clear();
        }
    }

    /** Shows a record to a visitor that must not change the store. */
    void show(SessionRecord record, RecordVisitor visitor) {
        boolean wasVisiting = isVisiting;
        isVisiting = true;
        try {
            visitor.onRecord(record);
        } finally {
            isVisiting = wasVisiting;
        }
    }

    void checkOpen() {
        if (isClosed) {
            throw new StorageException("store is closed: mode=" + mode);
        }
    }

    private void checkChangeable() {
        checkOpen();
        if (isVisiting) {
            throw new IllegalStateException("a visitor must not change the store it looks at");
        }
    }

    private final class LogEvents implements SessionLog.Events {
        @Override
        public void onDurable(long position) {
            changes.onDiskProgress();
            if (isKeeping && listener != null) {
                listener.onDurable(notes.durablePosition());
            }
        }

        @Override
        public void onFailed(String reason) {
            changes.onDiskProgress();
            residency.onFailed();
            sessionLog.failedReads().onLogFailed();
            room.onFailed(reason);
            if (isKeeping && listener != null) {
                listener.onFailed(reason);
            }
        }

        @Override
        public void onRoomChanged() {
            changes.onDiskProgress();
        }
    }
}
