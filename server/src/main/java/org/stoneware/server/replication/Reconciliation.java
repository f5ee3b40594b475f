package org.stoneware.server.replication;

import org.agrona.DirectBuffer;
import org.stoneware.spi.replication.Replicator;
import org.stoneware.wire.replication.Divergence;
import org.stoneware.wire.session.WireException;

/**
 * The active's side of a reconciliation over one connection: sends the lineage, takes what the other server tells, acknowledges what is
 * decided, and says the result once all of it is committed. The copy begins only then.
 * <p>
 * <b>Threading:</b> the agent thread.
 */
final class Reconciliation {
    private static final long NOT_SAID = -1;

    private final ReplicatedState state;
    private final StandbyStream stream;
    private final SessionAdoption adoption;
    private boolean isLineageSent;
    private long acknowledged;
    private long total = NOT_SAID;
    private long discarded;
    private boolean isOver;

    Reconciliation(ReplicatedState state, StandbyStream stream, ReplicationEvents events) {
        this.state = state;
        this.stream = stream;
        this.adoption = new SessionAdoption(state, events);
    }

    void onDiverged(Divergence divergence, DirectBuffer content, int offset, int length, long logTimeMs, long nowNs) {
        if (!isLineageSent || total != NOT_SAID) {
            throw new WireException("divergence out of turn: number=" + divergence.number() + " total=" + total);
        }
        adoption.onDiverged(divergence, content, offset, length, logTimeMs, nowNs);
    }

    void onEnd(long number, long discardedThere) {
        if (!isLineageSent || total != NOT_SAID) {
            throw new WireException("end of divergences out of turn: number=" + number + " total=" + total);
        }
        total = number;
        discarded = discardedThere;
    }

    boolean isOver() {
        return isOver;
    }

    ReconcileResult result() {
        return adoption.result(discarded);
    }

    /** @return amount of work done. */
    int doWork(Replicator replicator, long nowNs) {
        if (!isLineageSent) {
            isLineageSent = stream.lineage(state.history());
            return 1;
        }
        int work = adoption.doWork(replicator, nowNs);
        if (adoption.decided() > acknowledged && stream.divergedAck(adoption.decided())) {
            acknowledged = adoption.decided();
        }
        if (total != NOT_SAID && adoption.isSettled(total, replicator.commitIndex()) && stream.reconciled(result())) {
            isOver = true;
            work++;
        }
        return work;
    }
}
