package org.stoneware.storage.engine;

import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.agrona.DirectBuffer;
import org.agrona.collections.Long2ObjectHashMap;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.storage.segments.Location;
import org.stoneware.storage.segments.RecordHint;
import org.stoneware.storage.segments.RecordKind;
import org.stoneware.storage.segments.RecoveryReport;
import org.stoneware.storage.segments.SegmentLog;
import org.stoneware.storage.segments.SegmentLogContext;
import org.stoneware.storage.segments.SegmentLogException;
import org.stoneware.storage.segments.SegmentLogListener;

/**
 * The segment log as sessions see it: appends the record of an entry, answers the log's questions from the index, and gives up what
 * can't be read.
 */
final class SessionLog implements SegmentLogListener {
    private static final int MAX_LOSSES_TOLD = 5;
    private static final UnsafeBuffer NOTHING = new UnsafeBuffer(new byte[0]);

    private final SessionIndex index;
    private final boolean isKeeping;
    private final Consumer<String> notices;
    private final Events events;
    private final SegmentLog log;
    private final WrittenMark written = new WrittenMark();
    private final RecordHint hint = new RecordHint();
    private final SessionRecord view = new SessionRecord();
    private final Long2ObjectHashMap<PendingRead> reads = new Long2ObjectHashMap<>();
    private final int maxPendingBytes;
    private final OwedRecords owed = new OwedRecords();
    private long lastTicket;
    private long lostCount;

    private final FailedReads failedReads;

    private record PendingRead(long hash, long fingerprint, int length, ReadTarget target) {}

    /** What the store must know at once. */
    interface Events {
        void onDurable(long position);

        void onFailed(String reason);

        void onRoomChanged();
    }

    SessionLog(SegmentLogContext context, SessionIndex index, boolean isKeeping, Events events)
            throws SegmentLogException {
        this.index = index;
        this.isKeeping = isKeeping;
        this.events = events;
        notices = context.notices();
        maxPendingBytes = context.maxPendingBytes();
        log = SegmentLog.open(context, this);
        failedReads = new FailedReads(index, this, isKeeping);
    }

    SegmentLog log() {
        return log;
    }

    /** Fills the index with what an earlier run left; {@link Recovery} says how. */
    RecoveryReport recover(Recovery recovery) throws SegmentLogException {
        RecoveryReport report = log.recover(recovery);
        written.isWrittenUpTo(recovery.lastLocation());
        return report;
    }

    /**
     * Appends a record that becomes the one of this key.
     *
     * @return its location, or one of the refusals of {@link SegmentLog#append}, all negative.
     */
    long append(long hash, long fingerprint, SessionRecord record, long contentHash, boolean isSparing) {
        hint.set(
                hash,
                fingerprint,
                record.version(),
                record.lastAccessedTimeMs(),
                record.maxInactiveIntervalSec(),
                contentHash);
        long location =
                log.append(RecordKind.RECORD, hint, record.buffer(), record.offset(), record.length(), isSparing);
        if (location >= 0) {
            written.onAppended(location);
        }
        return location;
    }

    /** Appends the record of a resident session that the log does not have as it is; false when refused. */
    boolean spill(int entry) {
        index.wrap(view, entry);
        long contentHash = view.contentHash();
        long location = append(index.hash(entry), index.fingerprint(entry), view, contentHash, false);
        if (location < 0) {
            return false;
        }
        index.logLocation(entry, location, contentHash);
        return true;
    }

    /** Appends a touch; returns as {@link #append}. */
    long appendTouch(int entry, long lastAccessedTimeMs) {
        describe(entry, lastAccessedTimeMs);
        return log.append(RecordKind.TOUCH, hint, NOTHING, 0, 0, true);
    }

    /** Appends a removal; returns as {@link #append}. */
    long appendRemoval(int entry) {
        describe(entry, index.lastAccessedTimeMs(entry));
        return log.append(RecordKind.REMOVAL, hint, NOTHING, 0, 0, true);
    }

    private void describe(int entry, long lastAccessedTimeMs) {
        hint.set(
                index.hash(entry),
                index.fingerprint(entry),
                0,
                lastAccessedTimeMs,
                index.maxInactiveIntervalSec(entry),
                index.contentHash(entry));
    }

