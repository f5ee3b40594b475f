package org.stoneware.server.replication;

import org.agrona.DirectBuffer;

/**
 * Outgoing end of one replication connection. Frames arrive complete and in order, or the connection is lost.
 * <p>
 * <b>Threading:</b> the agent thread.
 */
public interface FrameOutput {
    /**
     * Sends one frame, or nothing.
     * <p>
     * <b>Ownership:</b> {@code frame} is a view valid until this call returns.
     *
     * @return false when there is no room now; the caller tries again on a later duty cycle.
     */
    boolean send(DirectBuffer frame, int offset, int length);

    /** Gives the connection up: what came over it can't be trusted. Nobody is called back. */
    void close(String reason);
}
