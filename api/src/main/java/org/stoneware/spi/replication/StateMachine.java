package org.stoneware.spi.replication;

import org.agrona.DirectBuffer;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * Deterministic state fed by a log. It never knows what replicates that log.
 * <p>
 * <b>Threading:</b> the agent thread of its shard.
 * <p>
 * <b>Determinism:</b> no clock, no random source, no input or output, no iteration in hash order. Applying an index twice changes
 * nothing the second time.
 */
@ConsumerType
public interface StateMachine {
    /**
     * Applies one entry; entries come in index order, the same bytes, epoch and log time on every replica.
     * <p>
     * <b>Ownership:</b> {@code entry} is a view valid until this call returns.
     * <p>
     * <b>Limits:</b> less than a millisecond of work.
     *
     * @param logTimeMs log time set by the active; never goes back.
     * @param out       takes the outcome; ignored on replicas that answer nobody.
     */
    void apply(long index, long epoch, long logTimeMs, DirectBuffer entry, int offset, int length, ResultSink out);

    /** Index of the last entry applied; 0 before the first. */
    long lastApplied();

    /**
     * Last entry this replica would still hold after an end of its process, as far as its store promises that: nothing after it is
     * acknowledged. {@link #lastApplied} where the store promises nothing.
     */
    default long durableIndex() {
        return lastApplied();
    }

    /** True when the store takes no changes any more: what is not durable by now never will be, and is never acknowledged. */
    default boolean isReadOnly() {
        return false;
    }

    /** Takes the outcome of an entry. */
    interface ResultSink {
        /** @param result view valid until this call returns. */
        void onResult(DirectBuffer result, int offset, int length);
    }
}
