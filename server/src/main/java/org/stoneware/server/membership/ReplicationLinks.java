package org.stoneware.server.membership;

import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.config.ArraySettings;
import org.stoneware.api.config.ServerSettings;
import org.stoneware.server.replication.FrameOutput;
import org.stoneware.spi.liveness.Hello;
import org.stoneware.spi.liveness.HelloReply;
import org.stoneware.spi.liveness.LivenessLink;
import org.stoneware.spi.transport.Connection;
import org.stoneware.spi.transport.ConnectionSpec;
import org.stoneware.spi.transport.FrameListener;
import org.stoneware.spi.transport.Transport;
import org.stoneware.spi.transport.TransportException;
import org.stoneware.wire.session.MessageAssembler;
import org.stoneware.wire.session.MessageSender;
import org.stoneware.wire.session.WireException;

/**
 * Replication connections: the passive dials the active on its l2-group-port with a hello that names a data address, and the data
 * connection lives as long as that TCP link. A link is of one time: when either server changes its role or epoch all end, and the
 * passive dials anew, so both ends always begin together.
 * <p>
 * <b>Threading:</b> the agent thread.
 */
public final class ReplicationLinks implements FrameListener {
    /** Heartbeats here only keep the link from being forgotten; death is seen on the membership links. */
    public static final int HEARTBEAT_MS = 2_000;

    public static final int SILENCE_MS = 10_000;
    private static final long DIAL_INTERVAL_NS = TimeUnit.MILLISECONDS.toNanos(50);
    private static final long MAX_DIAL_INTERVAL_NS = TimeUnit.SECONDS.toNanos(1);
    /** A connection that ends sooner has failed: what made it fail may last, so the next one is dialled later and later. */
    private static final long PROVEN_NS = TimeUnit.SECONDS.toNanos(10);

    private static final long DIAL_TIMEOUT_NS = TimeUnit.SECONDS.toNanos(1);
    private static final long GREETING_TIMEOUT_NS = TimeUnit.SECONDS.toNanos(2);
    private static final long MAX_BACKLOG_BYTES = 1;
    /** Clients' connections count from 1; these are chosen by the active and must differ from every other of either server. */
    private static final int FIRST_CONNECTION_ID = 0x4000_0000;

    private static final int NOBODY = -1;

    private final ArraySettings settings;
    private final Transport transport;
    private final String transportName;
    private final InetSocketAddress boundAddress;
    private final int maxMessageLength;
    private final long incarnation;
    private final String productVersion;
    private final LongSupplier random;
    private final LongSupplier nanoClock;
    private final PeerLinks.Dialler dialler;
    private final Output output;
    private final Map<Long, End> byLink = new HashMap<>();
    private final Map<Integer, End> byConnectionId = new HashMap<>();
    private int lastConnectionId = FIRST_CONNECTION_ID;
    private int followedId = NOBODY;
    private @Nullable LivenessLink dialled;
    private String lastWarning = "";
    private boolean isDialling;
    private boolean isGreeted;
    private long greetedNs;
    private long dialledNs;
    private long nextDialNs;
    private long dialIntervalNs = DIAL_INTERVAL_NS;

    /** Takes what arrives. */
    public interface Output {
        /** True while this server takes standbys in. */
        boolean isActive();

        void onConnected(int memberId, FrameOutput frames);

        void onConnectionLost(int memberId);

        void onFrame(int memberId, DirectBuffer frame, int offset, int length, long nowNs);

        /** The answer to a hello, without its data part. */
        HelloReply reply(HelloReply.Status status, String reason);

        void warning(String kind, String text);
    }

    /** @param boundAddress where this server's replication connections end. */
    public ReplicationLinks(
            ArraySettings settings,
            Transport transport,
            String transportName,
            InetSocketAddress boundAddress,
            int maxMessageLength,
            long incarnation,
            String productVersion,
            LongSupplier random,
            LongSupplier nanoClock,
            PeerLinks.Dialler dialler,
            Output output) {
        this.settings = settings;
        this.transport = transport;
        this.transportName = transportName;
        this.boundAddress = boundAddress;
        this.maxMessageLength = maxMessageLength;
        this.incarnation = incarnation;
        this.productVersion = productVersion;
        this.random = random;
        this.nanoClock = nanoClock;
        this.dialler = dialler;
        this.output = output;
    }

    /** One end of a replication connection. */
    private final class End implements FrameOutput {
        final int memberId;
        final LivenessLink link;
        final Connection connection;
        final MessageSender sender;
        final MessageAssembler assembler = new MessageAssembler(maxMessageLength);
        boolean isClosed;

        End(int memberId, LivenessLink link, Connection connection) {
            this.memberId = memberId;
            this.link = link;
            this.connection = connection;
            this.sender = new MessageSender(connection, MAX_BACKLOG_BYTES);
        }

        @Override
        public boolean send(DirectBuffer frame, int offset, int length) {
            if (isClosed) {
                return false;
            }
            if (sender.hasBacklog()) {
                sender.doWork();
            }
            return !sender.hasBacklog() && sender.send(frame, offset, length);
        }

