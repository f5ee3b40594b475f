package org.stoneware.server.membership;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.api.config.ArraySettings;
import org.stoneware.api.config.ServerSettings;
import org.stoneware.spi.election.Evidence;
import org.stoneware.spi.liveness.Heartbeat;
import org.stoneware.spi.liveness.Hello;
import org.stoneware.spi.liveness.HelloReply;
import org.stoneware.spi.liveness.LivenessLink;
import org.stoneware.spi.liveness.LivenessListener.CloseCause;
import org.stoneware.spi.liveness.LivenessListener.ConnectFailure;
import org.stoneware.wire.figures.ServerFigures;
import org.stoneware.wire.session.WireException;

/**
 * The links to the other servers of the array, and what they tell.
 * <p>
 * Every server dials every other one on its l2-group-port and keeps dialling. What this server sends goes over the link it dialled;
 * heartbeats and messages are heard on both.
 * <p>
 * <b>Threading:</b> the agent thread.
 */
public final class PeerLinks {
    private static final long DIAL_INTERVAL_NS = TimeUnit.MILLISECONDS.toNanos(250);
    /** Between two attempts at a server that lives and does not take this one in. */
    private static final long REFUSED_INTERVAL_NS = TimeUnit.SECONDS.toNanos(5);
    /** A link silent for this long is given up and dialled anew: after a cut, TCP's own repetition may take minutes to notice. */
    private static final long GIVE_UP_SILENT_NS = TimeUnit.SECONDS.toNanos(2);

    /** First pause after a call that a server took and dropped unanswered, when a link to it was lost before; each further one is twice as long. */
    private static final long FIRST_PAUSE_NS = TimeUnit.MILLISECONDS.toNanos(2);

    private static final long DIAL_TIMEOUT_NS = TimeUnit.SECONDS.toNanos(2);

    /** A heartbeat whose sender's agent has not cycled for longer counts as silence. */
    private static final int MAX_AGENT_AGE_MS = 800;

    /** Beyond so many calls of one server the oldest is hung up; should it be the one that stands, that server calls again. */
    private static final int MAX_INBOUND = 64;

    private final ArraySettings settings;
    private final long incarnation;
    private final String productVersion;
    private final Dialler dialler;
    private final Output output;
    private final Peer[] peers;
    private final UnsafeBuffer figuresBuffer = new UnsafeBuffer(new byte[ServerFigures.MAX_MESSAGE_LENGTH]);

    /** Dials an address; the outcome comes back through the {@code on…} methods. */
    public interface Dialler {
        void dial(int memberId, String host, int port, long timeoutNs);
    }

    /** Takes what the links tell. */
    public interface Output {
        void onEvidence(Evidence evidence);

        void onMessage(int memberId, DirectBuffer buffer, int offset, int length);
    }

    /** What is known of one other server. */
    public static final class Peer {
        private final int memberId;
        private boolean isDialling;
        private long nextDialNs;
        /** A process that ends closes its doors one after the other, and may take a call between two of them. */
        private long pauseNs = DIAL_INTERVAL_NS;

        private @Nullable LivenessLink outbound;
        /**
         * Links it has called here on, oldest first. Several at a time: a server that was frozen accepts every call since, those given up
         * among them, in no order, and only one of them will stand.
         */
        private final List<LivenessLink> inbound = new ArrayList<>();

        private boolean isGreeted;
        /** For how long its link was silent that is being closed for that; 0 for no such link. */
        private long givenUpNs;

        private long incarnation;
        private ServerRole role = ServerRole.STOPPED;
        private long epoch;
        private String detail = "not reached yet";
        /** Why it does not take this server in; empty when it does, or has not been asked. */
        private String refusal = "";
        /** Why it was not taken in here, said last. */
        private String refusedHere = "";

        private long sinceMs;
        private long heardMs;
        private @Nullable ServerFigures figures;
        private long clockDifferenceMs;

        Peer(int memberId) {
            this.memberId = memberId;
        }

        /** Its process as far as known; 0 before the first contact. */
        public long incarnation() {
            return incarnation;
        }

        public boolean isReachable() {
            return outbound != null && isGreeted;
        }

