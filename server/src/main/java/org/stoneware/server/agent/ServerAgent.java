package org.stoneware.server.agent;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.cluster.ClusterStatus;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.api.config.ArraySettings;
import org.stoneware.api.config.ServerSettings;
import org.stoneware.server.admin.SessionQuestions;
import org.stoneware.server.membership.PeerLinks;
import org.stoneware.server.membership.ReplicationLinks;
import org.stoneware.server.membership.VoterLinks;
import org.stoneware.server.replication.FrameOutput;
import org.stoneware.server.replication.Standbys;
import org.stoneware.server.request.ClientPort;
import org.stoneware.server.request.SessionRequestProcessor;
import org.stoneware.server.role.RoleDuties;
import org.stoneware.server.role.RoleHandOver;
import org.stoneware.server.role.RoleOutput;
import org.stoneware.server.session.ClientId;
import org.stoneware.server.storage.StoreOrder;
import org.stoneware.spi.election.Election;
import org.stoneware.spi.election.ElectionOutput;
import org.stoneware.spi.election.ElectionView;
import org.stoneware.spi.election.Evidence;
import org.stoneware.spi.election.InSyncSet;
import org.stoneware.spi.liveness.Heartbeat;
import org.stoneware.spi.liveness.Hello;
import org.stoneware.spi.liveness.HelloReply;
import org.stoneware.spi.liveness.LivenessLink;
import org.stoneware.spi.transport.FrameListener;
import org.stoneware.spi.transport.Transport;
import org.stoneware.spi.transport.TransportContext;

/**
 * Owns all state of a server and moves it forward, one duty cycle after the other.
 * <p>
 * <b>Threading:</b> {@link #open} and {@link #close} on the thread that runs the cycle, as is everything else but {@link #status},
 * {@link #handOver} and {@link #inbox}.
 */
final class ServerAgent {
    /** Largest session; the largest message is a little more. */
    static final int MAX_SESSION_BYTES = 32 * 1024 * 1024;

    private static final int MAX_MESSAGE_BYTES = MAX_SESSION_BYTES + 64 * 1024;
    /** A replicated session with the fields around it. */
    private static final int MAX_FRAME_BYTES = MAX_MESSAGE_BYTES + 64 * 1024;

    private static final int MAX_CONNECTIONS = 1024;
    private static final int FRAME_LIMIT = 64;
    /** More than ever wait for one cycle: who judges silence has read everything that came. */
    private static final int EVENT_LIMIT = 4096;
    /** Timers are served this often when nothing arrives. */
    private static final long IDLE_NS = TimeUnit.MILLISECONDS.toNanos(20);

    /** The same while a takeover is under way, or a store that has no thread to wake this one is asked whether its disk is done. */
    private static final long SHORT_IDLE_NS = TimeUnit.MILLISECONDS.toNanos(1);

    private static final long PUBLISH_INTERVAL_NS = TimeUnit.MILLISECONDS.toNanos(500);
    private final ServerContext context;
    private final ArraySettings settings;
    private final LivenessInbox inbox = new LivenessInbox();
    private final EventLog events;
    private final Transport transport;
    private final Election election;
    private final PeerLinks peers;
    private final ReplicationLinks replication;
    private final SessionGenerations generations;
    private final RoleDuties duties;
    private final RoleHandOver handOver;
    private final StoreExchange stores;
    private final VoterLinks voters;
    private final GroupDoor groupDoor;
    private final ClientDoor door;
    private final StatusReport report;
    private final StatusWatch watch;
    private final FrameListener frames;
    private final SessionDesk sessions;
    private final RoleHistory roles;
    private final TakeoverTimeline timeline;
    private final WarmUp warmUp;
    private final AgentTime time;
    private final long openedNs;
    private long lastPublishNs;
    private boolean isStatusDue;
    private volatile ClusterStatus status;

