package org.stoneware.server.agent;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.cluster.ClusterStatus;
import org.stoneware.api.cluster.ClusterStatus.Counter;
import org.stoneware.api.cluster.MemberStatus;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.api.cluster.StorageStatus;
import org.stoneware.api.config.ArraySettings;
import org.stoneware.api.config.ServerSettings;
import org.stoneware.server.membership.PeerLinks;
import org.stoneware.server.request.RequestLimits;
import org.stoneware.server.request.SessionRequestProcessor;
import org.stoneware.server.session.LogClock;
import org.stoneware.server.session.SessionStateMachine;
import org.stoneware.spi.election.Election;
import org.stoneware.spi.election.ElectionContext;
import org.stoneware.spi.election.ElectionOutput;
import org.stoneware.spi.election.ElectionView;
import org.stoneware.spi.election.Evidence;
import org.stoneware.spi.liveness.Heartbeat;
import org.stoneware.spi.liveness.Hello;
import org.stoneware.spi.liveness.HelloReply;
import org.stoneware.spi.liveness.LivenessLink;
import org.stoneware.spi.liveness.LivenessListener;
import org.stoneware.spi.storage.SessionStore;
import org.stoneware.spi.storage.StoreContext;
import org.stoneware.spi.storage.StoreFigures;
import org.stoneware.spi.storage.StoreListener;
import org.stoneware.spi.transport.Transport;
import org.stoneware.spi.transport.TransportContext;
import org.stoneware.spi.transport.TransportCounters;

/**
 * Owns all state of a server and moves it forward, one duty cycle after the other.
 * <p>
 * <b>Threading:</b> {@link #open} and {@link #close} on the thread that runs the cycle, as is everything else but {@link #status} and
 * {@link #inbox}.
 */
final class ServerAgent {
    /** Largest session; the largest message is a little more. */
    static final int MAX_SESSION_BYTES = 32 * 1024 * 1024;

    private static final int MAX_MESSAGE_BYTES = MAX_SESSION_BYTES + 64 * 1024;
    private static final int MAX_CONNECTIONS = 1024;
    private static final int FRAME_LIMIT = 64;
    private static final int EVENT_LIMIT = 256;
    /** Timers are served this often when nothing arrives. */
    private static final long IDLE_NS = TimeUnit.MILLISECONDS.toNanos(10);

    private static final long PUBLISH_INTERVAL_NS = TimeUnit.MILLISECONDS.toNanos(500);
    /** A gap between two cycles longer than this is a stall of ours, and silence measured over it proves nothing. */
    private static final long STALL_NS = TimeUnit.MILLISECONDS.toNanos(100);

    private final ServerContext context;
    private final ArraySettings settings;
    private final LivenessInbox inbox = new LivenessInbox();
    private final EventLog events;
    private final Transport transport;
    private final SessionStore store;
    private final SessionStateMachine stateMachine;
    private final Election election;
    private final PeerLinks peers;
    private final ClientDoor door;
    private @Nullable SessionRequestProcessor processor;
    private @Nullable LogClock clock;
    /** Held from an epoch after which this server was not active. */
    private boolean isForeign;

    private long roleSinceMs;
    private final long openedNs;
    private long lastElectionNs;
    private long lastPublishNs;
    private long stalls;
    private String storeFailure = "";
    private volatile ClusterStatus status;

