package org.stoneware.server.replication;

import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;
import org.stoneware.server.session.LogClock;
import org.stoneware.spi.replication.Replicator;
import org.stoneware.spi.replication.StateMachine;

/**
 * Numbers entries, applies them here, sends them to every standby and says when every in-sync server has them: this one when its store
 * would still have them after an end of the process, the others when they say so. Without standbys the in-sync set is this server alone,
 * so an entry is committed as soon as it is applied, or durable where the store keeps sessions.
 * <p>
 * Whoever runs the election tells it who is in the in-sync set; it never changes that set itself but asks through
 * {@link ReplicationEvents}. Nor does it find out by itself that its epoch is over: a standby that follows in a higher one acknowledges
 * nothing of this one, so nothing more is committed, and the election ends the role.
 * <p>
 * <b>Threading:</b> the agent thread.
 */
public final class ActiveReplicator implements Replicator {
    /** Entries applied here and not durable yet; with so many the log takes no more. */
    static final int MAX_NOT_DURABLE = 65_536;

    private final long epoch;
    private final StateMachine stateMachine;
    private final ResultHash results;
    private final CommitListener commits;
    private final LogClock clock;
    private final @Nullable Standbys standbys;
    private final PendingCommits unreported = new PendingCommits();

    private long lastIndex;
    private long commitIndex;
    private boolean isReadOnly;
    private long nowNs;

    /** A replicator of a server that is alone. */
    public ActiveReplicator(
            long epoch,
            StateMachine stateMachine,
            StateMachine.ResultSink results,
            CommitListener commits,
            LogClock clock) {
        this(epoch, stateMachine, results, commits, clock, null);
    }

    /**
     * A replicator of a server with standbys.
     *
     * @param standbys made for the same epoch and over the same state machine.
     */
    public ActiveReplicator(
            long epoch,
            StateMachine stateMachine,
            StateMachine.ResultSink results,
            CommitListener commits,
            LogClock clock,
            @Nullable Standbys standbys) {
        this.epoch = epoch;
        this.stateMachine = stateMachine;
        this.results = new ResultHash(results);
        this.commits = commits;
        this.clock = clock;
        this.standbys = standbys;
        this.lastIndex = stateMachine.lastApplied();
        this.commitIndex = standbys == null ? lastIndex : 0;
    }

    @Override
    public long propose(DirectBuffer entry, int offset, int length, long correlationId, long nowNs) {
        Standbys peers = standbys;
        if (peers != null && peers.isWindowFull(length, nowNs)) {
            return BACK_PRESSURED;
        }
        if (lastIndex - durableIndex() >= MAX_NOT_DURABLE) {
            return BACK_PRESSURED;
        }
        long index = ++lastIndex;
        long logTimeMs = clock.logTimeMs(nowNs);
        results.begin();
        stateMachine.apply(index, epoch, logTimeMs, entry, offset, length, results);
        unreported.add(correlationId, index);
        if (peers != null) {
            peers.onApplied(logTimeMs, nowNs, results.value(), entry, offset, length);
        }
        return index;
    }

    /**
     * True while every standby of the in-sync set has given its word not to take over. A server that was stopped for longer than the lease
     * finds this false when it goes on.
     *
     * @param nowNs read from the clock <em>after</em> the request arrived that is to be answered: a time from before a stop says
     *              nothing about what arrived behind it.
     */
    @Override
    public boolean canServeReads(long nowNs) {
        return standbys == null || standbys.holdsLeases(nowNs);
    }

    @Override
    public long commitIndex() {
        return commitIndex;
    }

    @Override
    public int doWork(long nowNs) {
        this.nowNs = nowNs;
        Standbys peers = standbys;
        int work = 0;
        if (peers != null) {
            work += peers.doWork(nowNs, clock.logTimeMs(nowNs), this);
        }
        if (stateMachine.isReadOnly() != isReadOnly) {
            // Whatever is on its way is given up first: its Tomcats ask the next active. Another store ends it, and
            // counts as any does.
            isReadOnly = !isReadOnly;
            work += isReadOnly ? reportUnknown() : 0;
        }
        return work + reportCommits(peers);
    }

    private int reportCommits(@Nullable Standbys peers) {
        int reported = 0;
        advance(peers);
        while (!unreported.isEmpty() && unreported.firstIndex() <= commitIndex) {
            long index = unreported.firstIndex();
            commits.onCommitted(unreported.removeFirst(), index);
            reported++;
            // What the listener proposed may be committed already; what it did to the standbys counts at once.
            advance(peers);
        }
        return reported;
    }

    /** The force here and the way to the standbys go on at the same time; the later one counts. */
    private void advance(@Nullable Standbys peers) {
        long durable = durableIndex();
        if (peers != null && !isReadOnly) {
            peers.onDurable(durable, nowNs);
        }
        long held = peers == null ? durable : peers.heldByAll(durable);
        if (held > commitIndex) {
            commitIndex = held;
            if (peers != null) {
                peers.onCommitted(commitIndex);
            }
        }
    }

    /** A store that has failed makes nothing durable; what changes no session goes on without it. */
    private long durableIndex() {
        return isReadOnly ? lastIndex : stateMachine.durableIndex();
    }

    private int reportUnknown() {
        int reported = 0;
        while (!unreported.isEmpty()) {
            commits.onUnknown(unreported.removeFirst());
            reported++;
        }
        return reported;
    }
}
