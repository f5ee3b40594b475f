package org.stoneware.storage.engine;

import java.util.function.Consumer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.session.RecordStamp;
import org.stoneware.api.session.SessionDelta;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.spi.storage.StoreResult;
import org.stoneware.storage.segments.Location;
import org.stoneware.storage.segments.SegmentLog;
import org.stoneware.storage.slab.Slab;

/**
 * Changes sessions in memory and, where the policy is {@link StorePolicy#KEEP}, in the log: first room is found in memory, then the log
 * takes the change, and only then is anything changed, so that a refusal leaves all as it was.
 */
final class SessionChanges {
    private static final int NONE = SessionIndex.NONE;
    private static final int MAX_KEPT_SCRATCH_LENGTH = 256 * 1024;

    private final boolean isKeeping;
    private final int maxRecordLength;
    private final Consumer<String> notices;
    private final SessionIndex index;
    private final Residency residency;
    private final SessionLog sessionLog;
    private final SegmentLog log;
    private final NoteQueue notes;
    private final RoomNotices room;

    private final SessionRecord held = new SessionRecord();
    private final SessionRecord merged = new SessionRecord();
    private UnsafeBuffer scratch = new UnsafeBuffer(new byte[8 * 1024]);
    private long count;
    private boolean isStalled;

    SessionChanges(
            EngineContext context,
            SessionIndex index,
            Residency residency,
            SessionLog sessionLog,
            NoteQueue notes,
            RoomNotices room) {
        isKeeping = context.policy() == StorePolicy.KEEP;
        maxRecordLength = context.store().maxRecordLength();
        notices = context.store().notices();
        this.index = index;
        this.residency = residency;
        this.sessionLog = sessionLog;
        this.notes = notes;
        this.room = room;
        log = sessionLog.log();
    }

    /** Changes accepted. */
    long count() {
        return count;
    }

    /** A change was accepted. */
    void onAccepted() {
        count++;
        residency.onChanged();
    }

    /** The log has written something, found room, or found out that it can't. */
    void onDiskProgress() {
        isStalled = false;
        residency.onChanged();
    }

    /** Whether a change might be refused at the moment because the disk is behind. */
    boolean mustWait() {
        if (isKeeping) {
            isStalled = isStalled && log.durablePosition() < log.appendPosition();
            return !log.isFailed() && (isStalled || !notes.isEmpty() || sessionLog.isBehind());
        }
        isStalled = isStalled && residency.isMakingRoom();
        return isStalled || !notes.isEmpty();
    }

    StoreResult put(SessionRecord record) {
        StoreResult refusal = refusal();
        if (refusal != null) {
            return refusal;
        }
        int length = record.length();
        long hash = record.keyHash64();
        int entry = index.find(hash, record);
        if (entry == NONE) {
            return insert(hash, record, length);
        }
        if (!index.isResident(entry)) {
            return StoreResult.NOT_RESIDENT;
        }
        index.wrap(held, entry);
        return record.version() > held.version() ? replace(entry, record, length) : StoreResult.STALE;
    }

    StoreResult merge(SessionKey key, SessionDelta delta, RecordStamp stamp, boolean create, long ageMs) {
        StoreResult refusal = refusal();
        if (refusal != null) {
            return refusal;
        }
        int entry = index.find(key);
        if (entry == NONE && !create) {
            return StoreResult.ABSENT;
        }
        if (entry != NONE && !index.isResident(entry)) {
            return StoreResult.NOT_RESIDENT;
        }
        SessionRecord base = entry == NONE ? null : index.wrap(held, entry);
        if (base != null && (create || stamp.version() <= base.version())) {
            return StoreResult.STALE;
        }
        int maxLength = SessionRecord.maxLength(key, base, delta);
        if (maxLength == Integer.MAX_VALUE) {
            return StoreResult.FULL;
        }
        UnsafeBuffer out = scratch(maxLength);
        int length = SessionRecord.write(out, 0, key, base, delta, stamp, stamp.logTimeMs() - ageMs);
        merged.wrap(out, 0);
        return entry == NONE ? insert(key.hash64(), merged, length) : replace(entry, merged, length);
    }

    StoreResult touch(SessionKey key, long lastAccessedTimeMs) {
        StoreResult refusal = refusal();
        if (refusal != null) {
            return refusal;
        }
        int entry = index.find(key);
        if (entry == NONE) {
            return StoreResult.ABSENT;
        }
        if (lastAccessedTimeMs > index.lastAccessedTimeMs(entry)) {
            if (isKeeping) {
                long location = sessionLog.appendTouch(entry, lastAccessedTimeMs);
                if (location < 0) {
                    return refusedMark(location);
                }
                index.touchLocation(entry, location);
            }
            index.touch(entry, lastAccessedTimeMs);
        }
        index.isUsed(entry, true);
        onAccepted();
        return StoreResult.STORED;
    }

