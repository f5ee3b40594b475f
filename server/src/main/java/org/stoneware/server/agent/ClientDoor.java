package org.stoneware.server.agent;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.server.request.ClientPort;
import org.stoneware.server.request.SessionRequestProcessor;
import org.stoneware.server.session.HeapShares;
import org.stoneware.spi.election.Evidence;
import org.stoneware.spi.liveness.Hello;
import org.stoneware.spi.liveness.HelloReply;
import org.stoneware.spi.liveness.LivenessLink;
import org.stoneware.spi.liveness.LivenessListener;
import org.stoneware.spi.transport.Connection;
import org.stoneware.spi.transport.ConnectionSpec;
import org.stoneware.spi.transport.FrameListener;
import org.stoneware.spi.transport.Transport;
import org.stoneware.spi.transport.TransportException;
import org.stoneware.wire.session.MessageAssembler;
import org.stoneware.wire.session.MessageHandler;
import org.stoneware.wire.session.MessageSender;
import org.stoneware.wire.session.WireException;

/**
 * The Tomcats' side of a server: answers their hellos, keeps a data connection for each that was taken in, brings whole messages to the
 * request processor and answers back. Tomcats served elsewhere keep a link here all the same.
 * <p>
 * <b>Threading:</b> the agent thread, unless a method says otherwise.
 */
final class ClientDoor implements LivenessListener, FrameListener {
    static final int HEARTBEAT_MS = 250;
    static final int SILENCE_MS = 3_000;
    /** On standing links, which cost little: what changes is told at once anyway. */
    private static final int STANDING_HEARTBEAT_MS = 1_000;

    private static final int STANDING_SILENCE_MS = 5_000;
    /** A Tomcat silent for this long has its connection closed; its identity lives on for the reconnect window. */
    private static final long GIVE_UP_SILENT_NS = TimeUnit.SECONDS.toNanos(60);
    /** Between two refusals that are told, since strangers may call under many names. */
    private static final long REFUSAL_INTERVAL_NS = TimeUnit.SECONDS.toNanos(1);
    /** Room for answers a Tomcat is too slow to take. */
    private static final long MAX_BACKLOG_BYTES = 64L * 1024 * 1024;

    private final Transport transport;
    private final String transportName;
    private final InetSocketAddress boundAddress;
    private final int maxMessageLength;
    private final LongSupplier random;
    private final LongSupplier nanoClock;
    private final Standing standing;
    private final EventLog events;
    private final WitnessLinks witnesses;
    private final Map<Long, TomcatConnection> byLink = new HashMap<>();
    private final Map<Integer, TomcatConnection> byConnectionId = new HashMap<>();
    /** Bound of all Tomcats together; beyond it the one that holds most is dropped, and connects again. */
    private final long maxHeldBytes =
            HeapShares.of(Runtime.getRuntime().maxMemory(), 1).clientBytes();

    private volatile long toldIncarnation;
    private int lastConnectionId;
    private String lastRefusal = "";
    private long refusalToldNs;
    private long brokenMessages;
    /** Of links that witness; the thread that hears them counts. */
    private final AtomicLong brokenWitnesses = new AtomicLong();

    /** What the door needs to know of the server. */
    interface Standing {
        HelloReply reply(HelloReply.Status status, String reason);

        ServerRole role();

        /** The processor while this server is active, else null. */
        @Nullable
        SessionRequestProcessor processor();

        /** What a Tomcat says of another server; of the witness kinds, one Tomcat each. */
        default void onWitness(Evidence evidence) {}

        /** How many Tomcats there are that could say something, see {@link WitnessLinks.Listener#onWitnesses}. */
        default void onWitnesses(Evidence.Kind kind, int count) {}

        /** A Tomcat was taken in, over any kind of link. */
        default void onTomcat(LivenessLink link, Hello hello) {}

        /**
         * A link of a Tomcat has ended.
         *
         * @param port its connection, which has ended too, whether requests are taken now or not; null when it had none over this link.
         */
        default void onTomcatGone(LivenessLink link, @Nullable ClientPort port) {}

