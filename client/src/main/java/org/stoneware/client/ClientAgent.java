package org.stoneware.client;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.ManyToOneConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.spi.liveness.Heartbeat;
import org.stoneware.spi.liveness.Hello;
import org.stoneware.spi.liveness.HelloReply;
import org.stoneware.spi.liveness.LivenessLink;
import org.stoneware.spi.liveness.LivenessListener;
import org.stoneware.spi.liveness.LivenessNetwork;
import org.stoneware.spi.transport.Connection;
import org.stoneware.spi.transport.ConnectionSpec;
import org.stoneware.spi.transport.FrameListener;
import org.stoneware.spi.transport.Transport;
import org.stoneware.spi.transport.TransportException;
import org.stoneware.wire.session.ClientRequestPublisher;
import org.stoneware.wire.session.ClientResponseAdapter;
import org.stoneware.wire.session.ClientResponseListener;
import org.stoneware.wire.session.MessageAssembler;
import org.stoneware.wire.session.MessageSender;
import org.stoneware.wire.session.OwnStatus;
import org.stoneware.wire.session.SessionProtocol;
import org.stoneware.wire.session.WireException;
import org.stoneware.wire.session.WriteStatus;

/**
 * The client's duty cycle: finds the active server, registers, sends requests and hands out answers, renews the lease, reports
 * accesses, and does all of it again when the connection or the server is lost.
 * <p>
 * <b>Threading:</b> everything but {@link #submit}, {@link #view} and {@link #disconnectedForNs} on the agent thread. Time is a parameter.
 */
final class ClientAgent implements FrameListener {
    private static final long RENEW_INTERVAL_NS = TimeUnit.MILLISECONDS.toNanos(SessionProtocol.RENEW_INTERVAL_MS);
    private static final long TOUCH_INTERVAL_NS = TimeUnit.MILLISECONDS.toNanos(500);
    private static final long DIAL_TIMEOUT_NS = TimeUnit.SECONDS.toNanos(1);
    private static final long GREETING_TIMEOUT_NS = TimeUnit.SECONDS.toNanos(2);
    private static final long MAX_BACKLOG_BYTES = 64L * 1024 * 1024;
    private static final int MAX_MESSAGE_BYTES = 64 * 1024 * 1024;
    private static final int FRAME_LIMIT = 64;
    private static final int TASK_LIMIT = 256;
    /** A server that answers heartbeats while its agent hangs is as good as silent. */
    private static final int MAX_AGENT_AGE_MS = 2_000;

    private static final int SEND_TIMES = 64;

    private final ClientSettings settings;
    private final Identity identity;
    private final LivenessNetwork liveness;
    private final Transport transport;
    private final String transportName;
    private final OwnedSessions owned;
    private final ServerConnector connector;
    private final Events events;

    private final ManyToOneConcurrentLinkedQueue<Runnable> tasks = new ManyToOneConcurrentLinkedQueue<>();
    private final RequestExchange exchange;
    private final Map<InetAddress, InetSocketAddress> boundAddresses = new HashMap<>();
    private final Set<String> applications = new HashSet<>();
    /** What the registration on its way names. */
    private Set<String> registeredApplications = Set.of();

    private final ClientRequestPublisher requests = new ClientRequestPublisher();
    private final ClientResponseAdapter responses = new ClientResponseAdapter();
    private final Answers answers = new Answers();
    private final ExpandableArrayBuffer out = new ExpandableArrayBuffer(1024);
    private final long[] renewalSentNs = new long[SEND_TIMES];

    private ConnectStage stage = ConnectStage.IDLE;
    private long stageSinceNs;
    private @Nullable LivenessLink link;
    private @Nullable Connection connection;
    private @Nullable MessageSender sender;
    private MessageAssembler assembler = new MessageAssembler(MAX_MESSAGE_BYTES);
    private int attempt;
    private long registration;
    private long registerSentNs;
    private long renewalSequence;
    private long nextRenewNs;
    private long nextTouchNs;
    private long epoch;
    private long serverIncarnation;
    private String serverName = "";
    private String serverAddress = "";
    private long nowNs;
    private volatile boolean isRegistered;
    private volatile long disconnectedSinceNs;
    private volatile ClientView view;
    private volatile int maxSessionBytes;