        @Override
        public void close(String reason) {
            end(this, reason);
        }
    }

    /** From now on this server follows that one, and nobody for a negative number; what was open is closed. */
    public void follow(int activeId) {
        for (End end : List.copyOf(byLink.values())) {
            end(end, "another role or epoch");
        }
        abandonDial();
        followedId = activeId;
        dialIntervalNs = DIAL_INTERVAL_NS;
        nextDialNs = nanoClock.getAsLong();
    }

    private void abandonDial() {
        LivenessLink pending = dialled;
        dialled = null;
        isDialling = false;
        isGreeted = false;
        if (pending != null) {
            pending.close();
        }
    }

    /** Dials the active while there is no connection to it, and sends what waits. */
    public int doWork(long nowNs) {
        int work = 0;
        for (End end : byLink.values()) {
            if (end.sender.hasBacklog()) {
                work += end.sender.doWork();
            }
        }
        if (followedId == NOBODY || isGreeted) {
            return work;
        }
        if (isDialling && nowNs - dialledNs > GREETING_TIMEOUT_NS) {
            abandonDial();
        }
        if (!isDialling && nowNs - nextDialNs >= 0) {
            ServerSettings active = settings.servers().get(followedId);
            isDialling = true;
            dialledNs = nowNs;
            nextDialNs = nowNs + dialIntervalNs;
            dialIntervalNs = Math.min(dialIntervalNs * 2, MAX_DIAL_INTERVAL_NS);
            dialler.dial(followedId, active.host(), active.groupPort(), DIAL_TIMEOUT_NS);
            work++;
        }
        return work;
    }

    /** A connection attempt succeeded. */
    public void onDialled(int memberId, LivenessLink link) {
        if (memberId != followedId || !isDialling || dialled != null) {
            link.close();
            return;
        }
        dialled = link;
        link.sendHello(new Hello(
                Hello.Kind.SERVER,
                Hello.PROTOCOL_VERSION,
                0,
                settings.selfPosition(),
                incarnation,
                settings.self().name(),
                productVersion,
                List.of(transportName),
                boundAddress,
                new byte[0]));
    }

    public void onDialFailed(int memberId) {
        if (memberId == followedId && dialled == null) {
            isDialling = false;
        }
    }

    /** The active has answered. */
    public void onReply(LivenessLink link, HelloReply reply) {
        if (link != dialled) {
            link.close();
            return;
        }
        InetSocketAddress remote = reply.dataAddress();
        if (reply.status() != HelloReply.Status.ACCEPTED
                || remote == null
                || !reply.transport().equals(transportName)) {
            if (reply.status() != HelloReply.Status.NOT_ACTIVE) {
                // By the name of the file: who refuses for want of a proof says none. It is asked again and again.
                warnOnce("server " + nameOf(followedId) + " refuses replication: " + reply.status() + ' '
                        + reply.reason());
                nextDialNs = nanoClock.getAsLong() + MAX_DIAL_INTERVAL_NS;
            }
            abandonDial();
            return;
        }
        isGreeted = true;
        lastWarning = "";
        greetedNs = nanoClock.getAsLong();
        isDialling = false;
        open(
                followedId,
                link,
                new ConnectionSpec(
                        reply.connectionId(),
                        reply.keyHigh(),
                        reply.keyLow(),
                        true,
                        boundAddress,
                        remote,
                        ConnectionSpec.Purpose.REPLICATION));
    }

    private String nameOf(int memberId) {
        return settings.servers().get(memberId).name();
    }

    private void warnOnce(String text) {
        if (!text.equals(lastWarning)) {
            lastWarning = text;
            output.warning("replication-refused", text);
        }
    }

    /** Whether a hello asks for a replication connection. */
    public static boolean isReplication(Hello hello) {
        return hello.kind() == Hello.Kind.SERVER && hello.dataAddress() != null;
    }

