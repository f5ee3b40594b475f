package org.stoneware.server.agent;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.cluster.ClusterStatus;
import org.stoneware.api.cluster.ClusterStatus.Counter;
import org.stoneware.api.cluster.Histogram;
import org.stoneware.api.cluster.MemberFacts;
import org.stoneware.api.cluster.MemberState;
import org.stoneware.api.cluster.MemberStatus;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.api.cluster.StorageStatus;
import org.stoneware.api.config.ServerSettings;
import org.stoneware.server.membership.PeerLinks;
import org.stoneware.server.replication.PassiveReplica;
import org.stoneware.server.replication.ReconcileResult;
import org.stoneware.server.replication.Standbys;
import org.stoneware.server.replication.SyncState;
import org.stoneware.server.request.SessionRequestProcessor;
import org.stoneware.server.role.RoleDuties;
import org.stoneware.spi.election.Election;
import org.stoneware.spi.election.ElectionView;
import org.stoneware.spi.storage.StoreFigures;
import org.stoneware.spi.storage.StoreHealth;
import org.stoneware.spi.transport.Transport;
import org.stoneware.spi.transport.TransportCounters;
import org.stoneware.wire.figures.ServerFigures;

/**
 * Makes the picture of the array that people and tools see.
 * <p>
 * <b>Threading:</b> the agent thread; the picture itself is immutable.
 */
final class StatusReport {
    private final ServerContext context;
    private final PeerLinks peers;
    private final RoleDuties duties;
    private final Transport transport;
    private final Election election;
    private final ClientDoor door;
    private final EventLog events;
    private final long openedNs;

    StatusReport(
            ServerContext context,
            PeerLinks peers,
            RoleDuties duties,
            Transport transport,
            Election election,
            ClientDoor door,
            EventLog events,
            long openedNs) {
        this.context = context;
        this.peers = peers;
        this.duties = duties;
        this.transport = transport;
        this.election = election;
        this.door = door;
        this.events = events;
        this.openedNs = openedNs;
    }

    /**
     * @param roles       changes of role and term.
     * @param exchange    where an exchange of stores stands.
     * @param stalls      how often the agent did not run for long.
     */
    ClusterStatus now(RoleHistory roles, ExchangePicture exchange, long stalls) {
        ElectionView view = election.view();
        List<MemberStatus> members = new ArrayList<>();
        for (ServerSettings server : context.settings().servers()) {
            members.add(member(server, view, roles.sinceMs()));
        }
        @Nullable SessionRequestProcessor serving = duties.processor();
        StoreFigures figures = duties.current().store().figures();
        return new ClusterStatus(
                context.settings().self().name(),
                context.productVersion(),
                uptimeMs(),
                members,
                serving == null ? List.of() : serving.clientStatus(),
                new StorageStatus(
                        context.settings().self().persistenceMode(),
                        duties.current().store().mode(),
                        storageDetail(),
                        figures.sessions(),
                        figures.payloadBytes(),
                        figures.memoryUsedBytes(),
                        figures.memoryMaxBytes(),
                        figures.diskUsedBytes(),
                        figures.diskMaxBytes()),
                counters(serving, roles, stalls),
                histograms(serving),
                problems(exchange));
    }

    /** Why the mode is not the configured one. */
    private String storageDetail() {
        StoreChoice choice = context.stores().choice();
        return choice.isConfigured() ? context.storeNote() : choice.inWords();
    }

    private List<String> problems(ExchangePicture exchange) {
        List<String> problems = new ArrayList<>(exchange.problems());
        StoreHealth health = duties.current().store().health();
        switch (health.state()) {
            case OK -> {}
            case FULL -> problems.add("the session store has no room for more: " + health.reason());
            case FAILED -> problems.add("the session store refuses changes: " + health.reason());
        }
        String unread = duties.current().store().readProblem();
        if (!unread.isEmpty()) {
            problems.add("sessions can't be read from disk, requests for them wait: " + unread);
        }
        ServerRole role = election.view().role();
        String damage = duties.current().store().damage();
        if (!damage.isEmpty() && duties.current().store().place().isSuspect() && role != ServerRole.START) {
            problems.add("acknowledged sessions are lost: " + damage + "; check the disk of this server");
        }
        if (duties.current().held().isSuspect()
                && (role == ServerRole.START || role == ServerRole.PASSIVE_UNINITIALIZED)) {
            problems.add(
                    "what this server found on its disk may lack acknowledged changes, so it does not become active by"
                            + " itself before one that holds all; start that one, or use bin/force-active");
        }
        for (ServerSettings server : context.settings().servers()) {
            String misfit = peers.peer(server.position()).misfit();
            if (!misfit.isEmpty()) {
                problems.add("server " + server.name() + " " + misfit);
            }
        }
        return problems;
    }

