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

    /**
     * The servers that must hold an entry before it is acknowledged; holds from now until the next call or until the role is lost.
     * Called on the active only: at its activation, as the answer to {@link Election#requestAddPeer}, and when a server was dropped.
     * What the set needs on disk is there, on this server and on those added; in consistency mode a quorum of the voters has accepted
     * it, however long that takes: until then the set told last holds, and an active cut off from its standby acknowledges nothing.
     */
    default void onInSync(InSyncSet inSync) {}

    /**
     * Asks every reachable Tomcat whether it still hears a server. Answers come as {@link Evidence.Kind#WITNESS_ALIVE} and
     * {@link Evidence.Kind#WITNESS_DEAD}, from those that are registered, and as {@link Evidence.Kind#WITNESS_ROLE} from all; late ones
     * count for the newest question about that server.
     */
    default void askWitnesses(int memberId) {}

    /**
     * Sends a message to a voter told by {@link Election#onVoter}. It may be lost; the election sends again.
     * <p>
     * <b>Ownership:</b> {@code buffer} is a view valid until this call returns.
     */
    default void sendToVoter(long idHigh, long idLow, DirectBuffer buffer, int offset, int length) {}
}
