package org.stoneware.client;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.spi.liveness.Heartbeat;
import org.stoneware.spi.liveness.Hello;
import org.stoneware.spi.liveness.HelloReply;
import org.stoneware.spi.liveness.LivenessLink;
import org.stoneware.spi.liveness.LivenessListener;
import org.stoneware.spi.transport.Connection;
import org.stoneware.spi.transport.ConnectionSpec;
import org.stoneware.spi.transport.FrameListener;
import org.stoneware.spi.transport.TransportException;
import org.stoneware.wire.session.MessageAssembler;
import org.stoneware.wire.session.MessageSender;
import org.stoneware.wire.session.WireException;

/**
 * The way to the active server: finds it, is greeted, opens the data connection, moves whole messages over it, and begins anew when
 * either is lost.
 * <p>
 * Knows nothing of what the messages say. Registering is the {@link Listener}'s, which tells with {@link #registered} and
 * {@link #registering} how that stands.
 * <p>
 * <b>Threading:</b> the agent thread; what the liveness thread tells is handed over as tasks. Time is a parameter of {@link #beginCycle}.
 */
final class ActiveConnection implements FrameListener {
    private static final long DIAL_TIMEOUT_NS = TimeUnit.SECONDS.toNanos(1);
    private static final long GREETING_TIMEOUT_NS = TimeUnit.SECONDS.toNanos(2);
    /** Requests wait elsewhere; this is for what is said beside them, and must not fill a small heap. */
    private static final long MAX_BACKLOG_BYTES =
            Math.min(64L * 1024 * 1024, Runtime.getRuntime().maxMemory() / 8);

    private static final int MAX_MESSAGE_BYTES = 64 * 1024 * 1024;
    private static final int FRAME_LIMIT = 64;
    /** A server that answers heartbeats while its agent hangs is as good as silent. */
    private static final int MAX_AGENT_AGE_MS = 2_000;

    private final ClientSettings settings;
    private final ClientAgent.Identity identity;
    private final Networks networks;
    private final Consumer<Runnable> tasks;
    private final Listener listener;
    private final ServerConnector connector;

    private ConnectStage stage = ConnectStage.IDLE;
    private long stageSinceNs;
    private @Nullable LivenessLink link;
    private @Nullable Connection connection;
    private @Nullable MessageSender sender;
    private MessageAssembler assembler = new MessageAssembler(MAX_MESSAGE_BYTES);
    /** Where this Tomcat's data connection begins, kept from one connection to the next; null while nothing is bound. */
    private @Nullable InetSocketAddress boundAddress;

    private int attempt;
    private String serverName = "";
    private String serverAddress = "";
    private long incarnation;
    /** Epoch of the server dialled or used, as far as it is known; 0 before. */
    private long aimedEpoch;

    private long nowNs;

    /** Hears how the connection fares. Called on the agent thread. */
    interface Listener {
        /** A server has taken this Tomcat in and messages can be sent; register now. */
        void onTakenIn(HelloReply reply);

        /** <b>Ownership:</b> {@code buffer} is a view valid until this call returns. */
        void onMessage(DirectBuffer buffer, int offset, int length);

        /** An opaque message on the TCP link; the bytes may be kept. */
        void onLinkMessage(LivenessLink from, DirectBuffer message);

        /** This Tomcat was registered and is no more. */
        void onUnregistered();

        /**
         * There is no connection; the next attempt begins by itself.
         *
         * @param wasRegistered whether it served until now.
         */
        void onDisconnected(boolean wasRegistered, String reason);
    }

    ActiveConnection(
            ClientSettings settings,
            ClientAgent.Identity identity,
            Networks networks,
            Consumer<Runnable> tasks,
            Listener listener) {
        this.settings = settings;
        this.identity = identity;
        this.networks = networks;
        this.tasks = tasks;
        this.listener = listener;
        this.connector = new ServerConnector(settings.servers());
    }

    /** Sets the time of everything that happens until the next call. */
    void beginCycle(long now) {
        nowNs = now;
    }

    /** Takes in what has arrived. Returns the amount of work done. */
    int receive() {
        return networks.transport().poll(this, FRAME_LIMIT);
    }

    /** Dials when there is no connection and gives up what takes too long. Returns the amount of work done. */
    int connect() {
        switch (stage) {
            case IDLE -> {
                String address = connector.nextAddress(nowNs);
                if (address.isEmpty()) {
                    return 0;
                }
                dial(address);
                return 1;
            }
            case DIALLING, GREETING, REGISTERING -> {
                if (stage != ConnectStage.REGISTERING && connector.hasBetter(aimedEpoch, nowNs)) {
                    drop("another server says it is active");
                    return 1;
                }
                if (nowNs - stageSinceNs > GREETING_TIMEOUT_NS) {
                    fail(serverAddress + " did not answer in time");
                    return 1;
                }
            }
            case REGISTERED -> {}
        }
        return 0;
    }