    StoreResult remove(SessionKey key) {
        StoreResult refusal = refusal();
        if (refusal != null) {
            return refusal;
        }
        int entry = index.find(key);
        if (entry == NONE) {
            return StoreResult.ABSENT;
        }
        if (isKeeping) {
            long location = sessionLog.appendRemoval(entry);
            if (location < 0) {
                return refusedMark(location);
            }
        }
        sessionLog.release(entry);
        index.remove(entry);
        onAccepted();
        return StoreResult.STORED;
    }

    private StoreResult insert(long hash, SessionRecord record, int length) {
        if (length > maxRecordLength) {
            return StoreResult.FULL;
        }
        long fingerprint = record.keyFingerprint64();
        if (index.find(hash, fingerprint) != NONE) {
            // Two keys that the log could not tell apart: keeping both might one day show one browser the session of
            // another.
            notices.accept("session refused: its key has the hashes of another one: session=" + record.key());
            return StoreResult.FULL;
        }
        int entry = index.size();
        boolean isIndexRoom = residency.ensureIndexRoom(hash);
        if (!isIndexRoom && index.heap().isShort()) {
            // Nothing that leaves memory makes room there.
            return full(length);
        }
        long location = isIndexRoom ? residency.allocate(length, entry) : Slab.NO_ROOM;
        if (location == Slab.NO_ROOM) {
            return noRoom(length);
        }
        long logLocation = Location.NULL;
        long contentHash = 0;
        if (isKeeping) {
            contentHash = record.contentHash();
            logLocation = sessionLog.append(hash, fingerprint, record, contentHash, false);
            if (logLocation < 0) {
                index.slab().free(location);
                return refused(logLocation, length);
            }
        }
        index.add(hash, fingerprint, length, record.lastAccessedTimeMs(), record.maxInactiveIntervalSec());
        index.store(entry, location, record, length);
        index.logLocation(entry, logLocation, contentHash);
        index.isUsed(entry, true);
        onAccepted();
        return StoreResult.STORED;
    }

    private StoreResult replace(int entry, SessionRecord record, int length) {
        int heldLength = index.length(entry);
        if (length > maxRecordLength) {
            return StoreResult.FULL;
        }
        long location = index.slabLocation(entry);
        if (!index.slab().isRightSize(location, length)) {
            residency.pin(entry);
            long moved = residency.allocate(length, entry);
            residency.pin(NONE);
            location = moved != Slab.NO_ROOM ? moved : index.slabLocation(entry);
            if (moved == Slab.NO_ROOM && length > index.slab().slotSize(location)) {
                return noRoom(length);
            }
        }
        long logLocation = Location.NULL;
        long contentHash = 0;
        if (isKeeping) {
            contentHash = record.contentHash();
            logLocation = sessionLog.append(
                    index.hash(entry), index.fingerprint(entry), record, contentHash, length <= heldLength);
            if (logLocation < 0) {
                if (location != index.slabLocation(entry)) {
                    index.slab().free(location);
                }
                return refused(logLocation, length);
            }
        }
        sessionLog.release(entry);
        index.store(entry, location, record, length);
        index.describe(entry, length, record.lastAccessedTimeMs(), record.maxInactiveIntervalSec());
        index.logLocation(entry, logLocation, contentHash);
        index.isUsed(entry, true);
        onAccepted();
        return StoreResult.STORED;
    }

    /** Why no change can be taken at the moment, or null. */
    private @Nullable StoreResult refusal() {
        if (isKeeping && log.isFailed()) {
            return StoreResult.FAILED;
        }
        return notes.isEmpty() ? null : StoreResult.NOT_RESIDENT;
    }

    private StoreResult refused(long logResult, int length) {
        if (logResult == SegmentLog.BACK_PRESSURE) {
            isStalled = true;
            return StoreResult.NOT_RESIDENT;
        }
        return logResult == SegmentLog.FAILED ? StoreResult.FAILED : full(length);
    }

    /** Of a touch or removal, which is never refused for lack of room but waits until the log has made some. */
    private StoreResult refusedMark(long logResult) {
        if (logResult == SegmentLog.BACK_PRESSURE) {
            isStalled = true;
        }
        return logResult == SegmentLog.FAILED ? StoreResult.FAILED : StoreResult.NOT_RESIDENT;
    }

    private StoreResult noRoom(int length) {
        if (residency.isMakingRoom()) {
            isStalled = true;
            return StoreResult.NOT_RESIDENT;
        }
        return residency.isSearching() ? StoreResult.NOT_RESIDENT : full(length);
    }

    private StoreResult full(int length) {
        room.onRefused(length, index.size());
        return StoreResult.FULL;
    }

    private UnsafeBuffer scratch(int length) {
        if (length <= scratch.capacity()) {
            return scratch;
        }
        UnsafeBuffer grown = new UnsafeBuffer(new byte[length]);
        if (length <= MAX_KEPT_SCRATCH_LENGTH) {
            scratch = grown;
        }
        return grown;
    }
}