    /**
     * Opens store, transport, election and doors.
     *
     * @param otherProblems what others found out, from any thread.
     * @throws RuntimeException of the part that can't be opened; what was opened before it is closed again.
     */
    @SuppressWarnings("this-escape")
    ServerAgent(ServerContext context, EventLog events, Supplier<List<String>> otherProblems) {
        this.context = context;
        this.watch = new StatusWatch(context.settings(), events, otherProblems);
        this.time = new AgentTime(context, watch, this::onSleep);
        AgentParts parts = new AgentParts(context);
        this.settings = context.settings();
        this.events = events;
        this.roles = new RoleHistory(events, context.wallClock().getAsLong());
        this.warmUp = parts.warmUp();
        this.timeline = new TakeoverTimeline(events::info, context.nanoClock(), context.wallClock());
        ServerSettings self = settings.self();
        List<AutoCloseable> opened = new ArrayList<>();
        try {
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
                    time::nowNs,
                    new DoorStanding(),
                    events);
            this.peers = new PeerLinks(
                    settings, context.incarnation(), context.productVersion(), this::dialMember, new PeerOutput());
            this.replication =
                    newReplicationLinks(transport.bind(new InetSocketAddress(self.groupAddress(), self.groupPort())));
            this.frames = new FramesByPurpose(replication, door);
            this.voters = new VoterLinks(settings, new Votes(this::election, this::electionTime));
            this.groupDoor = new GroupDoor(peers, replication, voters, this::helloReply, events, context.wallClock());
            this.generations = new SessionGenerations(
                    context,
                    events,
                    MAX_SESSION_BYTES,
                    new StoreEvents(this::onLoaded, () -> isStatusDue = true),
                    transport::wakeup);
            this.duties = new RoleDuties(
                    parts.roleLimits(MAX_SESSION_BYTES), generations.open(), generations, new DutyRequests());
            this.stores = newStoreExchange();
            opened.add(this::closeStores);
            context.liveness().status(new Heartbeat(context.incarnation(), 0, ServerRole.START, 0, ""));
            listen(self);
            this.election = context.election()
                    .open(
                            parts.electionContext(
                                    () -> duties.current().keepsSessions(),
                                    duties.current().held()),
                            new Decisions());
            opened.add(election);
            this.handOver = new RoleHandOver(
                    duties, now -> election.requestHandOver(electionTime()), peers::isAnyActive, new DutyRequests());
        } catch (RuntimeException | Error e) {
            // The latter when no thread or memory is to be had: its process must not hold ports and files for nothing.
            AgentParts.closeAll(opened);
            throw e;
        }
        this.sessions =
                new SessionDesk(inbox, new SessionQuestions(new AdminSurroundings(context, duties, election, events)));
        parts.warnIfOpen(events);
        this.openedNs = time.begin();
        this.report = new StatusReport(context, peers, duties, transport, election, door, events, openedNs);
        this.status = report.now(roles, stores.picture(), time.stalls());
    }

    private void listen(ServerSettings self) {
        // Before the first dial: of two servers started together at least one sees the other.
        context.liveness()
                .listen(
                        new InetSocketAddress(self.groupAddress(), self.groupPort()),
                        "l2-group-port",
                        inbox.door(groupDoor));
        context.liveness()
                .listen(
                        new InetSocketAddress(self.clientAddress(), self.clientPort()),
                        "dso-port",
                        door.listener(inbox, context.liveness()::agentAgeMs));
    }

    private StoreExchange newStoreExchange() {
        return new StoreExchange(
                context.stores(),
                generations,
                new StoreOpener(generations, inbox, events, Thread::new),
                ChoiceWriter.onItsOwnThread(inbox, events),
                events,
                new StoreHost(context, peers, duties, () -> election().view().role(), this::handOver));
    }

    private ReplicationLinks newReplicationLinks(InetSocketAddress bound) {
        return new ReplicationLinks(
                settings,
                transport,
                context.transport().name(),
                bound,
                MAX_FRAME_BYTES,
                context.incarnation(),
                context.productVersion(),
                context.random(),
                time::nowNs,
                this::dialForReplication,
                new ReplicationOutput());
    }

    /** One duty cycle; waits a little when there was nothing to do. */
    void runCycle() {
        long nowNs = time.nowNs();
        int work = inbox.drain(EVENT_LIMIT);
        work += transport.poll(frames, FRAME_LIMIT);
        work += peers.doWork(nowNs);
        door.witnesses().count(duties.current().state().clients().size(), nowNs);
        work += election.doWork(electionTime());
        work += replication.doWork(nowNs);
        work += duties.doWork(nowNs);
        work += handOver.doWork(nowNs);
        work += sessions.doWork(nowNs);
        work += stores.doWork(nowNs);
        work += door.doWork();
        work += transport.doWork(nowNs);
        noteProgress();
        if (isStatusDue || nowNs - lastPublishNs > PUBLISH_INTERVAL_NS) {
            isStatusDue = false;
            lastPublishNs = nowNs;
            status = report.now(roles, stores.picture(), time.stalls());
            report.share(status, watch);
        }
        context.liveness().agentCycled(nowNs);
        if (work == 0) {
            transport.awaitWork(duties.awaitsDisk() || timeline.isHurried() ? SHORT_IDLE_NS : IDLE_NS);
        }
    }

    private void noteProgress() {
        @Nullable SessionRequestProcessor serving = duties.processor();
        if (timeline.isOpen() && serving != null) {
            timeline.onProgress(serving.progress());
        }
    }

    /** What others promised this server for a while may be over, whatever its monotonic clock says. */
    private void onSleep(long nowNs) {
        Standbys fed = duties.standbys();
        if (fed != null) {
            fed.distrust(nowNs);
        }
    }

    /** Time for the election, which hears of stalls first. */
    private long electionTime() {
        return time.forElection(election, IDLE_NS);
    }

    ClusterStatus status() {
        return status;
    }

    private Election election() {
        return election;
    }

    LivenessInbox inbox() {
        return inbox;
    }

    /** Questions about sessions; any thread. */
    SessionDesk sessions() {
        return sessions;
    }

    StoreExchange stores() {
        return stores;
    }

    /** See {@link Election#appoint}; the answer comes on the agent thread. Any thread. */
    void appoint(boolean isForced, String by, Consumer<String> answer) {
        inbox.submit(() -> answer.accept(election.appoint(isForced, by, electionTime())));
    }

    /** Gives the active role to the standby, if there is one; callable from any thread. */
    void handOver(String by) {
        inbox.submit(() -> handOver.begin(by, context.nanoClock().getAsLong()));
    }

    /** Leaves the array in an orderly way, hands the active role over if it has a standby, and frees everything. */
    void close() {
        AgentParts.closeAll(List.of(
                transport,
                this::closeStores,
                election,
                () -> context.liveness().goodbyeAll("server " + settings.self().name() + " stops"),
                sessions::close,
                this::leave));
    }

    private void closeStores() throws IOException {
        duties.close();
        generations.awaitClosed();
        generations.stopped(duties.current().isClosedWhole());
    }

    /** Answers what has been taken in, gives up the role, and stays until the standby has it. */
    private void leave() {
        stores.close();
        boolean isOffered = handOver.end();
        new OrderlyStop(
                        election,
                        duties,
                        events,
                        settings.failoverPriority().equals("consistency"),
                        this::runCycle,
                        context.nanoClock(),
                        this::electionTime)
                .run(isOffered, peers::isAnyActive);
    }

    private void dialMember(int memberId, String host, int port, long timeoutNs) {
        context.liveness().connect(host, port, timeoutNs, inbox.door(groupDoor.member(memberId)));
    }

    private void dialForReplication(int memberId, String host, int port, long timeoutNs) {
        context.liveness().connect(host, port, timeoutNs, inbox.door(groupDoor.replication(memberId)));
    }

    private String activeAddress(ElectionView view) {
        return view.activeId() == ElectionView.NO_ACTIVE ? "" : peers.clientAddress(view.activeId());
    }

    /** Carries out what the election decides. */
    private final class Decisions implements ElectionOutput {
        @Override
        public void send(int memberId, DirectBuffer buffer, int offset, int length) {
            peers.send(memberId, buffer, offset, length);
        }

        @Override
        public void onView(ElectionView before, ElectionView now) {
            roles.onView(before, now, context.wallClock().getAsLong());
            timeline.onView(now);
            if (now.role() == ServerRole.PASSIVE_STANDBY) {
                warmUp.begin();
            }
            duties.onView(
                    before,
                    now,
                    context.nanoClock().getAsLong(),
                    context.wallClock().getAsLong());
            context.liveness()
                    .status(new Heartbeat(context.incarnation(), 0, now.role(), now.epoch(), activeAddress(now)));
            if (now.role() != ServerRole.ACTIVE_COORDINATOR) {
                door.witnesses().forgetSolo();
            }
            timeline.onServing();
            isStatusDue = true;
        }

        @Override
        public void sendToVoter(long idHigh, long idLow, DirectBuffer buffer, int offset, int length) {
            voters.send(idHigh, idLow, buffer, offset, length);
        }

        @Override
        public void askWitnesses(int memberId) {
            timeline.first(TakeoverTimeline.Step.TOMCATS_ASKED);
            door.witnesses()
                    .ask(
                            memberId,
                            settings.servers().get(memberId).name(),
                            peers.peer(memberId).incarnation());
        }

        @Override
        public void onInSync(InSyncSet inSync) {
            boolean isSolo = inSync.members().size() == 1;
            if (isSolo) {
                // Before anything is acknowledged alone.
                door.witnesses().tellSolo(context.incarnation(), true);
            }
            duties.onInSync(inSync, context.nanoClock().getAsLong());
            if (!isSolo) {
                door.witnesses().tellSolo(context.incarnation(), false);
            }
            isStatusDue = true;
        }
    }

    /** What the duties of the role ask for. */
    private final class DutyRequests implements RoleOutput {
        @Override
        public boolean requestAddPeer(int memberId, long incarnation, long nowNs) {
            return election.requestAddPeer(memberId, incarnation, electionTime());
        }

        @Override
        public boolean requestDropPeer(int memberId, String reason, long nowNs) {
            return election.requestDropPeer(memberId, reason, electionTime());
        }

        @Override
        public void follow(int activeId) {
            replication.follow(activeId);
        }

        @Override
        public void requestHandOver(String by, boolean isUrgent, long nowNs) {
            handOver.begin(by, isUrgent, nowNs);
        }

        @Override
        public void dropClients(String reason) {
            door.dropAll(reason);
        }

        @Override
        public void info(String kind, String text) {
            events.info(kind, text);
            isStatusDue = true;
        }

        @Override
        public void warning(String kind, String text) {
            events.warning(kind, text);
            isStatusDue = true;
        }
    }

    /** What replication connections bring. */
    private final class ReplicationOutput implements ReplicationLinks.Output {
        private static final long FRAME_EVIDENCE_NS = 50_000_000;
        private long lastFrameToldNs;

        @Override
        public boolean isActive() {
            return duties.standbys() != null;
        }

        @Override
        public void onConnected(int memberId, FrameOutput frames) {
            duties.onConnected(memberId, frames);
        }

        @Override
        public void onConnectionLost(int memberId) {
            duties.onConnectionLost(memberId);
        }

        @Override
        public void onFrame(int memberId, DirectBuffer frame, int offset, int length, long nowNs) {
            if (nowNs - lastFrameToldNs > FRAME_EVIDENCE_NS) {
                lastFrameToldNs = nowNs;
                peers.onReplicationFrame(memberId);
            }
            duties.onFrame(memberId, frame, offset, length, nowNs);
        }

        @Override
        public HelloReply reply(HelloReply.Status replyStatus, String reason) {
            return helloReply(replyStatus, reason, ReplicationLinks.HEARTBEAT_MS, ReplicationLinks.SILENCE_MS);
        }

        @Override
        public void warning(String kind, String text) {
            events.warning(kind, text);
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
            return duties.processor();
        }

        @Override
        public void onWitness(Evidence evidence) {
            timeline.last(TakeoverTimeline.Step.TOMCATS_HEARD);
            election.onEvidence(evidence, electionTime());
        }

        @Override
        public void onWitnesses(Evidence.Kind kind, int count) {
            election.onEvidence(Evidence.ofWitnesses(kind, settings.selfPosition(), count), electionTime());
        }

        @Override
        public void onTomcat(LivenessLink link, Hello hello) {
            if (hello.kind() == Hello.Kind.VALVE) {
                timeline.first(TakeoverTimeline.Step.FIRST_TOMCAT);
            }
            if (settings.hasClientVoters()) {
                voters.onAccepted(link, hello);
            }
        }

        @Override
        public void onTomcatGone(LivenessLink link, @Nullable ClientPort port) {
            voters.onClosed(link);
            duties.onClientGone(port);
        }

        @Override
        public void onVote(LivenessLink link, DirectBuffer vote) {
            voters.onMessage(link, vote, 0, vote.capacity());
        }

        @Override
        public boolean isRegistered(long idHigh, long idLow) {
            return duties.current().state().knowsClient(new ClientId(idHigh, idLow));
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

    /** What the links to the other servers tell goes to the election. */
    private final class PeerOutput implements PeerLinks.Output {
        private final Map<Integer, ServerRole> shown = new HashMap<>();

        @Override
        public void onEvidence(Evidence evidence) {
            ServerRole role = peers.peer(evidence.memberId()).role();
            // Who asks this server sees at once what another has become.
            isStatusDue |= shown.put(evidence.memberId(), role) != role;
            timeline.onEvidence(
                    evidence, settings.servers().get(evidence.memberId()).name(), election.view());
            long nowNs = electionTime();
            duties.onEvidence(evidence, nowNs);
            election.onEvidence(evidence, nowNs);
        }

        @Override
        public void onMessage(int memberId, DirectBuffer buffer, int offset, int length) {
            if (StoreOrder.isOne(buffer, offset, length)) {
                stores.onOrder(memberId, StoreOrder.decode(buffer, offset, length));
                return;
            }
            election.onMessage(memberId, buffer, offset, length, electionTime());
        }
    }

    private void onLoaded() {
        @Nullable SessionRequestProcessor serving = duties.processor();
        if (serving != null) {
            serving.onLoaded();
        }
    }
}
