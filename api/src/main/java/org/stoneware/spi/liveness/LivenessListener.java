package org.stoneware.spi.liveness;

import java.net.InetSocketAddress;
import org.agrona.DirectBuffer;
import org.stoneware.api.cluster.ServerRole;

/**
 * Hears what happens on TCP connections.
 * <p>
 * <b>Threading:</b> called on the liveness thread; must not block and hands over to the agent. Buffers are views valid until the
 * call returns.
 */
public interface LivenessListener {
    /** A connection attempt of ours succeeded; send the hello. */
    default void onConnected(LivenessLink link) {}

    /** An attempt of ours failed. */
    default void onConnectFailed(InetSocketAddress address, ConnectFailure failure, String reason) {}

    /** A caller said hello, and proved itself if this process holds the array's key; answer it with {@link LivenessLink#sendReply}. */
    default void onHello(LivenessLink link, Hello hello) {}

    /**
     * The other end answered our hello. With the array's key in this process it has proved itself; one that has not is told as
     * {@link HelloReply.Status#REFUSED} with incarnation and epoch 0, role {@link ServerRole#START} and the reason, and nothing of what it said.
     */
    default void onReply(LivenessLink link, HelloReply reply) {}

    default void onHeartbeat(LivenessLink link, Heartbeat heartbeat) {}

    default void onMessage(LivenessLink link, DirectBuffer buffer, int offset, int length) {}

    /** Nothing has arrived for the silence time; told again for every fifth of it that this goes on. The connection stays open. */
    default void onSilence(LivenessLink link, long silentNs) {}

    /** The connection has ended; told once for every link that was given to this listener. */
    default void onClosed(LivenessLink link, CloseCause cause, String reason) {}

    /** Why an attempt failed. */
    enum ConnectFailure {
        /** The kernel of the other host refused: nothing listens. */
        REFUSED,
        /** No answer in time, or no route. */
        UNREACHABLE,
        /** The name can't be resolved. */
        UNRESOLVED
    }

    /** Why a connection ended. */
    enum CloseCause {
        /** The other end said goodbye. */
        GOODBYE,
        /** The other end's kernel closed or reset it. */
        CLOSED_BY_PEER,
        /** This end closed it. */
        CLOSED_HERE,
        /** What arrived was not the protocol. */
        PROTOCOL_ERROR
    }
}