        /** Why the two servers can't work together, for people; empty when they can. */
        public String misfit() {
            return !refusal.isEmpty() ? "refuses this server: " + refusal : refusedHere;
        }

        public ServerRole role() {
            return isReachable() ? role : ServerRole.STOPPED;
        }

        public long epoch() {
            return epoch;
        }

        public String detail() {
            return detail;
        }

        /** What it told last of itself; null when it has not, or can't be reached. */
        public @Nullable ServerFigures figures() {
            return isReachable() ? figures : null;
        }

        /** How far its wall clock is ahead of this server's, the way of the message included. */
        public long clockDifferenceMs() {
            return clockDifferenceMs;
        }

        /** Wall time of the last change of role seen here, for one that can't be reached of its last sign of life, ms; 0 before the first. */
        public long sinceMs() {
            return isReachable() ? sinceMs : heardMs;
        }
    }

    public PeerLinks(ArraySettings settings, long incarnation, String productVersion, Dialler dialler, Output output) {
        this.settings = settings;
        this.incarnation = incarnation;
        this.productVersion = productVersion;
        this.dialler = dialler;
        this.output = output;
        this.peers = new Peer[settings.servers().size()];
        for (int i = 0; i < peers.length; i++) {
            peers[i] = new Peer(i);
        }
    }

    public Peer peer(int memberId) {
        return peers[memberId];
    }

    /** Whether another server has said last that it is active. */
    public boolean isAnyActive() {
        for (Peer peer : peers) {
            if (peer.memberId != settings.selfPosition() && peer.role() == ServerRole.ACTIVE_COORDINATOR) {
                return true;
            }
        }
        return false;
    }

    /** Dials who is not linked. */
    public int doWork(long nowNs) {
        int work = 0;
        for (Peer peer : peers) {
            if (peer.memberId == settings.selfPosition() || peer.isDialling || peer.outbound != null) {
                continue;
            }
            if (peer.nextDialNs == 0 || nowNs - peer.nextDialNs >= 0) {
                ServerSettings server = settings.servers().get(peer.memberId);
                peer.isDialling = true;
                peer.nextDialNs = nowNs + DIAL_INTERVAL_NS;
                dialler.dial(peer.memberId, server.host(), server.groupPort(), DIAL_TIMEOUT_NS);
                work++;
            }
        }
        return work;
    }

    public void onConnected(int memberId, LivenessLink link) {
        Peer peer = peers[memberId];
        peer.isDialling = false;
        peer.outbound = link;
        peer.isGreeted = false;
        peer.givenUpNs = 0;
        link.sendHello(new Hello(
                Hello.Kind.SERVER,
                Hello.PROTOCOL_VERSION,
                0,
                settings.selfPosition(),
                incarnation,
                settings.self().name(),
                productVersion,
                List.of(),
                null,
                new byte[0]));
    }

    public void onConnectFailed(int memberId, ConnectFailure failure, String reason) {
        Peer peer = peers[memberId];
        peer.isDialling = false;
        peer.pauseNs = DIAL_INTERVAL_NS;
        peer.detail = reason;
        peer.refusal = "";
        tell(
                failure == ConnectFailure.REFUSED ? Evidence.Kind.REFUSED : Evidence.Kind.UNREACHABLE,
                memberId,
                0,
                ServerRole.START,
                0,
                0);
    }

    public void onReply(int memberId, LivenessLink link, HelloReply reply, long wallMs) {
        Peer peer = peers[memberId];
        if (peer.outbound != link) {
            return;
        }
        if (reply.status() != HelloReply.Status.ACCEPTED) {
            // It lives, and what it says of its role counts, but it must never be taken for dead and never be counted
            // on.
            peer.refusal = reply.reason();
            peer.detail = peer.misfit();
            tell(Evidence.Kind.HELLO, memberId, reply.incarnation(), reply.role(), reply.epoch(), 0);
            return;
        }
        String expected = settings.servers().get(memberId).name();
        if (!expected.equals(reply.serverName())) {
            // Another server of the array answers at this one's address: what it says of itself is not about this
            // member.
            peer.refusal = "at its address " + reply.serverName() + " answers; both need the same tc-config";
            peer.detail = peer.misfit();
            link.close();
            return;
        }
        peer.refusal = "";
        peer.isGreeted = true;
        peer.incarnation = reply.incarnation();
        peer.detail = "";
        learn(peer, reply.role(), reply.epoch(), wallMs);
        tell(Evidence.Kind.HELLO, memberId, reply.incarnation(), reply.role(), reply.epoch(), 0);
    }