    /** Sends what the transport did not take earlier. Returns the amount of work done. */
    int flush() {
        return sender != null && sender.hasBacklog() ? sender.doWork() : 0;
    }

    boolean isDrained() {
        return sender == null || !sender.hasBacklog();
    }

    /** Sends one message, or loses the connection when too much waits; nothing happens without a connection. */
    void transmit(DirectBuffer buffer, int length) {
        MessageSender to = sender;
        if (to != null && !to.send(buffer, 0, length)) {
            fail("connection to " + serverAddress + " takes nothing any more");
        }
    }

    ConnectStage stage() {
        return stage;
    }

    boolean isRegistered() {
        return stage == ConnectStage.REGISTERED;
    }

    String serverName() {
        return serverName;
    }

    String serverAddress() {
        return serverAddress;
    }

    /** Process of the server that has taken this Tomcat in; 0 when none has. */
    long incarnation() {
        return incarnation;
    }

    /** Epoch of the server that has taken this Tomcat in. */
    long epoch() {
        return aimedEpoch;
    }

    /** The TCP link to the server that has taken this Tomcat in; null when none has. */
    @Nullable
    LivenessLink link() {
        return incarnation == 0 ? null : link;
    }

    /**
     * A configured server says over its standing link that it is active. It is dialled at once, unless this Tomcat is with a server of
     * the same or a higher epoch, or on its way to one.
     */
    void onClaim(String address, long epoch) {
        connector.onClaim(address, epoch);
        if (stage == ConnectStage.IDLE) {
            return;
        }
        if (address.equals(serverAddress)) {
            aimedEpoch = Math.max(aimedEpoch, epoch);
        } else if (epoch > aimedEpoch && connector.isConvincing(address)) {
            drop("server at " + address + " is active in epoch " + epoch);
        }
    }

    /** A configured server says no more that it is active, or is heard no more. */
    void onClaimWithdrawn(String address) {
        connector.onClaimWithdrawn(address);
    }

    /** A registration is on its way, over the connection there is. */
    void registering() {
        stage(ConnectStage.REGISTERING);
    }

    /** The server has confirmed the registration. */
    void registered(String name, long epoch) {
        serverName = name;
        aimedEpoch = epoch;
        stage(ConnectStage.REGISTERED);
        connector.onRegistered();
    }

    /** Says goodbye. */
    void disconnect(String reason) {
        if (link != null) {
            link.goodbye(reason);
        }
        drop(reason);
    }

    private void stage(ConnectStage next) {
        boolean wasRegistered = isRegistered();
        stage = next;
        stageSinceNs = nowNs;
        if (wasRegistered && next != ConnectStage.REGISTERED) {
            listener.onUnregistered();
        }
    }

    private void dial(String address) {
        serverAddress = address;
        aimedEpoch = connector.claimedEpoch(address);
        stage(ConnectStage.DIALLING);
        int colon = address.lastIndexOf(':');
        String host = address.substring(0, colon);
        int port = Integer.parseInt(address.substring(colon + 1));
        networks.liveness().connect(host, port, DIAL_TIMEOUT_NS, new Door(++attempt));
    }

    private void fail(String reason) {
        drop(reason);
        connector.onFailed(nowNs);
    }

    private void drop(String reason) {
        boolean wasRegistered = isRegistered();
        attempt++;
        if (link != null) {
            link.close();
            link = null;
        }
        if (connection != null) {
            connection.close();
            connection = null;
        }
        sender = null;
        incarnation = 0;
        stage(ConnectStage.IDLE);
        listener.onDisconnected(wasRegistered, reason);
    }

    /**
     * The address data connections begin at on one of this machine's addresses. One is held at a time: a machine whose addresses come
     * and go would gather a socket for each.
     */
    private InetSocketAddress bind(InetAddress ip) {
        InetSocketAddress known = boundAddress;
        if (known != null && known.getAddress().equals(ip)) {
            return known;
        }
        unbind();
        InetSocketAddress chosen = networks.transport().bind(new InetSocketAddress(ip, 0));
        boundAddress = chosen;
        return chosen;
    }

    private void unbind() {
        if (boundAddress != null) {
            networks.transport().unbind(boundAddress);
            boundAddress = null;
        }
    }