        /** A Tomcat has voted. <b>Ownership:</b> {@code vote} is the receiver's. */
        default void onVote(LivenessLink link, DirectBuffer vote) {}

        /** Whether a Tomcat is registered with the array; others are not asked about servers. */
        default boolean isRegistered(long idHigh, long idLow) {
            return true;
        }
    }

    /** One Tomcat that was taken in. */
    private final class TomcatConnection implements MessageHandler {
        final LivenessLink link;
        final Connection connection;
        final MessageSender sender;
        final MessageAssembler assembler;
        final ClientPort port;
        final String name;
        boolean isBroken;

        TomcatConnection(LivenessLink link, Connection connection, String name) {
            this.link = link;
            this.connection = connection;
            this.name = name;
            this.sender = new MessageSender(connection, MAX_BACKLOG_BYTES);
            this.assembler = new MessageAssembler(maxMessageLength);
            this.port = new ClientPort(this::send, text(link.remoteAddress()));
        }

        /** Memory taken by answers waiting and by a message that is not whole yet. */
        long heldBytes() {
            return sender.backlogBytes() + assembler.heldBytes();
        }

        private boolean send(DirectBuffer buffer, int offset, int length) {
            if (!isBroken && !sender.send(buffer, offset, length)) {
                isBroken = true;
            }
            return !isBroken;
        }

        @Override
        public void onMessage(DirectBuffer buffer, int offset, int length) {
            @Nullable SessionRequestProcessor processor = standing.processor();
            if (processor != null) {
                processor.onMessage(port, buffer, offset, length, nanoClock.getAsLong());
            }
        }
    }

    ClientDoor(
            Transport transport,
            String transportName,
            InetSocketAddress boundAddress,
            int maxMessageLength,
            LongSupplier random,
            LongSupplier nanoClock,
            Standing standing,
            EventLog events) {
        this.transport = transport;
        this.transportName = transportName;
        this.boundAddress = boundAddress;
        this.maxMessageLength = maxMessageLength;
        this.random = random;
        this.nanoClock = nanoClock;
        this.standing = standing;
        this.events = events;
        this.witnesses = new WitnessLinks(new WitnessLinks.Listener() {
            @Override
            public void onWitness(Evidence evidence) {
                standing.onWitness(evidence);
            }

            @Override
            public void onWitnesses(Evidence.Kind kind, int count) {
                standing.onWitnesses(kind, count);
            }

            @Override
            public boolean isRegistered(long idHigh, long idLow) {
                return standing.isRegistered(idHigh, idLow);
            }
        });
    }

    /**
     * What listens on the dso-port.
     *
     * @param agentAgeMs time since the agent's last cycle, on any thread.
     */
    LivenessListener listener(LivenessInbox inbox, IntSupplier agentAgeMs) {
        return new TomcatTraffic(inbox.quietDoor(this), inbox, this, agentAgeMs);
    }

    /** A Tomcat has voted. */
    void onVote(LivenessLink link, DirectBuffer vote) {
        standing.onVote(link, vote);
    }

    /** The Tomcats that can be asked about other servers. */
    WitnessLinks witnesses() {
        return witnesses;
    }

    /** Process of this server as it tells Tomcats; 0 before the first was taken in. Any thread. */
    long toldIncarnation() {
        return toldIncarnation;
    }

    @Override
    public void onHello(LivenessLink link, Hello hello) {
        if (hello.protocolVersion() != Hello.PROTOCOL_VERSION) {
            refuse(
                    link,
                    hello,
                    HelloReply.Status.INCOMPATIBLE,
                    "protocol version " + hello.protocolVersion() + " is not spoken here; this server speaks "
                            + Hello.PROTOCOL_VERSION);
        } else if (hello.kind() == Hello.Kind.PROBE) {
            link.sendReply(standing.reply(HelloReply.Status.ACCEPTED, ""));
            link.goodbye("probe answered");
        } else if (hello.kind() == Hello.Kind.WITNESS) {
            admitStanding(link, hello);
        } else if (hello.kind() != Hello.Kind.VALVE) {
            refuse(link, hello, HelloReply.Status.REFUSED, "this port is for Tomcats; servers use the l2-group-port");
        } else if (standing.processor() == null) {
            link.sendReply(
                    standing.reply(HelloReply.Status.NOT_ACTIVE, standing.role().stateName()));
        } else {
            admit(link, hello);
        }
    }

