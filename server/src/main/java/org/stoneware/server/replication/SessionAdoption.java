package org.stoneware.server.replication;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.spi.replication.Replicator;
import org.stoneware.spi.storage.LoadResult;
import org.stoneware.spi.storage.SessionStore;
import org.stoneware.wire.log.LogEntryPublisher;
import org.stoneware.wire.replication.DivergedKind;
import org.stoneware.wire.replication.Divergence;
import org.stoneware.wire.session.WireException;

/**
 * Decides, on the active, about every session another server changed alone since their logs parted, and makes log entries of what is
 * taken over.
 *
 * <pre>
 *  there      here since the fork                    becomes
 *  changed    not changed, nobody owns it            adopted
 *  changed    changed, ended, or its owner stays     conflict, left as here
 *  changed    as it is there                         nothing: an earlier round took it over
 *  removed    not changed, nobody owns it            removed
 *  removed    changed, or its owner stays            conflict, left as here
 *  used       not used later                         its last access
 * </pre>
 *
 * An owner is asked to release the session and waited for, since what it has read is about to be old.
 * <p>
 * <b>Threading:</b> the agent thread.
 * <p>
 * <b>Limits:</b> the window of {@link DivergedSessions}; an owner is waited for {@link #OWNER_WAIT_NS}; a duty cycle decides about no
 * more than the window.
 */
final class SessionAdoption {
    static final long OWNER_WAIT_NS = TimeUnit.SECONDS.toNanos(1);
    /** Nobody waits for the commit of these entries by name. */
    private static final long CORRELATION_ID = Long.MIN_VALUE;

    private static final long LOAD_TICKET = 0;

    private final ReplicatedState state;
    private final SessionStore store;
    private final ReplicationEvents events;
    private final List<Item> items = new ArrayList<>();
    private final LogEntryPublisher entries = new LogEntryPublisher();
    private final ExpandableArrayBuffer entry = new ExpandableArrayBuffer(4096);
    private final SessionRecord held = new SessionRecord();
    private long received;
    private long lastProposed;
    private long adopted;
    private long conflicts;
    private long removed;
    private long refused;

    /** One session to decide about; its times are this server's. */
    private static final class Item {
        private final Divergence divergence;
        private final SessionKey key;
        private final @Nullable SessionKey origin;
        private final SessionRecord record;
        private final long lastAccessMs;
        private final long sinceNs;

        Item(
                Divergence divergence,
                SessionKey key,
                @Nullable SessionKey origin,
                SessionRecord record,
                long lastAccessMs,
                long sinceNs) {
            this.divergence = divergence;
            this.key = key;
            this.origin = origin;
            this.record = record;
            this.lastAccessMs = lastAccessMs;
            this.sinceNs = sinceNs;
        }
    }

    private enum Verdict {
        DONE,
        /** Something must happen first; others go on. */
        WAITS,
        /** The log takes no entry now. */
        LOG_FULL
    }

    SessionAdoption(ReplicatedState state, ReplicationEvents events) {
        this.state = state;
        this.store = state.store();
        this.events = events;
    }

    /**
     * Takes what is to be decided.
     *
     * @throws WireException when it is out of order, beyond the window, or no session.
     */
    void onDiverged(Divergence divergence, DirectBuffer content, int offset, int length, long logTimeMs, long nowNs) {
        if (divergence.number() != received + 1 || items.size() >= DivergedSessions.WINDOW) {
            throw new WireException("divergence out of turn: number=" + divergence.number() + " received=" + received
                    + " waiting=" + items.size());
        }
        long aheadMs = logTimeMs - divergence.logTimeMs();
        long lastAccessMs = Math.min(logTimeMs, divergence.lastAccessedTimeMs() + aheadMs);
        int originLength = divergence.originLength();
        SessionKey origin = null;
        SessionKey key;
        SessionRecord record = new SessionRecord();
        if (divergence.kind() == DivergedKind.SESSION) {
            origin = originLength == 0 ? null : key(content, offset, originLength);
            record = translated(content, offset + originLength, length - originLength, aheadMs, lastAccessMs);
            key = record.key();
        } else {
            key = key(content, offset, length);
        }
        items.add(new Item(divergence, key, origin, record, lastAccessMs, nowNs));
        received++;
    }

    private static SessionKey key(DirectBuffer content, int offset, int length) {
        try {
            return SessionKey.decode(content, offset, length);
        } catch (IllegalArgumentException e) {
            throw new WireException("malformed divergence: cause=" + e.getMessage());
        }
    }

    private static SessionRecord translated(
            DirectBuffer content, int offset, int length, long aheadMs, long lastAccessMs) {
        @Nullable String problem = SessionRecord.problem(content, offset, length);
        if (problem != null) {
            throw new WireException("malformed divergence: problem=" + problem);
        }
        UnsafeBuffer copy = new UnsafeBuffer(new byte[length]);
        copy.putBytes(0, content, offset, length);
        SessionRecord record = new SessionRecord().wrap(copy, 0);
        SessionRecord.creationTimeMs(copy, 0, Math.min(lastAccessMs, record.creationTimeMs() + aheadMs));
        SessionRecord.lastAccessedTimeMs(copy, 0, lastAccessMs);
        return record;
    }

    /** Everything up to this number has been decided. */
    long decided() {
        return items.isEmpty() ? received : items.get(0).divergence.number() - 1;
    }

