package org.stoneware.server.agent;

import java.net.InetSocketAddress;
import java.util.function.LongSupplier;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;
import org.stoneware.server.membership.PeerLinks;
import org.stoneware.server.membership.ReplicationLinks;
import org.stoneware.server.membership.VoterLinks;
import org.stoneware.spi.liveness.Heartbeat;
import org.stoneware.spi.liveness.Hello;
import org.stoneware.spi.liveness.HelloReply;
import org.stoneware.spi.liveness.LivenessLink;
import org.stoneware.spi.liveness.LivenessListener;

/**
 * The servers' side of a server: brings what happens on TCP connections with other servers to membership and replication.
 * <p>
 * <b>Threading:</b> the agent thread.
 */
final class GroupDoor implements LivenessListener {
    static final int HEARTBEAT_MS = 50;
    static final int SILENCE_MS = 500;
    /** A voter is asked, and counts while it answers; its heartbeats only keep the link. */
    private static final int VOTER_HEARTBEAT_MS = 1_000;

    private static final int VOTER_SILENCE_MS = 5_000;

    private final PeerLinks peers;
    private final ReplicationLinks replication;
    private final VoterLinks voters;
    private final Reply replies;
    private final EventLog events;
    private final LongSupplier wallClock;
    private String lastRefusal = "";

    /** Makes answers to hellos. */
    interface Reply {
        HelloReply of(HelloReply.Status status, String reason, int heartbeatMs, int silenceMs);
    }

    GroupDoor(
            PeerLinks peers,
            ReplicationLinks replication,
            VoterLinks voters,
            Reply replies,
            EventLog events,
            LongSupplier wallClock) {
        this.voters = voters;
        this.peers = peers;
        this.replication = replication;
        this.replies = replies;
        this.events = events;
        this.wallClock = wallClock;
    }

    @Override
    public void onHello(LivenessLink link, Hello hello) {
        if (hello.kind() == Hello.Kind.PROBE) {
            link.sendReply(replies.of(HelloReply.Status.ACCEPTED, "", HEARTBEAT_MS, SILENCE_MS));
            return;
        }
        if (hello.kind() == Hello.Kind.VOTER && hello.protocolVersion() == Hello.PROTOCOL_VERSION) {
            voters.onAccepted(link, hello);
            link.sendReply(replies.of(HelloReply.Status.ACCEPTED, "", VOTER_HEARTBEAT_MS, VOTER_SILENCE_MS));
            return;
        }
        if (ReplicationLinks.isReplication(hello)) {
            replication.onHello(link, hello);
            return;
        }
        @Nullable
        String refusal = hello.kind() != Hello.Kind.SERVER
                ? "this port is for servers; Tomcats use the dso-port"
                : hello.protocolVersion() != Hello.PROTOCOL_VERSION
                        ? "protocol version " + hello.protocolVersion() + " is not spoken here"
                        : peers.onHello(link, hello);
        if (refusal == null) {
            link.sendReply(replies.of(HelloReply.Status.ACCEPTED, "", HEARTBEAT_MS, SILENCE_MS));
            return;
        }
        if (!refusal.equals(lastRefusal)) {
            lastRefusal = refusal;
            events.warning("peer-refused", "refused " + hello.name() + ": " + refusal);
        }
        link.sendReply(replies.of(HelloReply.Status.REFUSED, refusal, HEARTBEAT_MS, SILENCE_MS));
    }

    @Override
    public void onHeartbeat(LivenessLink link, Heartbeat heartbeat) {
        peers.onHeartbeat(link, heartbeat, wallClock.getAsLong());
    }

    @Override
    public void onMessage(LivenessLink link, DirectBuffer buffer, int offset, int length) {
        if (voters.has(link)) {
            voters.onMessage(link, buffer, offset, length);
            return;
        }
        peers.onMessage(link, buffer, offset, length, wallClock.getAsLong());
    }

    @Override
    public void onSilence(LivenessLink link, long silentNs) {
        if (voters.has(link)) {
            link.close();
            return;
        }
        peers.onSilence(link, silentNs);
        if (peers.memberOf(link) < 0) {
            link.close();
        }
    }

    @Override
    public void onClosed(LivenessLink link, CloseCause cause, String reason) {
        peers.onClosed(link, cause, reason);
        replication.onClosed(link);
        voters.onClosed(link);
    }

    /** Hears of one attempt to reach another server as a member of the array. */
    LivenessListener member(int memberId) {
        return new MemberLink(peers, memberId, wallClock);
    }

    /** Hears of one attempt to reach the active for replication. */
    LivenessListener replication(int memberId) {
        return new ReplicationLink(memberId);
    }

    private final class ReplicationLink implements LivenessListener {
        private final int memberId;

        ReplicationLink(int memberId) {
            this.memberId = memberId;
        }

        @Override
        public void onConnected(LivenessLink link) {
            replication.onDialled(memberId, link);
        }

        @Override
        public void onConnectFailed(InetSocketAddress address, ConnectFailure failure, String reason) {
            replication.onDialFailed(memberId);
        }

        @Override
        public void onReply(LivenessLink link, HelloReply reply) {
            replication.onReply(link, reply);
        }

        @Override
        public void onSilence(LivenessLink link, long silentNs) {
            link.close();
        }

        @Override
        public void onClosed(LivenessLink link, CloseCause cause, String reason) {
            replication.onClosed(link);
        }
    }
}