    /**
     * Opens store, transport, election and doors.
     *
     * @throws RuntimeException of the part that can't be opened; what was opened before it is closed again.
     */
    @SuppressWarnings("this-escape")
    ServerAgent(ServerContext context, EventLog events) {
        this.context = context;
        this.settings = context.settings();
        this.events = events;
        ServerSettings self = settings.self();
        List<AutoCloseable> opened = new ArrayList<>();
        try {
            this.store = context.store()
                    .open(new StoreContext(
                            directory("store"),
                            self.maxMemoryBytes() > 0 ? self.maxMemoryBytes() : defaultMemoryBytes(),
                            MAX_SESSION_BYTES,
                            line -> events.info("storage", line)));
            opened.add(store);
            store.listener(new StoreEvents());
            this.stateMachine = new SessionStateMachine(store);
            this.transport = context.transport()
                    .open(new TransportContext(
                            self.name(), 0, MAX_CONNECTIONS, line -> events.info("transport", line)));
            opened.add(transport);
            inbox.wakeup(transport::wakeup);
            InetSocketAddress bound = transport.bind(new InetSocketAddress(self.clientAddress(), self.clientPort()));
            this.door = new ClientDoor(
                    transport,
                    context.transport().name(),
                    bound,
                    MAX_MESSAGE_BYTES,
                    context.random(),
                    context.nanoClock(),
                    new DoorStanding(),
                    events);
            this.peers = new PeerLinks(
                    settings, context.incarnation(), context.productVersion(), this::dial, new PeerOutput());
            context.liveness().status(heartbeat(ServerRole.START, 0, ""));
            // Listening comes before the first dial, so that of two servers started together at least one sees the
            // other.
            context.liveness()
                    .listen(
                            new InetSocketAddress(self.groupAddress(), self.groupPort()),
                            "l2-group-port",
                            inbox.door(new GroupDoor()));
            context.liveness()
                    .listen(
                            new InetSocketAddress(self.clientAddress(), self.clientPort()),
                            "dso-port",
                            inbox.quietDoor(door));
            this.election = context.election()
                    .open(
                            new ElectionContext(
                                    settings.selfPosition(),
                                    settings.servers().stream()
                                            .map(ServerSettings::name)
                                            .toList(),
                                    context.incarnation(),
                                    TimeUnit.SECONDS.toNanos(settings.electionTimeSec()),
                                    directory("election"),
                                    "permanent-store".equals(store.mode())),
                            new Decisions());
            opened.add(election);
        } catch (RuntimeException e) {
            closeAll(opened);
            throw e;
        }
        warnIfOpen(self);
        this.roleSinceMs = context.wallClock().getAsLong();
        this.openedNs = context.nanoClock().getAsLong();
        this.lastElectionNs = openedNs;
        this.status = newStatus();
    }

    private static long defaultMemoryBytes() {
        return Runtime.getRuntime().maxMemory() / 2;
    }

    /** Without the array's key peers and Tomcats prove nothing, so whoever reaches the ports can read and change sessions. */
    private void warnIfOpen(ServerSettings self) {
        boolean isLocal = new InetSocketAddress(self.clientAddress(), 0)
                        .getAddress()
                        .isLoopbackAddress()
                && new InetSocketAddress(self.groupAddress(), 0).getAddress().isLoopbackAddress();
        if (!isLocal && settings.arrayKey() == null) {
            events.warning(
                    "unprotected",
                    "dso-port and l2-group-port are open beyond this machine and ask nobody for a proof: make a key with bin/make-key"
                            + " and copy it to all servers and Tomcats, or let a firewall admit only those of this array");
        }
    }

    private Path directory(String name) {
        Path directory = settings.self().dataDirectory().resolve(name);
        try {
            return Files.createDirectories(directory);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot create " + directory, e);
        }
    }

    /** One duty cycle; waits a little when there was nothing to do. */
    void runCycle() {
        long nowNs = context.nanoClock().getAsLong();
        int work = inbox.drain(EVENT_LIMIT);
        work += transport.poll(door, FRAME_LIMIT);
        work += peers.doWork(nowNs);
        work += election.doWork(electionTime());
        work += store.doWork(nowNs);
        @Nullable SessionRequestProcessor serving = processor;
        if (serving != null) {
            work += serving.doWork(nowNs);
        }
        work += door.doWork();
        work += transport.doWork(nowNs);
        if (nowNs - lastPublishNs > PUBLISH_INTERVAL_NS) {
            lastPublishNs = nowNs;
            status = newStatus();
        }
        context.liveness().agentCycled(nowNs);
        if (work == 0) {
            transport.awaitWork(IDLE_NS);
        }
    }