    /** True when so many have been decided, and what became of them is committed. */
    boolean isSettled(long number, long commitIndex) {
        return items.isEmpty() && received == number && commitIndex >= lastProposed;
    }

    ReconcileResult result(long discarded) {
        return new ReconcileResult(adopted, conflicts, removed, refused, discarded);
    }

    /** @return amount of work done. */
    int doWork(Replicator replicator, long nowNs) {
        int before = items.size();
        for (int i = 0; i < items.size(); ) {
            Verdict verdict = decide(items.get(i), replicator, nowNs);
            if (verdict == Verdict.LOG_FULL) {
                break;
            }
            if (verdict == Verdict.DONE) {
                items.remove(i);
            } else {
                i++;
            }
        }
        return before - items.size();
    }

    private Verdict decide(Item item, Replicator replicator, long nowNs) {
        LoadResult found = store.load(item.key, LOAD_TICKET);
        if (found == LoadResult.LOADING || found == LoadResult.BUSY) {
            return Verdict.WAITS;
        }
        boolean isHere = store.read(item.key, held);
        return switch (item.divergence.kind()) {
            case SESSION -> isHere ? decideHeld(item, replicator, nowNs) : decideAbsent(item, replicator, nowNs);
            case REMOVED -> isHere ? decideRemoved(item, replicator, nowNs) : Verdict.DONE;
            case TOUCHED -> isHere ? decideTouched(item, replicator, nowNs) : Verdict.DONE;
        };
    }

    private Verdict decideHeld(Item item, Replicator replicator, long nowNs) {
        if (held.hasSameContent(item.record)) {
            return Verdict.DONE;
        }
        if (held.lastIndex() > item.divergence.forkIndex()) {
            return conflict();
        }
        if (!events.freeUp(item.key, nowNs)) {
            return awaitOwner(item, nowNs);
        }
        long lastAccessMs = Math.max(held.lastAccessedTimeMs(), item.lastAccessMs);
        return adopt(item, null, lastAccessMs, replicator, nowNs);
    }

    /** Not here: created there, or ended here since, or it has another key here. */
    private Verdict decideAbsent(Item item, Replicator replicator, long nowNs) {
        long fork = item.divergence.forkIndex();
        EndedSessions ended = state.history().ended();
        SessionKey before = item.origin == null ? item.key : item.origin;
        if (ended.isEndedSince(item.key, fork) || ended.isEndedSince(before, fork)) {
            return conflict();
        }
        if (item.origin != null) {
            LoadResult found = store.load(before, LOAD_TICKET);
            if (found == LoadResult.LOADING || found == LoadResult.BUSY) {
                return Verdict.WAITS;
            }
            if (store.read(before, held)) {
                if (held.lastIndex() > fork) {
                    return conflict();
                }
                if (!events.freeUp(before, nowNs)) {
                    return awaitOwner(item, nowNs);
                }
                long lastAccessMs = Math.max(held.lastAccessedTimeMs(), item.lastAccessMs);
                return adopt(item, before, lastAccessMs, replicator, nowNs);
            }
        }
        if (!item.divergence.isNew() && !ended.isComplete(fork)) {
            // It was here at the fork and is no more; what ended here so long ago is not remembered.
            return conflict();
        }
        return adopt(item, null, item.lastAccessMs, replicator, nowNs);
    }

    private Verdict adopt(
            Item item, @Nullable SessionKey origin, long lastAccessMs, Replicator replicator, long nowNs) {
        SessionRecord.lastAccessedTimeMs((UnsafeBuffer) item.record.buffer(), item.record.offset(), lastAccessMs);
        long index = propose(entries.sessionAdopted(entry, origin, item.record), replicator, nowNs);
        if (index <= 0) {
            return Verdict.LOG_FULL;
        }
        if (store.read(item.key, held) && held.lastIndex() == index) {
            adopted++;
        } else {
            refused++;
        }
        return Verdict.DONE;
    }

    private Verdict decideRemoved(Item item, Replicator replicator, long nowNs) {
        if (held.lastIndex() > item.divergence.forkIndex()) {
            return conflict();
        }
        if (!events.freeUp(item.key, nowNs)) {
            return awaitOwner(item, nowNs);
        }
        if (propose(entries.sessionWithdrawn(entry, item.key), replicator, nowNs) <= 0) {
            return Verdict.LOG_FULL;
        }
        removed++;
        return Verdict.DONE;
    }

    private Verdict decideTouched(Item item, Replicator replicator, long nowNs) {
        if (held.lastAccessedTimeMs() >= item.lastAccessMs) {
            return Verdict.DONE;
        }
        int length = entries.sessionTouched(entry, item.lastAccessMs, item.key);
        return propose(length, replicator, nowNs) > 0 ? Verdict.DONE : Verdict.LOG_FULL;
    }

    private Verdict awaitOwner(Item item, long nowNs) {
        return nowNs - item.sinceNs < OWNER_WAIT_NS ? Verdict.WAITS : conflict();
    }

    private Verdict conflict() {
        conflicts++;
        return Verdict.DONE;
    }

    private long propose(int length, Replicator replicator, long nowNs) {
        long index = replicator.propose(entry, 0, length, CORRELATION_ID, nowNs);
        if (index > 0) {
            lastProposed = index;
        }
        return index;
    }
}
