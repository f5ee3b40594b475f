package org.stoneware.server.replication;

import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.server.session.HeapShares;
import org.stoneware.spi.storage.LoadResult;
import org.stoneware.spi.storage.SessionStore;
import org.stoneware.spi.storage.StoreResult;
import org.stoneware.wire.replication.RecordKind;

/**
 * Takes in a copy of the state beside the generation in use. A session is taken only if it is newer than what is here; a removal
 * is remembered, because a snapshot may still show what was removed. What the store can't take at once waits here, and so
 * do the entries behind the end of the copy.
 * <p>
 * <b>Threading:</b> the agent thread.
 * <p>
 * <b>Limits:</b> what of the copy waits for the store, the entries behind its end, and the removals remembered have each their {@link
 * HeapShares share of the heap}; one session or removal may always wait. The oldest removals are forgotten beyond their share, see ADR 0270.
 * <p>
 * <b>Failure:</b> whatever does not fit throws {@link InstallException}; the copy is given up, and nobody has seen it.
 */
final class ShadowInstall {
    /** What one part of the copy that waits takes beside its content. */
    static final int BYTES_PER_WAITING = 128;

    /** Nobody waits for the load. */
    private static final long LOAD_TICKET = 0;

    private final long snapshotId;
    private final Generation shadow;
    private final SessionStore store;
    /** Index of each removal, the latest last. */
    private final Map<SessionKey, Long> tombstones = new LinkedHashMap<>();

    private final SessionRecord offered = new SessionRecord();
    private final SessionRecord held = new SessionRecord();
    private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();
    private final HeapShares shares;
    private final ReceivedEntries early;
    private long waitingBytes;
    private long forgottenRemovals;
    private @Nullable End end;
    private boolean isComplete;

    private record Waiting(long index, RecordKind kind, UnsafeBuffer content) {}

    /** What the active said at the end of the copy. */
    record End(long lastIndex, long lastEpoch, long logTimeMs, long sessions) {}