    /** A passive server asks for a replication connection. */
    public void onHello(LivenessLink link, Hello hello) {
        int memberId = (int) hello.idLow();
        boolean isMember = hello.idLow() >= 0
                && hello.idLow() < settings.servers().size()
                && memberId != settings.selfPosition()
                && settings.servers().get(memberId).name().equals(hello.name());
        if (!isMember) {
            refuse(link, HelloReply.Status.REFUSED, "not another server of this array; both need the same tc-config");
            return;
        }
        if (hello.protocolVersion() != Hello.PROTOCOL_VERSION
                || !hello.transports().contains(transportName)) {
            refuse(
                    link,
                    HelloReply.Status.INCOMPATIBLE,
                    "protocol version " + hello.protocolVersion() + " and transports " + hello.transports()
                            + " do not fit version " + Hello.PROTOCOL_VERSION + " and " + transportName);
            return;
        }
        if (!output.isActive()) {
            refuse(link, HelloReply.Status.NOT_ACTIVE, "not active");
            return;
        }
        InetSocketAddress remote = dataAddress(link, hello);
        if (remote == null) {
            refuse(
                    link,
                    HelloReply.Status.REFUSED,
                    "data address " + hello.dataAddress() + " is not where this call comes from: "
                            + link.remoteAddress().getAddress().getHostAddress());
            return;
        }
        for (End end : List.copyOf(byLink.values())) {
            if (end.memberId == memberId) {
                end(end, "replaced by a new connection");
            }
        }
        lastConnectionId = lastConnectionId == Integer.MAX_VALUE ? FIRST_CONNECTION_ID : lastConnectionId + 1;
        ConnectionSpec spec = new ConnectionSpec(
                lastConnectionId,
                random.getAsLong(),
                random.getAsLong(),
                false,
                boundAddress,
                remote,
                ConnectionSpec.Purpose.REPLICATION);
        if (open(memberId, link, spec)) {
            accept(link, spec);
        } else {
            refuse(link, HelloReply.Status.BUSY, "no data connection can be opened");
        }
    }

    /** Nobody may point this server's datagrams at a third party; servers of one machine may have any loopback address. */
    private static @Nullable InetSocketAddress dataAddress(LivenessLink link, Hello hello) {
        InetSocketAddress claimed = hello.dataAddress();
        if (claimed == null) {
            return null;
        }
        InetSocketAddress caller = link.remoteAddress();
        if (claimed.getAddress() == null || claimed.getAddress().isAnyLocalAddress()) {
            return new InetSocketAddress(caller.getAddress(), claimed.getPort());
        }
        boolean isLocal =
                claimed.getAddress().isLoopbackAddress() && caller.getAddress().isLoopbackAddress();
        return isLocal || claimed.getAddress().equals(caller.getAddress()) ? claimed : null;
    }

    private void refuse(LivenessLink link, HelloReply.Status status, String reason) {
        link.sendReply(output.reply(status, reason));
    }

    private void accept(LivenessLink link, ConnectionSpec spec) {
        HelloReply standard = output.reply(HelloReply.Status.ACCEPTED, "");
        link.sendReply(new HelloReply(
                standard.status(),
                standard.serverName(),
                standard.incarnation(),
                standard.role(),
                standard.epoch(),
                standard.activeAddress(),
                transportName,
                spec.connectionId(),
                spec.keyHigh(),
                spec.keyLow(),
                new InetSocketAddress(link.localAddress().getAddress(), boundAddress.getPort()),
                HEARTBEAT_MS,
                SILENCE_MS,
                ""));
    }

    private boolean open(int memberId, LivenessLink link, ConnectionSpec spec) {
        Connection connection;
        try {
            connection = transport.connect(spec);
        } catch (TransportException e) {
            output.warning("replication-refused", "no data connection: " + e.getMessage());
            if (link == dialled) {
                abandonDial();
            }
            return false;
        }
        End end = new End(memberId, link, connection);
        byLink.put(link.id(), end);
        byConnectionId.put(spec.connectionId(), end);
        output.onConnected(memberId, end);
        return true;
    }

    /** Whether a link carries a replication connection, or is to. */
    public boolean has(LivenessLink link) {
        return link == dialled || byLink.containsKey(link.id());
    }

    /** A link has ended. */
    public void onClosed(LivenessLink link) {
        End end = byLink.get(link.id());
        if (end != null) {
            lost(end, "link closed");
        } else if (link == dialled) {
            abandonDial();
        }
    }

    @Override
    public void onFrame(Connection connection, DirectBuffer buffer, int offset, int length) {
        End end = byConnectionId.get(connection.spec().connectionId());
        if (end == null || end.isClosed) {
            return;
        }
        try {
            end.assembler.onFrame(buffer, offset, length, (message, at, messageLength) -> {
                if (!end.isClosed) {
                    output.onFrame(end.memberId, message, at, messageLength, nanoClock.getAsLong());
                }
            });
        } catch (WireException e) {
            output.warning(
                    "replication-broken",
                    settings.servers().get(end.memberId).name() + " sent what is no message: " + e.getMessage());
            lost(end, "no message");
        }
    }

    @Override
    public void onConnectionLost(Connection connection, String reason) {
        End end = byConnectionId.get(connection.spec().connectionId());
        if (end != null) {
            lost(end, reason);
        }
    }

    private void lost(End end, String reason) {
        if (!end.isClosed) {
            end(end, reason);
            output.onConnectionLost(end.memberId);
        }
    }

    /** Closes without telling. */
    private void end(End end, String reason) {
        end.isClosed = true;
        byLink.remove(end.link.id());
        byConnectionId.remove(end.connection.spec().connectionId());
        end.connection.close();
        end.link.goodbye(reason);
        if (end.link == dialled) {
            dialled = null;
            isGreeted = false;
            if (nanoClock.getAsLong() - greetedNs > PROVEN_NS) {
                dialIntervalNs = DIAL_INTERVAL_NS;
            }
        }
    }
}
