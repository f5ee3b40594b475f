package org.stoneware.server.request;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.collections.Long2ObjectHashMap;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.session.SessionKey;
import org.stoneware.server.latency.LatencyHistogram;
import org.stoneware.server.replication.ActiveReplicator;
import org.stoneware.server.replication.Standbys;
import org.stoneware.server.session.GrownBuffer;
import org.stoneware.server.session.LogClock;
import org.stoneware.server.session.SessionStateMachine;
import org.stoneware.spi.replication.Replicator;
import org.stoneware.wire.session.WriteStatus;

/**
 * Entries on their way to the in-sync servers: what is to happen when they are committed, and which sessions they change. What such an
 * entry led to is visible in the store at once, but nobody may be told of it before it is committed: see {@link #isSettled}.
 * <p>
 * <b>Threading:</b> the agent thread.
 */
final class Proposals {
    /** Entries are encoded here before they are proposed; another one may be here after each. */
    ExpandableArrayBuffer entry = new ExpandableArrayBuffer(4096);

    private final SessionStateMachine stateMachine;
    private final Replicator replicator;
    private final long inheritedIndex;
    private final Long2ObjectHashMap<Pending> pending = new Long2ObjectHashMap<>();
    private final Map<SessionKey, Integer> unsettled = new HashMap<>();
    /** Entries whose commit could not be told, since the store failed under them; in their order. */
    private final List<Pending> doubtful = new ArrayList<>();

    private long doubtfulUpTo;
    private int decisions;
    private final LatencyHistogram latency;
    private long lastCorrelationId;
    private long nowNs;

    // What the state machine said of the entry proposed last.
    private WriteStatus appliedStatus = WriteStatus.COMMITTED;
    private long appliedVersion;

    /** What happens when an entry is committed. */
    interface Action {
        Action NONE = (status, version) -> {};

        void onCommitted(WriteStatus status, long version);
    }

    /** An entry on its way, with what applying it here has led to. */
    private record Pending(
            Action action,
            WriteStatus status,
            long version,
            @Nullable SessionKey key,
            @Nullable SessionKey other,
            long proposedNs) {}

    /** @param latency counts the time from each entry to its commit. */
    Proposals(
            long epoch,
            SessionStateMachine stateMachine,
            LogClock clock,
            @Nullable Standbys standbys,
            LatencyHistogram latency) {
        this.latency = latency;
        this.stateMachine = stateMachine;
        this.inheritedIndex = stateMachine.lastApplied();
        this.replicator = new ActiveReplicator(epoch, stateMachine, this::onResult, new Commits(), clock, standbys);
    }

    /**
     * Proposes the first bytes of {@link #entry}; commits are reported later, from {@link #doWork}.
     *
     * @param key   session the entry changes, or null.
     * @param other second session the entry changes, or null.
     * @return index of the entry, or {@link Replicator#BACK_PRESSURED}: nothing has happened then.
     */
    long propose(int length, @Nullable SessionKey key, @Nullable SessionKey other, Action action, long nowNs) {
        long correlationId = ++lastCorrelationId;
        long index = replicator.propose(entry, 0, length, correlationId, nowNs);
        if (index > 0) {
            pending.put(correlationId, new Pending(action, appliedStatus, appliedVersion, key, other, nowNs));
            begin(key);
            begin(other);
        }
        if (index != Replicator.BACK_PRESSURED) {
            // Else the same is encoded again soon.
            entry = GrownBuffer.afterUse(entry);
        }
        return index;
    }

    private void begin(@Nullable SessionKey key) {
        if (key != null) {
            unsettled.merge(key, 1, Integer::sum);
        }
    }

    private void end(@Nullable SessionKey key) {
        if (key != null) {
            unsettled.computeIfPresent(key, (k, count) -> count == 1 ? null : count - 1);
        }
    }

    /**
     * True when what the store shows of a session is committed: every entry of earlier epochs, and every entry of this one that
     * changed it. A last access moved by a touch does not count.
     */
    boolean isSettled(SessionKey key) {
        return replicator.commitIndex() >= inheritedIndex && !unsettled.containsKey(key);
    }

    /** Entries that wait for their commit. */
    int size() {
        return pending.size();
    }

    /** True when no entry waits for its commit. */
    boolean isEmpty() {
        return pending.isEmpty();
    }

    boolean canServeReads(long nowNs) {
        return replicator.canServeReads(nowNs);
    }

    long commitIndex() {
        return replicator.commitIndex();
    }

    /** Reports commits. */
    int doWork(long nowNs) {
        this.nowNs = nowNs;
        int work = replicator.doWork(nowNs);
        return doubtful.isEmpty() ? work : work + decide();
    }

    /** How often sessions that had been in doubt were settled after all. */
    int decisions() {
        return decisions;
    }

    /**
     * What was on its way when the store failed has been applied here, and another store has taken it over with everything else: once that
     * one, and every other server that counts, holds it, it is committed like any other.
     */
    private int decide() {
        if (stateMachine.isReadOnly()
                || stateMachine.durableIndex() < doubtfulUpTo
                || replicator.commitIndex() < doubtfulUpTo) {
            return 0;
        }
        List<Pending> decided = List.copyOf(doubtful);
        doubtful.clear();
        decisions++;
        decided.forEach(this::committed);
        return decided.size();
    }

    private void committed(Pending entry) {
        end(entry.key);
        end(entry.other);
        entry.action.onCommitted(entry.status, entry.version);
    }

    private void onResult(DirectBuffer buffer, int offset, int length) {
        appliedStatus = WriteStatus.ofCode(buffer.getInt(offset, LITTLE_ENDIAN));
        appliedVersion = buffer.getLong(offset + 4, LITTLE_ENDIAN);
    }

    /** Runs what waited for a commit. */
    private final class Commits implements Replicator.CommitListener {
        @Override
        public void onCommitted(long correlationId, long index) {
            @Nullable Pending entry = pending.remove(correlationId);
            if (entry != null) {
                latency.record(nowNs - entry.proposedNs);
                committed(entry);
            }
        }

        @Override
        public void onUnknown(long correlationId) {
            // Its sessions stay unsettled: nobody is told here what the next active decides, or the next store.
            @Nullable Pending unknown = pending.remove(correlationId);
            if (unknown != null) {
                doubtful.add(unknown);
                doubtfulUpTo = stateMachine.lastApplied();
            }
        }
    }
}