    /** The log's copies of a session are not needed any more. */
    void release(int entry) {
        if (index.isInLog(entry)) {
            log.release(index.logLocation(entry), index.length(entry));
            index.logLocation(entry, Location.NULL, 0);
        }
        index.touchLocation(entry, Location.NULL);
    }

    /** Begins to read the record of a session; false when too many reads are under way, or when it {@link #isHeldOff is held off}. */
    boolean read(int entry, ReadTarget target) {
        return !failedReads.isHeldOff(entry) && readAgain(entry, target);
    }

    /** Whether the device would not read a session, so that it is not asked for it on behalf of others until it has. */
    boolean isHeldOff(int entry) {
        return failedReads.isHeldOff(entry);
    }

    /** As {@link #isHeldOff}, and for so long that nobody waits for it any more who wants to see all sessions. */
    boolean isPastWalks(int entry) {
        return failedReads.isHeldOff(entry) && failedReads.isPastWalks(entry);
    }

    FailedReads failedReads() {
        return failedReads;
    }

    /** As {@link #read}, for one that is held off as well. */
    boolean readAgain(int entry, ReadTarget target) {
        long ticket = ++lastTicket;
        if (!log.read(index.logLocation(entry), index.length(entry), ticket)) {
            return false;
        }
        reads.put(ticket, new PendingRead(index.hash(entry), index.fingerprint(entry), index.length(entry), target));
        return true;
    }

    int readsUnderWay() {
        return reads.size();
    }

    /** Whether the log's copy of an entry would survive a failure of the next write. */
    boolean isWritten(int entry) {
        return index.isInLog(entry) && written.isWritten(index.logLocation(entry));
    }

    boolean isWritten(long location) {
        return written.isWritten(location);
    }

    /** Whether so much waits to be written that new work should wait. */
    boolean isBehind() {
        return log.appendPosition() - log.durablePosition() > maxPendingBytes / 2 && !log.isFailed() && !log.isFull();
    }

    long lostCount() {
        return lostCount;
    }

    int doWork(long nowNs) {
        written.mark(log.appendPosition());
        return failedReads.doWork(nowNs) + payOwed() + log.doWork(nowNs);
    }

    /** Appends what the log would not take when it was due, as long as it is still true. */
    private int payOwed() {
        int work = 0;
        OwedRecords.Owed next = owed.first();
        while (next != null && pay(next)) {
            owed.removeFirst();
            next = owed.first();
            work++;
        }
        return work;
    }

    private boolean pay(OwedRecords.Owed next) {
        int entry = index.find(next.hash(), next.fingerprint());
        if (next.isRemoval()) {
            // A session of the same key that came since is not removed: its own record is the last word.
            if (entry != SessionIndex.NONE) {
                return true;
            }
            hint.set(next.hash(), next.fingerprint(), 0, next.lastAccessedTimeMs(), next.maxInactiveIntervalSec(), 0);
            return log.append(RecordKind.REMOVAL, hint, NOTHING, 0, 0, true) >= 0;
        }
        return entry == SessionIndex.NONE || !index.isResident(entry) || index.isInLog(entry) || spill(entry);
    }

    /** Records and removals the log did not take yet. */
    int owed() {
        return owed.size();
    }

    @Override
    public void onRead(long ticket, long location, RecordHint found, DirectBuffer content, int offset, int length) {
        @Nullable PendingRead read = reads.remove(ticket);
        if (read == null) {
            return;
        }
        failedReads.forget(location);
        view.wrap(content, offset);
        if (view.keyFingerprint64() == read.fingerprint && view.keyHash64() == read.hash) {
            read.target.onRead(location, content, offset, length);
        } else {
            giveUp(read, location, "it is the record of another session");
        }
    }

    @Override
    public void onReadFailed(long ticket, long location, String reason) {
        @Nullable PendingRead read = reads.remove(ticket);
        if (read != null) {
            failedReads.forget(location);
            giveUp(read, location, reason);
        }
    }

    /** What the device does not read now may be whole: it is kept, until it is proven that its place has gone bad. */
    @Override
    public void onReadRefused(long ticket, long location, String reason, boolean isByDevice) {
        @Nullable PendingRead read = reads.remove(ticket);
        if (read == null) {
            return;
        }
        int entry = index.find(read.hash, read.fingerprint);
        boolean isHeld = entry != SessionIndex.NONE && index.logLocation(entry) == location && !index.isResident(entry);
        boolean isFirst = failedReads.size() == 0;
        if (!isHeld) {
            failedReads.forget(location);
        } else if (failedReads.onRefused(location, read.hash, read.fingerprint, reason, isByDevice)) {
            giveUp(read, location, reason + "; for " + TimeUnit.NANOSECONDS.toSeconds(FailedReads.GIVE_UP_NS) + " s");
            return;
        }
        if (isFirst && failedReads.size() > 0) {
            notices.accept("a session can't be read now; it is kept and tried again: reason=" + reason);
        }
        read.target.onReadFailed(location, read.length, read.hash, read.fingerprint);
    }