    private void onAccepted(HelloReply reply) {
        @Nullable InetSocketAddress remote = reply.dataAddress();
        @Nullable InetSocketAddress local = boundAddress;
        if (remote == null || local == null || !reply.transport().equals(networks.transportName())) {
            fail(serverAddress + " chose transport " + reply.transport() + ", which is not available here");
            return;
        }
        Connection opened;
        try {
            opened = networks.transport()
                    .connect(new ConnectionSpec(
                            reply.connectionId(),
                            reply.keyHigh(),
                            reply.keyLow(),
                            true,
                            local,
                            remote,
                            ConnectionSpec.Purpose.CLIENT));
        } catch (TransportException e) {
            // The transport may have lost the address when it was rebuilt; the next attempt asks for a new one.
            unbind();
            fail("no data connection to " + serverAddress + ": " + e.getMessage());
            return;
        }
        connection = opened;
        sender = new MessageSender(opened, MAX_BACKLOG_BYTES);
        assembler = new MessageAssembler(MAX_MESSAGE_BYTES);
        serverName = reply.serverName();
        incarnation = reply.incarnation();
        aimedEpoch = reply.epoch();
        registering();
        listener.onTakenIn(reply);
    }

    @Override
    public void onFrame(Connection from, DirectBuffer buffer, int offset, int length) {
        if (from != connection) {
            return;
        }
        try {
            assembler.onFrame(buffer, offset, length, listener::onMessage);
        } catch (WireException e) {
            fail("server " + serverName + " sent what is no message: " + e.getMessage());
        }
    }

    @Override
    public void onConnectionLost(Connection lost, String reason) {
        if (lost == connection) {
            connection = null;
            sender = null;
            fail(reason);
        }
    }

    /** Hears of one attempt to connect; what arrives of an attempt given up is ignored. */
    private final class Door implements LivenessListener {
        private final int mine;

        Door(int mine) {
            this.mine = mine;
        }

        private void run(LivenessLink of, Runnable task) {
            tasks.accept(() -> {
                if (mine == attempt) {
                    task.run();
                } else {
                    of.close();
                }
            });
        }

        @Override
        public void onConnected(LivenessLink connected) {
            run(connected, () -> greet(connected));
        }

        private void greet(LivenessLink connected) {
            link = connected;
            InetAddress local = connected.localAddress().getAddress();
            InetSocketAddress data;
            try {
                data = bind(local);
            } catch (TransportException e) {
                fail("cannot bind a data port on " + local + ": " + e.getMessage());
                return;
            }
            stage(ConnectStage.GREETING);
            connected.sendHello(new Hello(
                    Hello.Kind.VALVE,
                    Hello.PROTOCOL_VERSION,
                    identity.high(),
                    identity.low(),
                    identity.incarnation(),
                    settings.name(),
                    settings.productVersion(),
                    List.of(networks.transportName()),
                    data,
                    new byte[0]));
        }

        @Override
        public void onConnectFailed(InetSocketAddress address, ConnectFailure failure, String reason) {
            tasks.accept(() -> {
                if (mine == attempt) {
                    fail(reason);
                }
            });
        }

        @Override
        public void onReply(LivenessLink of, HelloReply reply) {
            run(of, () -> {
                if (reply.status() == HelloReply.Status.ACCEPTED) {
                    onAccepted(reply);
                } else {
                    if (!reply.activeAddress().isEmpty()
                            && !reply.activeAddress().equals(serverAddress)) {
                        connector.onHint(reply.activeAddress());
                    }
                    fail("server " + reply.serverName() + " at " + serverAddress + " answered " + reply.status() + ": "
                            + reply.reason());
                }
            });
        }

        @Override
        public void onHeartbeat(LivenessLink of, Heartbeat heartbeat) {
            run(of, () -> {
                if (isRegistered() && heartbeat.role() != ServerRole.ACTIVE_COORDINATOR) {
                    connector.onHint(heartbeat.activeAddress());
                    fail("server " + serverName + " is " + heartbeat.role().stateName() + " now");
                } else if (heartbeat.agentAgeMs() > MAX_AGENT_AGE_MS) {
                    fail("the agent of server " + serverName + " has not run for " + heartbeat.agentAgeMs() + " ms");
                }
            });
        }

        @Override
        public void onMessage(LivenessLink of, DirectBuffer buffer, int offset, int length) {
            DirectBuffer kept = LinkMessages.copy(buffer, offset, length);
            run(of, () -> listener.onLinkMessage(of, kept));
        }

        @Override
        public void onSilence(LivenessLink of, long silentNs) {
            run(
                    of,
                    () -> fail("server " + serverName + " is silent for " + TimeUnit.NANOSECONDS.toMillis(silentNs)
                            + " ms"));
        }

        @Override
        public void onClosed(LivenessLink of, CloseCause cause, String reason) {
            run(of, () -> {
                link = null;
                fail(reason);
            });
        }
    }
}