    /**
     * Time for the election. A gap since it was last asked is told first: while this server did not run it could not hear anybody either,
     * so silence over that time proves nothing.
     */
    private long electionTime() {
        long nowNs = context.nanoClock().getAsLong();
        long gapNs = nowNs - lastElectionNs;
        lastElectionNs = nowNs;
        if (gapNs > STALL_NS + IDLE_NS) {
            stalls++;
            election.onEvidence(
                    new Evidence(
                            Evidence.Kind.LOCAL_STALL,
                            settings.selfPosition(),
                            context.incarnation(),
                            ServerRole.START,
                            0,
                            gapNs),
                    nowNs);
        }
        return nowNs;
    }

    ClusterStatus status() {
        return status;
    }

    LivenessInbox inbox() {
        return inbox;
    }

    /** Leaves the array in an orderly way and frees everything. */
    void close() {
        closeAll(List.of(
                store,
                transport,
                election,
                () -> context.liveness().goodbyeAll("server " + settings.self().name() + " stops"),
                () -> election.onStop(electionTime())));
    }

    private static void closeAll(List<AutoCloseable> opened) {
        for (int i = opened.size() - 1; i >= 0; i--) {
            try {
                opened.get(i).close();
            } catch (Exception e) {
                System.getLogger("org.stoneware.server").log(System.Logger.Level.WARNING, "close failed", e);
            }
        }
    }

    private void dial(int memberId, String host, int port, long timeoutNs) {
        context.liveness().connect(host, port, timeoutNs, inbox.door(new PeerDoor(memberId)));
    }

    private Heartbeat heartbeat(ServerRole role, long epoch, String activeAddress) {
        return new Heartbeat(context.incarnation(), 0, role, epoch, activeAddress);
    }

    private String activeAddress(ElectionView view) {
        return view.activeId() == ElectionView.NO_ACTIVE ? "" : peers.clientAddress(view.activeId());
    }

    private void becomeActive(ElectionView view) {
        long nowNs = context.nanoClock().getAsLong();
        if (isForeign) {
            // Somebody else was active meanwhile; what is held here may be older than what Tomcats were told since.
            long discarded = store.figures().sessions();
            store.clear();
            stateMachine.reset(store, stateMachine.lastApplied());
            isForeign = false;
            if (discarded > 0) {
                events.warning("sessions-discarded", "discarded " + discarded + " sessions of an earlier epoch");
            }
        }
        long wallMs = context.wallClock().getAsLong();
        // Log time never goes back, whatever the wall clock does.
        clock = new LogClock(clock == null ? wallMs : Math.max(wallMs, clock.logTimeMs(nowNs) + 1), nowNs);
        processor = new SessionRequestProcessor(
                view.epoch(),
                new RequestLimits(
                        settings.self().name(),
                        MAX_SESSION_BYTES,
                        TimeUnit.SECONDS.toNanos(settings.reconnectWindowSec()),
                        settings.sweepEnabled(),
                        settings.clientLogs()),
                store,
                stateMachine,
                clock,
                nowNs);
    }

    /** Another role, or another epoch in the same role: whoever is connected registers anew. */
    private void leaveActive(ElectionView now) {
        processor = null;
        isForeign |= now.role() != ServerRole.ACTIVE_COORDINATOR;
        door.dropAll("this server is " + now.role().stateName() + " in epoch " + now.epoch() + " now");
    }

    /** Carries out what the election decides. */
    private final class Decisions implements ElectionOutput {
        @Override
        public void send(int memberId, DirectBuffer buffer, int offset, int length) {
            peers.send(memberId, buffer, offset, length);
        }

        @Override
        public void onView(ElectionView before, ElectionView now) {
            boolean isRoleChange = before.role() != now.role();
            if (isRoleChange) {
                roleSinceMs = context.wallClock().getAsLong();
                events.info(
                        "role-changed",
                        "Moved to State[ " + now.role().stateName() + " ]: from "
                                + before.role().stateName() + " epoch=" + now.epoch() + " reason=" + now.reason());
            }
            if (!isRoleChange && before.epoch() != now.epoch()) {
                events.info("epoch-changed", "epoch " + before.epoch() + " -> " + now.epoch() + ": " + now.reason());
            }
            if (processor != null && (now.role() != ServerRole.ACTIVE_COORDINATOR || now.epoch() != before.epoch())) {
                leaveActive(now);
            }
            if (processor == null && now.role() == ServerRole.ACTIVE_COORDINATOR) {
                becomeActive(now);
            }
            context.liveness().status(heartbeat(now.role(), now.epoch(), activeAddress(now)));
            lastPublishNs = 0;
        }
    }