    private void giveUp(PendingRead read, long location, String reason) {
        int entry = index.find(read.hash, read.fingerprint);
        if (entry != SessionIndex.NONE && index.logLocation(entry) == location) {
            if (lostCount < MAX_LOSSES_TOLD) {
                notices.accept("session lost: its record on disk can't be read: " + Location.text(location) + " reason="
                        + reason);
            }
            lose(entry);
        }
        read.target.onReadFailed(location, read.length, read.hash, read.fingerprint);
    }

    @Override
    public void onDurable(long position) {
        written.onWritten(position);
        events.onDurable(position);
    }

    @Override
    public void onFailed(String reason) {
        events.onFailed(reason);
    }

    @Override
    public void onFull(String reason) {
        events.onRoomChanged();
    }

    @Override
    public void onRoom() {
        events.onRoomChanged();
    }

    @Override
    public boolean isHeld(RecordHint key) {
        return index.find(key.keyHash64(), key.fingerprint()) != SessionIndex.NONE;
    }

    @Override
    public boolean isNeeded(RecordKind kind, long location, RecordHint key) {
        int entry = index.find(key.keyHash64(), key.fingerprint());
        if (entry == SessionIndex.NONE) {
            return false;
        }
        return location == (kind == RecordKind.TOUCH ? index.touchLocation(entry) : index.logLocation(entry));
    }

    @Override
    public void onMove(RecordKind kind, long location, RecordHint key, DirectBuffer content, int offset, int length) {
        int entry = index.find(key.keyHash64(), key.fingerprint());
        if (kind == RecordKind.TOUCH) {
            hint.set(key);
            long moved = log.appendCopy(kind, hint, content, offset, length);
            written.onAppended(moved);
            index.touchLocation(entry, moved);
            return;
        }
        if (!isKeeping && index.isResident(entry) && !log.isFull()) {
            // Memory has it, and until it leaves it may change or end: no need to write it now.
            index.logLocation(entry, Location.NULL, 0);
            return;
        }
        // The copy takes the last access along, so the touch beside it is not needed any more.
        hint.set(
                key.keyHash64(),
                key.fingerprint(),
                key.version(),
                index.lastAccessedTimeMs(entry),
                index.maxInactiveIntervalSec(entry),
                key.contentHash());
        long moved = log.appendCopy(kind, hint, content, offset, length);
        written.onAppended(moved);
        index.logLocation(entry, moved, key.contentHash());
        index.touchLocation(entry, Location.NULL);
    }

    @Override
    public void onLost(int segment, int fromOffset, int toOffset) {
        long from = Location.of(segment, fromOffset);
        long to = Location.of(segment, toOffset);
        for (int entry = index.size() - 1; entry >= 0; entry--) {
            long location = index.logLocation(entry);
            if (location >= from && location < to) {
                lose(entry);
            }
        }
        notices.accept("sessions lost: a damaged place of the disk can't be read: segment=" + segment + " from="
                + fromOffset + " to=" + toOffset + " lostSinceStart=" + lostCount);
    }

    /** Gives up what an earlier run left under a key whose last version can't be read. */
    void loseSuspects() {
        for (int entry = index.size() - 1; entry >= 0; entry--) {
            if (index.isSuspect(entry)) {
                lose(entry);
            }
        }
    }

    /** A resident session is not lost with its copy in the log: it goes there again. Any other is gone, and the log must know. */
    private void lose(int entry) {
        if (index.isResident(entry)) {
            log.release(index.logLocation(entry), index.length(entry));
            index.logLocation(entry, Location.NULL, 0);
            if (isKeeping && !spill(entry)) {
                owed.addRecord(index, entry);
            }
            return;
        }
        lostCount++;
        if (isKeeping && appendRemoval(entry) < 0) {
            owed.addRemoval(index, entry);
        }
        release(entry);
        index.remove(entry);
    }
}