    private MemberStatus member(ServerSettings server, ElectionView view, long roleSinceMs) {
        int id = server.position();
        boolean isSelf = id == context.settings().selfPosition();
        PeerLinks.Peer peer = peers.peer(id);
        ServerRole role = isSelf ? view.role() : peer.role();
        boolean isActive = view.role() == ServerRole.ACTIVE_COORDINATOR;
        boolean isInSync = role == ServerRole.ACTIVE_COORDINATOR
                || (isActive && !isSelf ? duties.isInSync(id) : role == ServerRole.PASSIVE_STANDBY);
        return new MemberStatus(
                server.name(),
                server.host(),
                server.clientPort(),
                server.jmxPort(),
                server.groupPort(),
                server.managementPort(),
                role,
                isSelf ? ownDetail(view) : detail(id, peer),
                isSelf ? view.epoch() : peer.epoch(),
                isInSync,
                isSelf || peer.isReachable(),
                isSelf ? roleSinceMs : peer.sinceMs(),
                isSelf ? ownFacts(view) : facts(id, peer));
    }

    private MemberFacts ownFacts(ElectionView view) {
        Set<MemberState> states = EnumSet.noneOf(MemberState.class);
        int progress = MemberFacts.UNKNOWN;
        @Nullable PassiveReplica replica = duties.replica();
        if (view.role() == ServerRole.ACTIVE_COORDINATOR) {
            addIf(states, MemberState.BLOCKED, election.isBlocked() || hasNoStore());
            addIf(
                    states,
                    MemberState.SOLO,
                    !duties.hasStandby() && context.settings().servers().size() > 1);
            addIf(states, MemberState.STALE_SESSIONS, duties.hasStaleSessions());
        } else if (view.role() == ServerRole.PASSIVE_UNINITIALIZED && replica != null) {
            states.add(
                    switch (replica.state()) {
                        case WAITING -> MemberState.WAITING;
                        case RECONCILING -> MemberState.RECONCILING;
                        case INSTALLING -> MemberState.COPYING;
                        case FOLLOWING -> MemberState.CATCHING_UP;
                    });
            progress = progress(view, replica);
        }
        return new MemberFacts(
                states,
                progress,
                MemberFacts.UNKNOWN,
                duties.current().store().figures().sessions(),
                uptimeMs(),
                duties.current().store().mode(),
                view.reason());
    }

    /** The active has told how many sessions there are. */
    private int progress(ElectionView view, PassiveReplica replica) {
        long copied = replica.copiedSessions();
        if (copied < 0 || view.activeId() == ElectionView.NO_ACTIVE) {
            return MemberFacts.UNKNOWN;
        }
        @Nullable ServerFigures active = peers.peer(view.activeId()).figures();
        return active == null || active.sessions() <= 0
                ? MemberFacts.UNKNOWN
                : (int) Math.min(100, 100 * copied / active.sessions());
    }

    private MemberFacts facts(int memberId, PeerLinks.Peer peer) {
        @Nullable Standbys standbys = duties.standbys();
        @Nullable SyncState sync = duties.syncState(memberId);
        @Nullable ServerFigures figures = peer.figures();
        Set<MemberState> states = EnumSet.noneOf(MemberState.class);
        if (sync != null && peer.isReachable()) {
            switch (sync) {
                case AWAIT_POSITION -> states.add(MemberState.WAITING);
                case RECONCILE -> states.add(MemberState.RECONCILING);
                case SEND_SNAPSHOT -> states.add(MemberState.COPYING);
                case CATCH_UP -> states.add(MemberState.CATCHING_UP);
                case FAILED -> states.add(MemberState.COPY_FAILED);
                case SYNCED -> {}
            }
        }
        return new MemberFacts(
                states,
                standbys == null || !peer.isReachable() ? MemberFacts.UNKNOWN : standbys.progressPercent(memberId),
                standbys == null ? MemberFacts.UNKNOWN : standbys.lagEntries(memberId),
                figures == null ? MemberFacts.UNKNOWN : figures.sessions(),
                figures == null ? MemberFacts.UNKNOWN : figures.uptimeMs(),
                figures == null ? "" : figures.storageMode(),
                "");
    }

    private static void addIf(Set<MemberState> states, MemberState state, boolean isTrue) {
        if (isTrue) {
            states.add(state);
        }
    }

    private long uptimeMs() {
        return TimeUnit.NANOSECONDS.toMillis(context.nanoClock().getAsLong() - openedNs);
    }

    /** Tells the other servers what this one holds, and its events what is new. */
    void share(ClusterStatus published, StatusWatch watch) {
        peers.tellFigures(new ServerFigures(
                context.wallClock().getAsLong(),
                uptimeMs(),
                published.storage().sessions(),
                published.storage().mode()));
        long nowNs = context.nanoClock().getAsLong();
        watch.onStatus(published, nowNs);
        for (ServerSettings server : context.settings().servers()) {
            PeerLinks.Peer peer = peers.peer(server.position());
            if (peer.figures() != null) {
                watch.onClockDifference(server.name(), peer.clockDifferenceMs(), nowNs);
            }
        }
    }