    /** A copy can't be completed. */
    static class InstallException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        InstallException(String message) {
            super(message);
        }
    }

    /** The store has no room for the copy. */
    static final class FullException extends InstallException {
        private static final long serialVersionUID = 1L;

        FullException(String message) {
            super(message);
        }
    }

    /** The store takes the copy in more slowly than it comes. */
    static final class BehindException extends InstallException {
        private static final long serialVersionUID = 1L;

        BehindException(String message) {
            super(message);
        }
    }

    ShadowInstall(long snapshotId, Generation shadow, HeapShares shares) {
        this.shares = shares;
        this.early = new ReceivedEntries(shares.receivedBytes());
        this.snapshotId = snapshotId;
        this.shadow = shadow;
        this.store = shadow.state().store();
    }

    /** Sessions taken in so far. */
    long sessions() {
        return store.figures().sessions();
    }

    Generation shadow() {
        return shadow;
    }

    void onRecord(long id, long index, RecordKind kind, DirectBuffer content, int offset, int length) {
        checkId(id);
        check(end == null, "record behind the end: snapshotId=" + id);
        if (kind == RecordKind.STATE_ROW) {
            shadow.state().installRow(content, offset, length);
        } else if (!waiting.isEmpty() || !take(index, kind, content, offset, length)) {
            if (!waiting.isEmpty() && waitingBytes + BYTES_PER_WAITING + length > shares.copyBytes()) {
                throw new BehindException("the store takes the copy more slowly than it comes: waiting="
                        + waiting.size() + " waitingBytes=" + waitingBytes);
            }
            UnsafeBuffer copy = new UnsafeBuffer(new byte[length]);
            copy.putBytes(0, content, offset, length);
            waiting.addLast(new Waiting(index, kind, copy));
            waitingBytes += BYTES_PER_WAITING + length;
        }
    }

    /** Everything has been sent. */
    void onEnd(long id, End said) {
        checkId(id);
        check(end == null, "copy ends twice: snapshotId=" + id);
        end = said;
        completeWhenTaken(said);
    }

    /** True when the active has said everything; entries that follow are kept. */
    boolean isEnded() {
        return end != null;
    }

    /** Keeps an entry behind the end; false when there is no room, or it does not follow. */
    boolean onEntry(
            long index,
            long entryEpoch,
            long commitIndex,
            long logTimeMs,
            long outcome,
            long sentNs,
            DirectBuffer content,
            int offset,
            int length) {
        return index == early.lastIndex(index - 1) + 1
                && early.addEntry(index, entryEpoch, commitIndex, logTimeMs, outcome, sentNs, content, offset, length);
    }

    /** Gives the next entry kept to the log that goes on after the copy; false when there is none. */
    boolean giveNext(FollowedLog log) {
        ReceivedEntries.Waiting next = early.first();
        if (next == null) {
            return false;
        }
        early.removeFirst();
        log.take(next);
        return true;
    }

    /**
     * Lets the store work, and gives it what waits.
     *
     * @return amount of work done.
     */
    int doWork(long nowNs) {
        int work = store.doWork(nowNs);
        Waiting next;
        while ((next = waiting.peekFirst()) != null
                && take(next.index, next.kind, next.content, 0, next.content.capacity())) {
            waiting.removeFirst();
            waitingBytes -= BYTES_PER_WAITING + next.content.capacity();
            work++;
        }
        End said = end;
        if (said != null) {
            completeWhenTaken(said);
        }
        return work;
    }

    private boolean take(long index, RecordKind kind, DirectBuffer content, int offset, int length) {
        return kind == RecordKind.SESSION
                ? takeSession(content, offset, length)
                : takeRemoval(index, SessionKey.decode(content, offset, length));
    }

    /** False: the store can't take it now. */
    private boolean takeSession(DirectBuffer content, int offset, int length) {
        @Nullable String problem = SessionRecord.problem(content, offset, length);
        check(problem == null, "malformed record: problem=" + problem);
        offered.wrap(content, offset);
        SessionKey key = offered.key();
        Long tombstone = tombstones.get(key);
        if (tombstone != null && offered.lastIndex() <= tombstone) {
            return true;
        }
        LoadResult found = store.load(key, LOAD_TICKET);
        if (found == LoadResult.LOADING || found == LoadResult.BUSY) {
            return false;
        }
        if (store.read(key, held) && held.lastIndex() > offered.lastIndex()) {
            // An older record may be of another session that had this id, so its last access says nothing.
            return true;
        }
        StoreResult result = store.put(offered);
        if (result == StoreResult.STALE) {
            // The same change: a touch moves the last access only, and never back.
            result = store.touch(key, offered.lastAccessedTimeMs());
        }
        if (result == StoreResult.FULL) {
            throw new FullException("store is full: key=" + key);
        }
        check(
                result == StoreResult.STORED || result == StoreResult.NOT_RESIDENT,
                "store refused: key=" + key + " result=" + result);
        return result == StoreResult.STORED;
    }

    private boolean takeRemoval(long index, SessionKey key) {
        StoreResult result = store.remove(key);
        if (result == StoreResult.NOT_RESIDENT) {
            return false;
        }
        check(result == StoreResult.STORED || result == StoreResult.ABSENT, "store refused: result=" + result);
        remember(key, index);
        return true;
    }

    private void remember(SessionKey key, long index) {
        tombstones.remove(key);
        tombstones.put(key, index);
        if (tombstones.size() > shares.removedSessions()) {
            // A snapshot shows what was removed long ago only where a store lets it, and then the copy has a session
            // too many at its end.
            Iterator<SessionKey> oldest = tombstones.keySet().iterator();
            oldest.next();
            oldest.remove();
            forgottenRemovals++;
        }
    }

    /** Ends the copy when everything has been sent and taken. */
    private void completeWhenTaken(End said) {
        if (isComplete || !waiting.isEmpty()) {
            return;
        }
        long heldSessions = store.figures().sessions();
        check(
                heldSessions == said.sessions,
                "copy is not whole: sessions=" + heldSessions + " expected=" + said.sessions + " forgottenRemovals="
                        + forgottenRemovals);
        shadow.state().completeInstall(said.lastIndex, said.logTimeMs);
        isComplete = true;
    }

    /** What the active said at the end of the copy, once nothing of it is missing; null before. */
    @Nullable
    End completed() {
        return isComplete ? end : null;
    }

    private void checkId(long id) {
        check(id == snapshotId, "frame of another snapshot: snapshotId=" + id + " expected=" + snapshotId);
    }

    private static void check(boolean isTrue, String otherwise) {
        if (!isTrue) {
            throw new InstallException(otherwise);
        }
    }
}
