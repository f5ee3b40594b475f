package org.stoneware.spi.election;

import org.agrona.DirectBuffer;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * Decides who is active: a pure state machine, no clock, thread, random source or socket of its own.
 * <p>
 * <b>Threading:</b> the server agent's thread.
 * <p>
 * <b>Order:</b> evidence about one peer comes in the order it happened, and a message after the {@link Evidence.Kind#HELLO} of the
 * process that sent it; messages of a process that has not said hello are ignored. After a stall of this server
 * {@link Evidence.Kind#LOCAL_STALL} comes before anything else with the later time.
 * <p>
 * <b>Failure:</b> an {@link ElectionException} out of any call means that the register can't be written: the role has been given up
 * for good ({@link org.stoneware.api.cluster.ServerRole#FENCED}), and later calls do nothing.
 * <p>
 * Effects go out through the {@link ElectionOutput} given when it was opened, from inside these calls.
 */
@ConsumerType
public interface Election extends AutoCloseable {
    /** Takes in what was learned about a peer. */
    void onEvidence(Evidence evidence, long nowNs);

    /**
     * Takes in a message another server's election sent on an authenticated connection.
     * <p>
     * <b>Ownership:</b> {@code buffer} is a view valid until this call returns.
     * <p>
     * <b>Failure:</b> a message that can't be read is counted and changes nothing.
     */
    void onMessage(int senderId, DirectBuffer buffer, int offset, int length, long nowNs);

    /**
     * Lets time pass.
     *
     * @return amount of work done; 0 when idle.
     */
    int doWork(long nowNs);

    /** Gives up the active role for good, as part of an orderly stop. */
    void onStop(long nowNs);

    ElectionView view();

    /** Messages refused because they could not be read or came from a process that has not said hello. */
    default long refusedMessages() {
        return 0;
    }

    @Override
    void close();
}