    private String ownDetail(ElectionView view) {
        @Nullable PassiveReplica replica = duties.replica();
        if (view.role() == ServerRole.ACTIVE_COORDINATOR) {
            boolean isAlone =
                    !duties.hasStandby() && context.settings().servers().size() > 1;
            return (hasNoStore() ? "blocked: no store, " : "")
                    + (election.isBlocked() ? "blocked: votes, " : isAlone ? "solo, " : "")
                    + (duties.hasStaleSessions() ? "sessions may be old, " : "")
                    + view.reason();
        }
        if (view.role() == ServerRole.PASSIVE_UNINITIALIZED && replica != null) {
            return view.reason() + "; " + replica.state().inWords();
        }
        return view.reason();
    }

    /** The store takes no changes any more, so nothing is acknowledged. */
    private boolean hasNoStore() {
        return duties.current().store().health().state() == StoreHealth.State.FAILED;
    }

    private String detail(int memberId, PeerLinks.Peer peer) {
        @Nullable SyncState sync = duties.syncState(memberId);
        String detail = sync == null || !peer.detail().isEmpty() ? peer.detail() : sync.inWords();
        String note = peer.isReachable() ? election.detectionNote(memberId) : "";
        return detail.isEmpty() || note.isEmpty() ? detail + note : detail + "; " + note;
    }

    private List<Histogram> histograms(@Nullable SessionRequestProcessor serving) {
        List<Histogram> all = new ArrayList<>();
        @Nullable Standbys standbys = duties.standbys();
        if (serving != null) {
            all.addAll(serving.histograms());
        }
        if (standbys != null) {
            for (ServerSettings server : context.settings().servers()) {
                if (server.position() != context.settings().selfPosition()) {
                    all.add(standbys.acknowledgements(server.position(), "replication.acknowledged." + server.name()));
                }
            }
            all.add(standbys.durable("store.durable"));
        }
        return all;
    }

    private List<Counter> counters(@Nullable SessionRequestProcessor serving, RoleHistory roles, long stalls) {
        List<Counter> all = new ArrayList<>();
        if (serving != null) {
            all.addAll(serving.counterList());
        }
        @Nullable Standbys standbys = duties.standbys();
        @Nullable PassiveReplica replica = duties.replica();
        if (standbys != null) {
            all.add(new Counter("replication.refused-frames", standbys.refusedFrames()));
            all.add(new Counter("replica-check.offered-slots", standbys.offeredSlots()));
            all.add(new Counter("replica-check.rounds", standbys.checkRounds()));
            all.add(new Counter("replica-check.mismatches", standbys.mismatches()));
        }
        if (replica != null) {
            all.add(new Counter("replication.last-index", replica.lastIndex()));
            all.add(new Counter("replication.commit-index", replica.log().commitIndex()));
            all.add(new Counter("replication.lost", replica.lost()));
            all.add(new Counter("replication.waiting-for-disk", replica.log().waiting()));
            all.add(new Counter("replica-check.compared-slots", replica.log().comparedSlots()));
            all.add(new Counter("replica-check.compared-rows", replica.log().comparedRows()));
            all.add(new Counter("replica-check.mismatches", replica.mismatches()));
        }
        ReconcileResult reconciled = duties.reconciled();
        all.add(new Counter("split.adopted", reconciled.adopted()));
        all.add(new Counter("split.conflicts", reconciled.conflicts()));
        all.add(new Counter("split.removed", reconciled.removed()));
        all.add(new Counter("split.refused", reconciled.refused()));
        all.add(new Counter("split.discarded", reconciled.discarded()));
        TransportCounters carried = transport.counters();
        all.add(new Counter("transport.frames-sent", carried.framesSent()));
        all.add(new Counter("transport.frames-received", carried.framesReceived()));
        all.add(new Counter("transport.bytes-sent", carried.bytesSent()));
        all.add(new Counter("transport.bytes-received", carried.bytesReceived()));
        all.add(new Counter("transport.back-pressured", carried.backPressured()));
        all.add(new Counter("transport.frames-rejected", carried.framesRejected()));
        all.add(new Counter("transport.rebuilds", carried.rebuilds()));
        all.add(new Counter("liveness.protocol-errors", context.liveness().protocolErrors()));
        all.add(new Counter("elections", roles.terms()));
        all.add(new Counter("elections.won", roles.timesActive()));
        all.add(new Counter("election.refused-messages", election.refusedMessages()));
        all.add(new Counter("agent.stalls", stalls));
        all.add(new Counter("clients.broken-messages", door.brokenMessages()));
        duties.current().store().visitCounters((name, value) -> all.add(new Counter("store." + name, value)));
        all.addAll(events.counts());
        return all;
    }
}
