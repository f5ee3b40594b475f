package org.stoneware.spi.transport;

import org.agrona.DirectBuffer;

/** Hears what arrives. Called on the agent thread, inside {@link Transport#poll} or {@link Transport#doWork}. */
public interface FrameListener {
    /**
     * One frame.
     * <p>
     * <b>Ownership:</b> {@code buffer} is a view valid until this call returns; copy what is kept. The listener may claim
     * frames and close connections meanwhile, also this one.
     */
    void onFrame(Connection connection, DirectBuffer buffer, int offset, int length);

    /**
     * A connection not closed by this end is lost: the other end closed, fell silent, or a frame is missing. Called once, from
     * {@link Transport#poll}; the connection is closed already.
     */
    void onConnectionLost(Connection connection, String reason);
}