    /** Random identity of this Tomcat process. */
    record Identity(long high, long low, long incarnation) {}

    /** Takes what others of this Tomcat should hear. */
    interface Events {
        void onExpired(long jobId, long logTimeMs, SessionRecord copy);

        /** One readable line. */
        void notice(System.Logger.Level level, String text);
    }

    ClientAgent(
            ClientSettings settings,
            Identity identity,
            LivenessNetwork liveness,
            Transport transport,
            String transportName,
            OwnedSessions owned,
            Events events,
            long startNs) {
        this.settings = settings;
        this.identity = identity;
        this.liveness = liveness;
        this.transport = transport;
        this.transportName = transportName;
        this.owned = owned;
        this.exchange = new RequestExchange(owned, this::transmit);
        this.connector = new ServerConnector(settings.servers());
        this.events = events;
        this.disconnectedSinceNs = startNs;
        this.stageSinceNs = startNs;
        this.maxSessionBytes = settings.maxSessionBytes();
        this.view = new ClientView(false, "", "", 0, 0, "no server has answered yet: " + settings.servers());
    }

    /** Hands a task to the agent. Any thread. */
    void submit(Runnable task) {
        tasks.add(task);
        transport.wakeup();
    }

    /** Any thread. */
    ClientView view() {
        return view;
    }

    /** How long no server has served this Tomcat; 0 while one does. Any thread. */
    long disconnectedForNs(long now) {
        return isRegistered ? 0 : Math.max(1, now - disconnectedSinceNs);
    }

    int maxSessionBytes() {
        return maxSessionBytes;
    }

    /** One duty cycle. Returns the amount of work done. */
    int runCycle(long now) {
        nowNs = now;
        int work = 0;
        @Nullable Runnable task;
        while (work < TASK_LIMIT && (task = tasks.poll()) != null) {
            task.run();
            work++;
        }
        work += transport.poll(this, FRAME_LIMIT);
        work += connect();
        if (stage == ConnectStage.REGISTERED) {
            work += serve();
        }
        if (sender != null && sender.hasBacklog()) {
            work += sender.doWork();
        }
        work += transport.doWork(now);
        liveness.agentCycled(now);
        return work;
    }

    void send(PendingRequest request) {
        exchange.send(request);
    }

    void cancel(PendingRequest request) {
        exchange.cancel(request);
    }

    void release(SessionKey key, long token, int grant, long accessNs) {
        exchange.release(key, token, grant, accessNs, nowNs);
    }

    void application(String name, boolean isAdded) {
        if (isAdded) {
            applications.add(name);
        } else {
            applications.remove(name);
        }
        if (stage == ConnectStage.REGISTERED) {
            transmit(out, requests.application(out, epoch, isAdded, name));
        }
    }

    void expiryDone(long jobId) {
        if (stage == ConnectStage.REGISTERED) {
            transmit(out, requests.expiryDone(out, epoch, jobId));
        }
    }

    /** Gives back what is idle and says goodbye. */
    void leave() {
        exchange.releaseIdle(nowNs);
    }

    boolean isDrained() {
        return sender == null || !sender.hasBacklog();
    }

    void disconnect(String reason) {
        if (link != null) {
            link.goodbye(reason);
        }
        drop(reason);
    }