    /**
     * Another server said hello on our l2-group-port.
     *
     * @return null when it is a member, else why it is refused.
     */
    public @Nullable String onHello(LivenessLink link, Hello hello) {
        int memberId = (int) hello.idLow();
        if (hello.idLow() < 0 || hello.idLow() >= peers.length || memberId == settings.selfPosition()) {
            return "position " + hello.idLow() + " is not another server of this array; both need the same tc-config";
        }
        String expected = settings.servers().get(memberId).name();
        if (!expected.equals(hello.name())) {
            peers[memberId].refusedHere = "calls itself " + hello.name() + "; both need the same tc-config";
            return "server " + memberId + " is named " + expected + " here and " + hello.name()
                    + " there; both need the same tc-config";
        }
        Peer peer = peers[memberId];
        peer.refusedHere = "";
        peer.nextDialNs = 0;
        boolean isNewProcess = peer.incarnation != hello.incarnation();
        if (isNewProcess) {
            // What the process before may still have to say is of the past.
            peer.inbound.clear();
        } else if (peer.inbound.size() == MAX_INBOUND) {
            peer.inbound.remove(0).close();
        }
        peer.inbound.add(link);
        if (isNewProcess) {
            // Its role is not in its hello; its first heartbeat tells.
            peer.incarnation = hello.incarnation();
            tell(Evidence.Kind.HELLO, memberId, hello.incarnation(), ServerRole.START, 0, 0);
        }
        return null;
    }

    /** @return the member this link leads to, or -1. */
    public int memberOf(LivenessLink link) {
        for (Peer peer : peers) {
            if (peer.outbound == link || peer.inbound.contains(link)) {
                return peer.memberId;
            }
        }
        return -1;
    }

    public void onHeartbeat(LivenessLink link, Heartbeat heartbeat, long wallMs) {
        int memberId = memberOf(link);
        if (memberId < 0) {
            return;
        }
        Peer peer = peers[memberId];
        if (heartbeat.agentAgeMs() > MAX_AGENT_AGE_MS) {
            // The process answers and its agent does not run: it can do nothing for anybody, which is what silence
            // means.
            onSilence(link, TimeUnit.MILLISECONDS.toNanos(heartbeat.agentAgeMs()));
            return;
        }
        if (peer.outbound == link && peer.isGreeted) {
            // It is heard again.
            peer.detail = "";
        }
        learn(peer, heartbeat.role(), heartbeat.epoch(), wallMs);
        tell(Evidence.Kind.HEARTBEAT, memberId, heartbeat.incarnation(), heartbeat.role(), heartbeat.epoch(), 0);
    }

    /**
     * A replication frame came from a server: it lives, even when its liveness link says nothing. Only while that link stands; what its
     * closing means is not for frames under way to say.
     */
    public void onReplicationFrame(int memberId) {
        Peer peer = peers[memberId];
        if (peer.outbound != null && peer.isGreeted) {
            tell(Evidence.Kind.HEARTBEAT, memberId, peer.incarnation, peer.role, peer.epoch, 0);
        }
    }

    public void onMessage(LivenessLink link, DirectBuffer buffer, int offset, int length, long wallMs) {
        int memberId = memberOf(link);
        if (memberId >= 0 && ServerFigures.isFigures(buffer, offset, length)) {
            onFigures(peers[memberId], buffer, offset, length, wallMs);
        } else if (memberId >= 0) {
            output.onMessage(memberId, buffer, offset, length);
        }
    }