    /** A standing link is taken in whatever this server's role, since that is what it is for. */
    private void admitStanding(LivenessLink link, Hello hello) {
        if (!witnesses.onAccepted(link, hello)) {
            refuse(link, hello, HelloReply.Status.BUSY, "too many Tomcats: max=" + WitnessLinks.MAX_TOMCATS);
            return;
        }
        standing.onTomcat(link, hello);
        HelloReply standard = standing.reply(HelloReply.Status.ACCEPTED, "");
        toldIncarnation = standard.incarnation();
        link.sendReply(new HelloReply(
                standard.status(),
                standard.serverName(),
                standard.incarnation(),
                standard.role(),
                standard.epoch(),
                standard.activeAddress(),
                "",
                0,
                0,
                0,
                null,
                STANDING_HEARTBEAT_MS,
                STANDING_SILENCE_MS,
                ""));
    }

    private void admit(LivenessLink link, Hello hello) {
        @Nullable InetSocketAddress claimed = hello.dataAddress();
        if (!hello.transports().contains(transportName) || claimed == null) {
            refuse(
                    link,
                    hello,
                    HelloReply.Status.INCOMPATIBLE,
                    "offered transports " + hello.transports() + " do not include " + transportName);
            return;
        }
        if (claimed.getAddress() != null
                && !claimed.getAddress().isAnyLocalAddress()
                && !claimed.getAddress().equals(link.remoteAddress().getAddress())) {
            // Nobody may point this server's datagrams at a third party.
            refuse(
                    link,
                    hello,
                    HelloReply.Status.REFUSED,
                    "data address " + claimed.getAddress().getHostAddress() + " is not the one this call comes from, "
                            + link.remoteAddress().getAddress().getHostAddress()
                            + "; address translation between Tomcat and server is not supported");
            return;
        }
        InetSocketAddress remote =
                claimed.getAddress() == null || claimed.getAddress().isAnyLocalAddress()
                        ? new InetSocketAddress(link.remoteAddress().getAddress(), claimed.getPort())
                        : claimed;
        int connectionId = ++lastConnectionId;
        ConnectionSpec spec = new ConnectionSpec(
                connectionId,
                random.getAsLong(),
                random.getAsLong(),
                false,
                boundAddress,
                remote,
                ConnectionSpec.Purpose.CLIENT);
        Connection connection;
        try {
            connection = transport.connect(spec);
        } catch (TransportException e) {
            refuse(link, hello, HelloReply.Status.BUSY, String.valueOf(e.getMessage()));
            return;
        }
        TomcatConnection tomcat = new TomcatConnection(link, connection, hello.name());
        byLink.put(link.id(), tomcat);
        byConnectionId.put(connectionId, tomcat);
        // One too many for a witness is served all the same.
        witnesses.onAccepted(link, hello);
        standing.onTomcat(link, hello);
        HelloReply standard = standing.reply(HelloReply.Status.ACCEPTED, "");
        toldIncarnation = standard.incarnation();
        // The address this Tomcat has just reached us at, so that listening on every interface works.
        InetSocketAddress reachedAt = new InetSocketAddress(link.localAddress().getAddress(), boundAddress.getPort());
        link.sendReply(new HelloReply(
                standard.status(),
                standard.serverName(),
                standard.incarnation(),
                standard.role(),
                standard.epoch(),
                standard.activeAddress(),
                transportName,
                connectionId,
                spec.keyHigh(),
                spec.keyLow(),
                reachedAt,
                HEARTBEAT_MS,
                SILENCE_MS,
                ""));
        events.info("client-joined", "Tomcat joined: name=" + hello.name() + " address=" + text(link.remoteAddress()));
    }

