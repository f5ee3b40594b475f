package org.stoneware.server.agent;

import java.net.InetSocketAddress;
import java.util.function.LongSupplier;
import org.agrona.DirectBuffer;
import org.stoneware.server.membership.PeerLinks;
import org.stoneware.spi.liveness.Heartbeat;
import org.stoneware.spi.liveness.HelloReply;
import org.stoneware.spi.liveness.LivenessLink;
import org.stoneware.spi.liveness.LivenessListener;

/**
 * Brings what happens on a connection this server makes to another member of the array to membership.
 * <p>
 * <b>Threading:</b> the agent thread.
 */
final class MemberLink implements LivenessListener {
    private final PeerLinks peers;
    private final int memberId;
    private final LongSupplier wallClock;

    MemberLink(PeerLinks peers, int memberId, LongSupplier wallClock) {
        this.peers = peers;
        this.memberId = memberId;
        this.wallClock = wallClock;
    }

    @Override
    public void onConnected(LivenessLink link) {
        peers.onConnected(memberId, link);
    }

    @Override
    public void onConnectFailed(InetSocketAddress address, ConnectFailure failure, String reason) {
        peers.onConnectFailed(memberId, failure, reason);
    }

    @Override
    public void onReply(LivenessLink link, HelloReply reply) {
        peers.onReply(memberId, link, reply, wallClock.getAsLong());
    }

    @Override
    public void onHeartbeat(LivenessLink link, Heartbeat heartbeat) {
        peers.onHeartbeat(link, heartbeat, wallClock.getAsLong());
    }

    @Override
    public void onMessage(LivenessLink link, DirectBuffer buffer, int offset, int length) {
        peers.onMessage(link, buffer, offset, length, wallClock.getAsLong());
    }

    @Override
    public void onSilence(LivenessLink link, long silentNs) {
        peers.onSilence(link, silentNs);
    }

    @Override
    public void onClosed(LivenessLink link, CloseCause cause, String reason) {
        peers.onClosed(link, cause, reason);
    }
}