    private static void onFigures(Peer peer, DirectBuffer buffer, int offset, int length, long wallMs) {
        try {
            ServerFigures told = ServerFigures.decode(buffer, offset, length);
            peer.figures = told;
            peer.clockDifferenceMs = told.wallMs() - wallMs;
        } catch (WireException e) {
            // Of another version: nothing is decided on figures, so they are only not shown.
            peer.figures = null;
        }
    }

    /** Tells every other server that is reached what this one holds. */
    public void tellFigures(ServerFigures own) {
        int length = own.encode(figuresBuffer);
        for (Peer peer : peers) {
            send(peer.memberId, figuresBuffer, 0, length);
        }
    }

    public void onSilence(LivenessLink link, long silentNs) {
        int memberId = memberOf(link);
        if (memberId >= 0 && peers[memberId].outbound == link) {
            peers[memberId].detail = "silent for " + TimeUnit.NANOSECONDS.toMillis(silentNs) + " ms";
            tell(Evidence.Kind.SILENT, memberId, peers[memberId].incarnation, ServerRole.START, 0, silentNs);
        }
        if (silentNs > GIVE_UP_SILENT_NS) {
            if (memberId >= 0 && peers[memberId].outbound == link) {
                peers[memberId].givenUpNs = silentNs;
            }
            link.close();
        }
    }

    public void onClosed(LivenessLink link, CloseCause cause, String reason) {
        int memberId = memberOf(link);
        if (memberId < 0) {
            return;
        }
        Peer peer = peers[memberId];
        peer.inbound.remove(link);
        if (peer.outbound == link) {
            onOutboundClosed(peer, cause, reason);
        }
    }

    private void onOutboundClosed(Peer peer, CloseCause cause, String reason) {
        boolean wasGreeted = peer.isGreeted;
        peer.outbound = null;
        peer.isGreeted = false;
        if (!peer.refusal.isEmpty()) {
            peer.nextDialNs += REFUSED_INTERVAL_NS;
            return;
        }
        if (wasGreeted) {
            peer.nextDialNs = 0;
            peer.pauseNs = FIRST_PAUSE_NS;
        } else {
            peer.nextDialNs += peer.pauseNs - DIAL_INTERVAL_NS;
            peer.pauseNs = Math.min(2 * peer.pauseNs, DIAL_INTERVAL_NS);
        }
        peer.detail = reason;
        if (cause == CloseCause.GOODBYE) {
            tell(Evidence.Kind.GOODBYE, peer.memberId, peer.incarnation, ServerRole.START, 0, 0);
        } else if (cause != CloseCause.CLOSED_HERE) {
            tell(Evidence.Kind.CLOSED, peer.memberId, peer.incarnation, ServerRole.START, 0, 0);
        } else if (wasGreeted && peer.givenUpNs > 0) {
            // What came while it was being closed must not be the last that is heard of it: there is no link any more
            // that could tell its silence. One that lives is greeted by the next call.
            tell(Evidence.Kind.SILENT, peer.memberId, peer.incarnation, ServerRole.START, 0, peer.givenUpNs);
        }
    }

    /** Sends an election message; dropped when there is no link, as the election expects. */
    public void send(int memberId, DirectBuffer buffer, int offset, int length) {
        Peer peer = peers[memberId];
        if (peer.outbound != null && peer.isGreeted) {
            peer.outbound.sendMessage(buffer, offset, length);
        }
    }

    /** Where Tomcats reach a member, {@code host:port}. */
    public String clientAddress(int memberId) {
        ServerSettings server = settings.servers().get(memberId);
        return InetSocketAddress.createUnresolved(server.host(), server.clientPort())
                        .getHostString()
                + ':'
                + server.clientPort();
    }

    private static void learn(Peer peer, ServerRole role, long epoch, long wallMs) {
        peer.heardMs = wallMs;
        if (peer.role != role || peer.sinceMs == 0) {
            peer.sinceMs = wallMs;
        }
        peer.role = role;
        peer.epoch = epoch;
    }

    private void tell(
            Evidence.Kind kind, int memberId, long peerIncarnation, ServerRole role, long epoch, long valueNs) {
        output.onEvidence(new Evidence(kind, memberId, peerIncarnation, role, epoch, valueNs));
    }
}
