package org.stoneware.spi.replication;

import org.agrona.DirectBuffer;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * Puts entries into the log and says when every in-sync server has them.
 * <p>
 * <b>Threading:</b> the agent thread of its shard.
 * <p>
 * Promises: entries are applied in index order everywhere; a committed entry survives every failure the mode covers; at most one
 * replica is activated per epoch; epochs rise; after a deposition nothing of that epoch is reported committed that was not before.
 */
@ConsumerType
public interface Replicator {
    /** Outcome of {@link #propose}: too much is unacknowledged; try again on a later duty cycle. */
    long BACK_PRESSURED = -2;

    /**
     * Appends an entry. Active only.
     * <p>
     * <b>Ownership:</b> {@code entry} is a view valid until this call returns.
     *
     * @param correlationId given back in {@link CommitListener#onCommitted} once every in-sync server has the entry.
     * @return the index, or {@link #BACK_PRESSURED}.
     */
    long propose(DirectBuffer entry, int offset, int length, long correlationId, long nowNs);

    /** True while a read of local state can't miss a write acknowledged elsewhere. */
    boolean canServeReads(long nowNs);

    /** Index up to which every in-sync server holds the log. */
    long commitIndex();

    /**
     * Progresses replication.
     *
     * @return amount of work done; 0 when idle.
     */
    int doWork(long nowNs);

    /** Hears of commits, on the agent thread. */
    interface CommitListener {
        void onCommitted(long correlationId, long index);

        /** The entry may or may not survive; its client must ask again. */
        void onUnknown(long correlationId);
    }
}
