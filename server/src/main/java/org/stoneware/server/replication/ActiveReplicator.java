package org.stoneware.server.replication;

import org.agrona.DirectBuffer;
import org.agrona.collections.LongArrayList;
import org.stoneware.server.session.LogClock;
import org.stoneware.spi.replication.Replicator;
import org.stoneware.spi.replication.StateMachine;

/**
 * Numbers entries, applies them here and says when every in-sync server has them. In this version the in-sync set is this server
 * alone, so an entry is committed as soon as it is applied.
 * <p>
 * <b>Threading:</b> the agent thread.
 */
public final class ActiveReplicator implements Replicator {
    private final long epoch;
    private final StateMachine stateMachine;
    private final StateMachine.ResultSink results;
    private final CommitListener commits;
    private final LogClock clock;
    /** Pairs of correlation id and index, applied here and not reported yet. */
    private final LongArrayList unreported = new LongArrayList();

    private long lastIndex;
    private long commitIndex;

    public ActiveReplicator(
            long epoch,
            StateMachine stateMachine,
            StateMachine.ResultSink results,
            CommitListener commits,
            LogClock clock) {
        this.epoch = epoch;
        this.stateMachine = stateMachine;
        this.results = results;
        this.commits = commits;
        this.clock = clock;
        this.lastIndex = stateMachine.lastApplied();
        this.commitIndex = lastIndex;
    }

    @Override
    public long propose(DirectBuffer entry, int offset, int length, long correlationId, long nowNs) {
        long index = ++lastIndex;
        stateMachine.apply(index, epoch, clock.logTimeMs(nowNs), entry, offset, length, results);
        unreported.addLong(correlationId);
        unreported.addLong(index);
        return index;
    }

    @Override
    public boolean canServeReads(long nowNs) {
        return true;
    }

    @Override
    public long commitIndex() {
        return commitIndex;
    }

    @Override
    public int doWork(long nowNs) {
        commitIndex = lastIndex;
        int reported = 0;
        while (reported * 2 < unreported.size()) {
            long correlationId = unreported.getLong(reported * 2);
            long index = unreported.getLong(reported * 2 + 1);
            reported++;
            commits.onCommitted(correlationId, index);
        }
        unreported.clear();
        return reported;
    }
}