    private int connect() {
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
                if (nowNs - stageSinceNs > GREETING_TIMEOUT_NS) {
                    fail(serverAddress + " did not answer in time");
                    return 1;
                }
                if (stage == ConnectStage.REGISTERING && registerSentNs == 0) {
                    return register() ? 1 : 0;
                }
            }
            case REGISTERED -> {}
        }
        return 0;
    }

    private void stage(ConnectStage next) {
        stage = next;
        stageSinceNs = nowNs;
        if (isRegistered && next != ConnectStage.REGISTERED) {
            // Before the flag, so that no request thread sees it cleared with the time of an older loss.
            disconnectedSinceNs = nowNs;
            exchange.close();
        }
        isRegistered = next == ConnectStage.REGISTERED;
    }

    private void dial(String address) {
        serverAddress = address;
        stage(ConnectStage.DIALLING);
        int colon = address.lastIndexOf(':');
        String host = address.substring(0, colon);
        int port = Integer.parseInt(address.substring(colon + 1));
        liveness.connect(host, port, DIAL_TIMEOUT_NS, new Door(++attempt));
    }

    private void fail(String reason) {
        boolean wasRegistered = stage == ConnectStage.REGISTERED;
        drop(reason);
        connector.onFailed(nowNs);
        if (wasRegistered) {
            events.notice(System.Logger.Level.WARNING, "lost server " + serverName + ": " + reason);
        }
    }

    private void drop(String reason) {
        attempt++;
        if (link != null) {
            link.close();
            link = null;
        }
        if (connection != null) {
            connection.close();
            connection = null;
            sender = null;
        }
        stage(ConnectStage.IDLE);
        publishView(reason);
    }

    private void publishView(String problem) {
        boolean isUp = stage == ConnectStage.REGISTERED;
        int size;
        synchronized (owned) {
            size = owned.size();
        }
        view = new ClientView(isUp, serverName, serverAddress, epoch, size, isUp ? "" : problem);
    }

    private void onAccepted(LivenessLink greeted, HelloReply reply) {
        @Nullable InetSocketAddress remote = reply.dataAddress();
        @Nullable
        InetSocketAddress local = boundAddresses.get(greeted.localAddress().getAddress());
        if (remote == null || local == null || !reply.transport().equals(transportName)) {
            fail(serverAddress + " chose transport " + reply.transport() + ", which is not available here");
            return;
        }
        try {
            connection = transport.connect(new ConnectionSpec(
                    reply.connectionId(),
                    reply.keyHigh(),
                    reply.keyLow(),
                    true,
                    local,
                    remote,
                    ConnectionSpec.Purpose.CLIENT));
        } catch (TransportException e) {
            fail("no data connection to " + serverAddress + ": " + e.getMessage());
            return;
        }
        sender = new MessageSender(connection, MAX_BACKLOG_BYTES);
        assembler = new MessageAssembler(MAX_MESSAGE_BYTES);
        serverName = reply.serverName();
        if (reply.epoch() != epoch || reply.incarnation() != serverIncarnation) {
            synchronized (owned) {
                owned.forgetAll();
            }
            epoch = reply.epoch();
            serverIncarnation = reply.incarnation();
        }
        registerSentNs = 0;
        stage(ConnectStage.REGISTERING);
        register();
    }

    private boolean register() {
        MessageSender to = sender;
        if (to == null) {
            return false;
        }
        registerSentNs = nowNs;
        int length = requests.register(
                out,
                epoch,
                identity.high(),
                identity.low(),
                identity.incarnation(),
                ++registration,
                settings.name(),
                settings.productVersion(),
                applications);
        registeredApplications = Set.copyOf(applications);
        return to.send(out, 0, length);
    }

    private int serve() {
        int work = 0;
        if (nowNs - nextRenewNs >= 0) {
            nextRenewNs = nowNs + RENEW_INTERVAL_NS;
            renewalSentNs[(int) (++renewalSequence % SEND_TIMES)] = nowNs;
            transmit(out, requests.renew(out, epoch, registration, renewalSequence));
            publishView("");
            work++;
        }
        if (nowNs - nextTouchNs >= 0) {
            nextTouchNs = nowNs + TOUCH_INTERVAL_NS;
            exchange.flushTouches(nowNs);
        }
        return work;
    }

    private void transmit(DirectBuffer buffer, int length) {
        MessageSender to = sender;
        if (to != null && !to.send(buffer, 0, length)) {
            fail("connection to " + serverAddress + " takes nothing any more");
        }
    }

    @Override
    public void onFrame(Connection from, DirectBuffer buffer, int offset, int length) {
        if (from != connection) {
            return;
        }
        try {
            assembler.onFrame(
                    buffer,
                    offset,
                    length,
                    (message, at, messageLength) -> responses.onMessage(message, at, messageLength, answers));
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
            submit(() -> {
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
            try {
                boundAddresses.computeIfAbsent(local, ip -> transport.bind(new InetSocketAddress(ip, 0)));
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
                    List.of(transportName),
                    boundAddresses.get(local),
                    new byte[0]));
        }

        @Override
        public void onConnectFailed(InetSocketAddress address, ConnectFailure failure, String reason) {
            submit(() -> {
                if (mine == attempt) {
                    fail(reason);
                }
            });
        }

        @Override
        public void onReply(LivenessLink of, HelloReply reply) {
            run(of, () -> {
                if (reply.status() == HelloReply.Status.ACCEPTED) {
                    onAccepted(of, reply);
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
                if (stage == ConnectStage.REGISTERED && heartbeat.role() != ServerRole.ACTIVE_COORDINATOR) {
                    connector.onHint(heartbeat.activeAddress());
                    fail("server " + serverName + " is " + heartbeat.role().stateName() + " now");
                } else if (heartbeat.agentAgeMs() > MAX_AGENT_AGE_MS) {
                    fail("the agent of server " + serverName + " has not run for " + heartbeat.agentAgeMs() + " ms");
                }
            });
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

    /** Carries out decoded answers. */
    private final class Answers implements ClientResponseListener {
        @Override
        public void onRegistered(
                long messageEpoch, long messageRegistration, int leaseMs, int serverMaxBytes, String name) {
            if (messageRegistration != registration || stage != ConnectStage.REGISTERING) {
                return;
            }
            synchronized (owned) {
                if (messageEpoch != epoch) {
                    owned.forgetAll();
                }
            }
            epoch = messageEpoch;
            serverName = name;
            maxSessionBytes = Math.min(settings.maxSessionBytes(), serverMaxBytes);
            synchronized (owned) {
                owned.onRenewed(registerSentNs, nowNs);
            }
            stage(ConnectStage.REGISTERED);
            nextRenewNs = nowNs;
            nextTouchNs = nowNs;
            connector.onRegistered();
            publishView("");
            events.notice(
                    System.Logger.Level.INFO,
                    "connected to server " + name + " at " + serverAddress + " epoch=" + epoch);
            for (String application : applications) {
                if (!registeredApplications.contains(application)) {
                    transmit(out, requests.application(out, epoch, true, application));
                }
            }
            exchange.open(epoch);
        }

        @Override
        public void onRenewed(long messageEpoch, long sequence) {
            if (messageEpoch == epoch && sequence > renewalSequence - SEND_TIMES && sequence <= renewalSequence) {
                synchronized (owned) {
                    owned.onRenewed(renewalSentNs[(int) (sequence % SEND_TIMES)], nowNs);
                }
            }
        }

        @Override
        public void onOwned(
                long messageEpoch,
                long requestId,
                long token,
                long version,
                long logTimeMs,
                OwnStatus status,
                int hints,
                int grant,
                @Nullable SessionRecord record) {
            if (messageEpoch == epoch) {
                exchange.onOwned(requestId, token, version, logTimeMs, status, hints, grant, record, nowNs);
            }
        }

        @Override
        public void onWritten(
                long messageEpoch, long requestId, long token, long version, WriteStatus status, int hints) {
            if (messageEpoch == epoch) {
                exchange.onWritten(requestId, token, version, status, hints, nowNs);
            }
        }

        @Override
        public void onRecall(long messageEpoch, long token, int grant, SessionKey key) {
            if (messageEpoch == epoch) {
                exchange.onRecall(key, token, grant, nowNs);
            }
        }

        @Override
        public void onExpired(long messageEpoch, long jobId, long logTimeMs, SessionRecord record) {
            events.onExpired(jobId, logTimeMs, RequestExchange.copyOf(record));
        }

        @Override
        public void onMustRegister(long messageEpoch) {
            if (stage == ConnectStage.REGISTERED) {
                synchronized (owned) {
                    owned.forgetAll();
                }
                epoch = messageEpoch;
                stage(ConnectStage.REGISTERING);
                register();
            }
        }
    }
}