    /** What the clients' door asks. */
    private final class DoorStanding implements ClientDoor.Standing {
        @Override
        public HelloReply reply(HelloReply.Status replyStatus, String reason) {
            return helloReply(replyStatus, reason, ClientDoor.HEARTBEAT_MS, ClientDoor.SILENCE_MS);
        }

        @Override
        public ServerRole role() {
            return election.view().role();
        }

        @Override
        public @Nullable SessionRequestProcessor processor() {
            return processor;
        }
    }

    private HelloReply helloReply(HelloReply.Status replyStatus, String reason, int heartbeatMs, int silenceMs) {
        ElectionView view = election.view();
        return new HelloReply(
                replyStatus,
                settings.self().name(),
                context.incarnation(),
                view.role(),
                view.epoch(),
                activeAddress(view),
                "",
                0,
                0,
                0,
                null,
                heartbeatMs,
                silenceMs,
                reason);
    }

    /** Other servers that dial this one. */
    private final class GroupDoor implements LivenessListener {
        private static final int HEARTBEAT_MS = 50;
        private static final int SILENCE_MS = 500;

        private String lastRefusal = "";

        @Override
        public void onHello(LivenessLink link, Hello hello) {
            if (hello.kind() == Hello.Kind.PROBE) {
                link.sendReply(helloReply(HelloReply.Status.ACCEPTED, "", HEARTBEAT_MS, SILENCE_MS));
                return;
            }
            @Nullable
            String refusal = hello.kind() != Hello.Kind.SERVER
                    ? "this port is for servers; Tomcats use the dso-port"
                    : hello.protocolVersion() != Hello.PROTOCOL_VERSION
                            ? "protocol version " + hello.protocolVersion() + " is not spoken here"
                            : peers.onHello(link, hello);
            if (refusal != null) {
                if (!refusal.equals(lastRefusal)) {
                    lastRefusal = refusal;
                    events.warning("peer-refused", "refused " + hello.name() + ": " + refusal);
                }
                link.sendReply(helloReply(HelloReply.Status.REFUSED, refusal, HEARTBEAT_MS, SILENCE_MS));
                return;
            }
            link.sendReply(helloReply(HelloReply.Status.ACCEPTED, "", HEARTBEAT_MS, SILENCE_MS));
        }

        @Override
        public void onHeartbeat(LivenessLink link, Heartbeat heartbeat) {
            peers.onHeartbeat(link, heartbeat, context.wallClock().getAsLong());
        }

        @Override
        public void onMessage(LivenessLink link, DirectBuffer buffer, int offset, int length) {
            peers.onMessage(link, buffer, offset, length);
        }

        @Override
        public void onSilence(LivenessLink link, long silentNs) {
            peers.onSilence(link, silentNs);
            if (peers.memberOf(link) < 0) {
                link.close();
            }
        }

        @Override
        public void onClosed(LivenessLink link, CloseCause cause, String reason) {
            peers.onClosed(link, cause, reason);
        }
    }

    /** One server this one dials. */
    private final class PeerDoor implements LivenessListener {
        private final int memberId;

        PeerDoor(int memberId) {
            this.memberId = memberId;
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
            peers.onReply(memberId, link, reply, context.wallClock().getAsLong());
        }

        @Override
        public void onHeartbeat(LivenessLink link, Heartbeat heartbeat) {
            peers.onHeartbeat(link, heartbeat, context.wallClock().getAsLong());
        }

