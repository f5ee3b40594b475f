package org.stoneware.spi.election;

import org.agrona.DirectBuffer;

/** Takes the effects of an election, on the agent thread. */
public interface ElectionOutput {
    /**
     * Sends a message to the election of another server. It may be lost; the election sends again.
     * <p>
     * <b>Ownership:</b> {@code buffer} is a view valid until this call returns.
     */
    void send(int memberId, DirectBuffer buffer, int offset, int length);

    /** The view has changed: role, epoch, active or reason. Called after what led to it has been forced to disk; a role given up is told before. */
    void onView(ElectionView before, ElectionView now);
}