    /** Says no, and tells it once: a caller that is refused calls again and again. */
    private void refuse(LivenessLink link, Hello hello, HelloReply.Status status, String reason) {
        String refusal =
                "name=" + hello.name() + " address=" + link.remoteAddress().getHostString() + " reason=" + reason;
        long nowNs = nanoClock.getAsLong();
        if (!refusal.equals(lastRefusal) && (lastRefusal.isEmpty() || nowNs - refusalToldNs > REFUSAL_INTERVAL_NS)) {
            lastRefusal = refusal;
            refusalToldNs = nowNs;
            events.warning("client-refused", "Tomcat refused: " + refusal);
        }
        link.sendReply(standing.reply(status, reason));
    }

    private static String text(InetSocketAddress address) {
        return address.getHostString() + ':' + address.getPort();
    }

    @Override
    public void onSilence(LivenessLink link, long silentNs) {
        if (silentNs > GIVE_UP_SILENT_NS) {
            link.close();
        }
    }

    @Override
    public void onClosed(LivenessLink link, CloseCause cause, String reason) {
        witnesses.onClosed(link);
        standing.onTomcatGone(link, null);
        @Nullable TomcatConnection tomcat = byLink.get(link.id());
        if (tomcat != null) {
            drop(tomcat, cause == CloseCause.GOODBYE ? "said goodbye" : reason);
        }
    }

    @Override
    public void onFrame(Connection connection, DirectBuffer buffer, int offset, int length) {
        @Nullable TomcatConnection tomcat = byConnectionId.get(connection.spec().connectionId());
        if (tomcat == null || tomcat.isBroken) {
            return;
        }
        try {
            tomcat.assembler.onFrame(buffer, offset, length, tomcat);
        } catch (WireException e) {
            brokenMessages++;
            events.warning("client-refused", "Tomcat dropped: name=" + tomcat.name + " reason=" + e.getMessage());
            tomcat.isBroken = true;
        }
    }

    @Override
    public void onConnectionLost(Connection connection, String reason) {
        @Nullable TomcatConnection tomcat = byConnectionId.get(connection.spec().connectionId());
        if (tomcat != null) {
            drop(tomcat, reason);
        }
    }

    /** Sends what is waiting; drops who can't be served any more. */
    int doWork() {
        witnesses.doWork(toldIncarnation);
        int work = 0;
        long heldBytes = 0;
        @Nullable TomcatConnection greediest = null;
        List<TomcatConnection> broken = List.of();
        for (TomcatConnection tomcat : byConnectionId.values()) {
            heldBytes += tomcat.heldBytes();
            if (greediest == null || tomcat.heldBytes() > greediest.heldBytes()) {
                greediest = tomcat;
            }
            if (tomcat.sender.hasBacklog()) {
                work += tomcat.sender.doWork();
            }
            if (tomcat.isBroken) {
                broken = broken.isEmpty() ? new ArrayList<>() : broken;
                broken.add(tomcat);
            }
        }
        if (greediest != null && heldBytes > maxHeldBytes) {
            greediest.isBroken = true;
        }
        for (TomcatConnection tomcat : broken) {
            drop(tomcat, "it does not take its answers, or sent what is no message");
        }
        return work;
    }

    /** Ends all connections, because this server is not the active any more. */
    void dropAll(String reason) {
        for (TomcatConnection tomcat : List.copyOf(byLink.values())) {
            drop(tomcat, reason);
        }
    }

    private void drop(TomcatConnection tomcat, String reason) {
        witnesses.onClosed(tomcat.link);
        standing.onTomcatGone(tomcat.link, tomcat.port);
        byLink.remove(tomcat.link.id());
        byConnectionId.remove(tomcat.connection.spec().connectionId());
        tomcat.connection.close();
        tomcat.link.goodbye(reason);
        events.info("client-left", "Tomcat left: name=" + tomcat.name + " reason=" + reason);
    }

    /** A Tomcat has sent something of no version this server knows, beside its requests. From any thread. */
    void onBrokenWitness() {
        brokenWitnesses.incrementAndGet();
    }

    long brokenMessages() {
        return brokenMessages + brokenWitnesses.get();
    }
}