        @Override
        public void onMessage(LivenessLink link, DirectBuffer buffer, int offset, int length) {
            peers.onMessage(link, buffer, offset, length);
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

    /** What the links to the other servers tell goes to the election. */
    private final class PeerOutput implements PeerLinks.Output {
        @Override
        public void onEvidence(Evidence evidence) {
            election.onEvidence(evidence, electionTime());
        }

        @Override
        public void onMessage(int memberId, DirectBuffer buffer, int offset, int length) {
            election.onMessage(memberId, buffer, offset, length, electionTime());
        }
    }

    /** What the store tells. */
    private final class StoreEvents implements StoreListener {
        @Override
        public void onLoaded(long ticket) {
            if (processor != null) {
                processor.onLoaded(context.nanoClock().getAsLong());
            }
        }

        @Override
        public void onDurable(long position) {
            // Nothing waits for durability in the modes this version has.
        }

        @Override
        public void onFailed(String reason) {
            storeFailure = "the session store refuses changes: " + reason;
            events.warning("storage-failed", storeFailure);
        }
    }

    private ClusterStatus newStatus() {
        ElectionView view = election.view();
        List<MemberStatus> members = new ArrayList<>();
        for (ServerSettings server : settings.servers()) {
            members.add(member(server, view));
        }
        @Nullable SessionRequestProcessor serving = processor;
        StoreFigures figures = store.figures();
        return new ClusterStatus(
                settings.self().name(),
                context.productVersion(),
                TimeUnit.NANOSECONDS.toMillis(context.nanoClock().getAsLong() - openedNs),
                members,
                serving == null ? List.of() : serving.clientStatus(),
                new StorageStatus(
                        settings.self().persistenceMode(),
                        store.mode(),
                        context.storeNote(),
                        figures.sessions(),
                        figures.payloadBytes(),
                        figures.memoryUsedBytes(),
                        figures.memoryMaxBytes(),
                        figures.diskUsedBytes(),
                        figures.diskMaxBytes()),
                counters(serving),
                problems());
    }

    private List<String> problems() {
        List<String> problems = new ArrayList<>();
        if (!storeFailure.isEmpty()) {
            problems.add(storeFailure);
        }
        for (ServerSettings server : settings.servers()) {
            String misfit = peers.peer(server.position()).misfit();
            if (!misfit.isEmpty()) {
                problems.add("server " + server.name() + " " + misfit);
            }
        }
        return problems;
    }

    private MemberStatus member(ServerSettings server, ElectionView view) {
        boolean isSelf = server.position() == settings.selfPosition();
        PeerLinks.Peer peer = peers.peer(server.position());
        ServerRole role = isSelf ? view.role() : peer.role();
        return new MemberStatus(
                server.name(),
                server.host(),
                server.clientPort(),
                server.jmxPort(),
                server.groupPort(),
                server.managementPort(),
                role,
                isSelf ? view.reason() : peer.detail(),
                isSelf ? view.epoch() : peer.epoch(),
                role == ServerRole.ACTIVE_COORDINATOR || role == ServerRole.PASSIVE_STANDBY,
                isSelf || peer.isReachable(),
                isSelf ? roleSinceMs : peer.sinceMs());
    }

    private List<Counter> counters(@Nullable SessionRequestProcessor serving) {
        List<Counter> all = new ArrayList<>();
        if (serving != null) {
            all.addAll(serving.counterList());
        }
        TransportCounters carried = transport.counters();
        all.add(new Counter("transport.frames-sent", carried.framesSent()));
        all.add(new Counter("transport.frames-received", carried.framesReceived()));
        all.add(new Counter("transport.bytes-sent", carried.bytesSent()));
        all.add(new Counter("transport.bytes-received", carried.bytesReceived()));
        all.add(new Counter("transport.back-pressured", carried.backPressured()));
        all.add(new Counter("transport.frames-rejected", carried.framesRejected()));
        all.add(new Counter("transport.rebuilds", carried.rebuilds()));
        all.add(new Counter("liveness.protocol-errors", context.liveness().protocolErrors()));
        all.add(new Counter("election.refused-messages", election.refusedMessages()));
        all.add(new Counter("agent.stalls", stalls));
        all.add(new Counter("clients.broken-messages", door.brokenMessages()));
        return all;
    }
}
