package org.stoneware.testkit.election;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.spi.election.Election;
import org.stoneware.spi.election.ElectionContext;
import org.stoneware.spi.election.ElectionOutput;
import org.stoneware.spi.election.ElectionProvider;
import org.stoneware.spi.election.ElectionView;
import org.stoneware.spi.election.Evidence;
import org.stoneware.spi.election.FailoverPriority;
import org.stoneware.spi.election.InSyncSet;

/**
 * Servers of one array in one thread: elections under test, simulated time, links, crashes and pauses, and the evidence that follows
 * from them. Everything is decided by the seed; the same seed gives the same run.
 * <p>
 * {@link ElectionInvariants} are checked at every step; a violation is an {@link AssertionError}.
 */
public final class SimulatedElectionNetwork implements AutoCloseable {
    /** Election time of the simulated servers. */
    public static final long ELECTION_TIME_NS = 1_000_000_000L;

    private static final long MS = 1_000_000L;
    private static final long HEARTBEAT_NS = 100 * MS;
    private static final long SILENCE_NS = 500 * MS;
    private static final long RECONNECT_NS = 100 * MS;

    private final ElectionProvider provider;
    private final Path directory;
    private final SplittableRandom random;
    private final boolean isPersistent;
    private final SimulatedServer[] servers;
    private final SimulatedCuts cuts;
    private final ElectionInvariants invariants;
    private final SimulatedTime time;
    private final ActiveWatch actives;
    private final SimulatedTrace trace = new SimulatedTrace();
    private final SimulatedVoters voters;
    private ElectionFaults faults;
    private FailoverPriority priority;
    private @Nullable SimulatedHost host;
    private SimulatedTomcats tomcats;
    private int armedId = -1;
    private int armedEffects;
    private long connectionCount;

    /**
     * @param provider     the policy under test.
     * @param directory    place for one directory per server; emptied by the caller.
     * @param size         number of servers.
     * @param isPersistent what the elections are told of their stores.
     * @param seed         decides everything.
     */
    public SimulatedElectionNetwork(
            ElectionProvider provider,
            Path directory,
            int size,
            boolean isPersistent,
            long seed,
            ElectionFaults faults) {
        this.provider = provider;
        this.directory = directory;
        this.random = new SplittableRandom(seed);
        this.isPersistent = isPersistent;
        this.faults = faults;
        this.servers = new SimulatedServer[size];
        this.cuts = new SimulatedCuts(size);
        this.invariants = new ElectionInvariants(size);
        this.actives = new ActiveWatch(servers, cuts);
        this.priority = FailoverPriority.availability(isPersistent);
        for (int i = 0; i < size; i++) {
            servers[i] = new SimulatedServer(i, size);
        }
        // An arbitrary origin: nothing may depend on where nanoseconds begin.
        this.time = new SimulatedTime(random.nextLong(1L << 50) - (1L << 49));
        this.tomcats = new SimulatedTomcats(0, time, this::delay, this::deliver);
        this.voters = new SimulatedVoters(time, random, () -> this.faults, servers, this::call);
    }

    /** Keeps the last steps, for {@link #trace()}. */
    public SimulatedElectionNetwork tracing(boolean isOn) {
        trace.turn(isOn);
        return this;
    }

    /** Gives the servers something to do besides electing, and so many Tomcats that reach all of them. */
    SimulatedElectionNetwork hosting(SimulatedHost theHost, int witnessCount) {
        host = theHost;
        tomcats = new SimulatedTomcats(witnessCount, time, this::delay, this::deliver);
        return this;
    }

    /** Lets voters decide what may change; see {@link FailoverPriority}. */
    public SimulatedElectionNetwork voting(FailoverPriority thePriority, SimulatedVoters.Factory factory) {
        priority = thePriority;
        voters.factory(factory);
        return this;
    }

    /** The voters that are no servers. */
    public SimulatedVoters voters() {
        return voters;
    }

    /** The last steps, one line each. */
    public String trace() {
        return trace.toString();
    }

    /** Starts a server; its listener is bound at once. Nothing happens when it runs. */
    public void start(int id) {
        SimulatedServer server = servers[id];
        if (server.election != null) {
            return;
        }
        long incarnation = random.nextLong() | 1;
        Path home = directory.resolve("server-" + id);
        ElectionContext context = server.context(names(), incarnation, home, isPersistent, priority, host);
        note(id, "starts incarnation=" + incarnation);
        try {
            if (directory.getFileSystem().isOpen() && Files.isDirectory(directory)) {
                Files.createDirectories(home);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.incarnation = incarnation;
        server.pausedUntilNs = time.nowNs();
        server.resetEnds();
        Election election = provider.open(context, new ProcessOutput(server));
        server.election = election;
        server.view = election.view();
        invariants.onStart(id, server.view);
        if (host != null) {
            host.onStart(id, incarnation);
        }
        tomcats.onStart(server, isPersistent);
        voters.onStart(server);
        for (int peer = 0; peer < servers.length; peer++) {
            if (peer != id) {
                int other = peer;
                time.at(time.nowNs(), server, () -> attempt(server, servers[other]));
            }
        }
        time.at(time.nowNs(), server, () -> tick(server));
        time.at(time.nowNs() + HEARTBEAT_NS, server, () -> beat(server));
    }

    /** The same after a delay. */
    public void startAfter(int id, long delayNs) {
        time.at(time.nowNs() + delayNs, () -> start(id));
    }

    /** Ends a process without a word; its kernel closes what was open. */
    public void crash(int id) {
        if (servers[id].election != null) {
            end(id, false, servers[id].mustElection().isBlocked());
        }
    }

    private void end(int id, boolean isInOrder, boolean isBlocked) {
        SimulatedServer server = servers[id];
        note(id, "is killed");
        server.mustElection().close();
        server.election = null;
        if (host != null) {
            host.onEnd(id, isInOrder, isBlocked);
        }
        for (SimulatedServer peer : servers) {
            if (peer != server && peer.election != null) {
                long observer = peer.incarnation;
                time.at(time.nowNs() + delay(), peer, () -> checkEnd(peer, server, observer));
            }
        }
    }

    /** Stops a server in order: it gets ready for it, if need be for a while; gives up its role, says goodbye and ends. */
    public void stop(int id) {
        SimulatedServer server = servers[id];
        if (server.election == null) {
            return;
        }
        note(id, "is stopped");
        boolean isReady = SimulatedStop.prepare(this, id);
        if (server.election == null) {
            return;
        }
        boolean isBlocked = server.mustElection().isBlocked();
        call(server, () -> server.mustElection().onStop(time.nowNs()));
        if (server.election == null) {
            return;
        }
        if (server.view.role() != ServerRole.STOPPED) {
            throw new AssertionError("server " + id + " was stopped and is " + server.view);
        }
        for (SimulatedServer peer : servers) {
            if (peer != server && peer.isConnected(server)) {
                evidence(server, peer, Evidence.Kind.GOODBYE, false);
            }
        }
        end(id, isReady, isBlocked);
    }

    /** Kills a server inside a call, after so many more effects of its election. */
    void crashWithin(int id, int effects) {
        armedId = id;
        armedEffects = effects;
    }

    /** Does what a server's agent asks of its election. */
    void callElection(int id, Consumer<Election> call) {
        SimulatedServer server = servers[id];
        call(server, () -> call.accept(server.mustElection()));
    }

    /** Carries something from one server to another over their connection: in order, or not at all when the connection ends. */
    void carry(int from, int to, Runnable delivery) {
        SimulatedServer sender = servers[from];
        SimulatedServer receiver = servers[to];
        if (!sender.isConnected(receiver)) {
            return;
        }
        SimulatedEnd end = receiver.ends[from];
        long connection = end.connection;
        end.lastDeliveryNs = Math.max(end.lastDeliveryNs, time.nowNs() + delay());
        time.at(end.lastDeliveryNs, receiver, () -> {
            if (end.isOpen && end.connection == connection && !cuts.isCut(from, to)) {
                delivery.run();
            }
        });
    }

    /** Number of the connection between two servers, 0 when there is none. */
    long connection(int a, int b) {
        return servers[a].isConnected(servers[b]) ? servers[a].ends[b].connection : 0;
    }

    /** A server that does not run has lost its register. */
    void onRegisterLost(int id) {
        note(id, "has lost its register");
        invariants.onRegisterLost(id);
    }

    boolean isRunning(int id) {
        return servers[id].election != null;
    }

    long nowNs() {
        return time.nowNs();
    }

    /** Cuts the link between two servers, in both directions. */
    public void cut(int a, int b) {
        note(a, "is cut from " + b);
        cuts.cut(a, b);
        cuts.cut(b, a);
    }

    /** Lets nothing through from one server to another; what goes the other way arrives, but no new connection is made. */
    public void cutOneWay(int from, int to) {
        note(from, "is no longer heard by " + to);
        cuts.cut(from, to);
    }

    /** Heals the link between two servers. */
    public void heal(int a, int b) {
        note(a, "is joined with " + b);
        cuts.heal(a, b);
    }

    /** Stops a process for a time as SIGSTOP does; the first thing it learns afterwards is its own stall. */
    public void pause(int id, long durationNs) {
        SimulatedServer server = servers[id];
        if (server.election == null || isPaused(server)) {
            return;
        }
        note(id, "is frozen for " + durationNs / MS + " ms");
        server.pausedUntilNs = time.nowNs() + durationNs;
        time.at(
                server.pausedUntilNs,
                server,
                () -> deliver(server, new Evidence(Evidence.Kind.LOCAL_STALL, id, 0, ServerRole.START, 0, durationNs)));
    }

    /** Lets time pass. */
    public void runFor(long durationNs) {
        long endNs = time.nowNs() + durationNs;
        while (time.runNext(endNs)) {
            actives.check(time.nowNs());
        }
    }

    /** Lets servers crash, start, stop, freeze and be cut off at random, about every 300 ms. */
    public void runChaos(long durationNs) {
        new SimulatedChaos(this, random, servers.length).run(durationNs);
    }

    /** Ends all faults, starts every server and gives them time to agree; then exactly one must be active, and stay it. */
    public void settle() {
        faults = ElectionFaults.NONE;
        cuts.healAll();
        voters.heal();
        for (SimulatedServer server : servers) {
            start(server.id);
        }
        runFor(3 * ELECTION_TIME_NS + 2_500 * MS);
        List<ElectionView> views = actives.views();
        assertOneActive();
        runFor(ELECTION_TIME_NS);
        if (!views.equals(actives.views())) {
            throw new AssertionError("views still change: " + views + " then " + actives.views());
        }
    }

    /** Exactly one of the running servers is active, and all others stand beside it. */
    public void assertOneActive() {
        actives.assertOne();
    }

    /** Position of the one active that runs, or -1 when there is none or more than one. */
    public int activeId() {
        return actives.activeId();
    }

    /** Most servers that were active at the same moment. */
    public int mostActives() {
        return actives.mostActives();
    }

    /** View of a server, the last one when it does not run. */
    public ElectionView view(int id) {
        return servers[id].view;
    }

    @Override
    public void close() {
        for (SimulatedServer server : servers) {
            Election election = server.election;
            if (election != null) {
                server.election = null;
                election.close();
            }
        }
    }

    private List<String> names() {
        return Stream.of(servers).map(server -> "Server" + (server.id + 1)).toList();
    }

    // The processes.

    private void tick(SimulatedServer server) {
        call(server, () -> server.mustElection().doWork(time.nowNs()));
        if (server.election != null && host != null) {
            host.onTick(server.id);
        }
        if (server.election != null) {
            time.at(time.nowNs() + (10 + random.nextInt(30)) * MS, server, () -> tick(server));
        }
    }

    private void beat(SimulatedServer server) {
        for (SimulatedServer peer : servers) {
            if (peer != server) {
                if (server.isConnected(peer)) {
                    evidence(server, peer, Evidence.Kind.HEARTBEAT, false);
                }
                checkEnd(server, peer, server.incarnation);
            }
        }
        if (server.election != null) {
            time.at(time.nowNs() + HEARTBEAT_NS, server, () -> beat(server));
        }
    }

    private void deliver(SimulatedServer server, Evidence evidence) {
        if (trace.isOn() && (host == null || !SimulatedTrace.isEverRepeated(evidence.kind()))) {
            note(server.id, "learns " + evidence);
        }
        call(server, () -> server.mustElection().onEvidence(evidence, time.nowNs()));
        if (server.election != null) {
            invariants.onEvidence(server.id, evidence, server.view);
        }
    }

    private void call(SimulatedServer server, Runnable call) {
        try {
            call.run();
        } catch (SimulatedCrash e) {
            crash(server.id);
        }
    }

    // The links.

    private void attempt(SimulatedServer caller, SimulatedServer callee) {
        SimulatedEnd end = caller.ends[callee.id];
        if (!end.isOpen || end.isSilent) {
            if (cuts.isAnyWayCut(caller.id, callee.id) || callee.election != null && isPaused(callee)) {
                time.at(time.nowNs() + 100 * MS, caller, () -> unreachable(caller, callee));
            } else if (callee.election == null) {
                Evidence refused = new Evidence(Evidence.Kind.REFUSED, callee.id, 0, ServerRole.START, 0, 0);
                time.at(time.nowNs() + delay(), caller, () -> deliver(caller, refused));
            } else {
                connect(caller, callee);
            }
        }
        time.at(time.nowNs() + RECONNECT_NS / 2 + random.nextLong(RECONNECT_NS), caller, () -> attempt(caller, callee));
    }

    private void unreachable(SimulatedServer caller, SimulatedServer callee) {
        SimulatedEnd end = caller.ends[callee.id];
        if (!end.isOpen || end.isSilent) {
            deliver(caller, new Evidence(Evidence.Kind.UNREACHABLE, callee.id, 0, ServerRole.START, 0, 0));
        }
    }

    private void connect(SimulatedServer caller, SimulatedServer callee) {
        long connection = ++connectionCount;
        caller.ends[callee.id].open(connection, callee.incarnation, time.nowNs());
        callee.ends[caller.id].open(connection, caller.incarnation, time.nowNs());
        evidence(callee, caller, Evidence.Kind.HELLO, false);
        // The first message of the end that connects does not tell its role.
        evidence(caller, callee, Evidence.Kind.HELLO, random.nextBoolean());
    }

    /** Sends evidence about one server to another along their connection, in order. */
    private void evidence(SimulatedServer about, SimulatedServer to, Evidence.Kind kind, boolean isBare) {
        SimulatedEnd end = to.ends[about.id];
        long connection = end.connection;
        Evidence evidence = new Evidence(
                kind,
                about.id,
                about.incarnation,
                isBare || kind == Evidence.Kind.GOODBYE ? ServerRole.START : about.view.role(),
                isBare || kind == Evidence.Kind.GOODBYE ? 0 : about.view.epoch(),
                0);
        end.lastDeliveryNs = Math.max(end.lastDeliveryNs, time.nowNs() + delay());
        time.at(end.lastDeliveryNs, to, () -> {
            if (end.isOpen && end.connection == connection && !cuts.isCut(about.id, to.id)) {
                end.heardNs = time.nowNs();
                end.isSilent = false;
                deliver(to, evidence);
            }
        });
    }

    /** One end looks at its connection: has the other end's kernel closed it, or has nothing come for too long. */
    private void checkEnd(SimulatedServer server, SimulatedServer peer, long incarnation) {
        SimulatedEnd end = server.ends[peer.id];
        if (server.election == null || server.incarnation != incarnation || !end.isOpen) {
            return;
        }
        boolean isPeerGone = peer.election == null || peer.incarnation != end.peerIncarnation;
        if (isPeerGone && !cuts.isCut(peer.id, server.id) && end.lastDeliveryNs <= time.nowNs()) {
            end.isOpen = false;
            deliver(server, new Evidence(Evidence.Kind.CLOSED, peer.id, end.peerIncarnation, ServerRole.START, 0, 0));
        } else if (time.nowNs() - end.heardNs >= SILENCE_NS && time.nowNs() - server.pausedUntilNs >= SILENCE_NS) {
            end.isSilent = true;
            deliver(
                    server,
                    new Evidence(
                            Evidence.Kind.SILENT,
                            peer.id,
                            end.peerIncarnation,
                            ServerRole.START,
                            0,
                            time.nowNs() - end.heardNs));
        }
    }

    private void post(SimulatedServer from, int to, byte[] message) {
        if (random.nextInt(1000) < faults.lossPerMille()) {
            return;
        }
        int copies = random.nextInt(1000) < faults.duplicatesPerMille() ? 2 : 1;
        for (int i = 0; i < copies; i++) {
            boolean isStraggler = random.nextInt(1000) < faults.stragglersPerMille();
            long atNs = time.nowNs() + (isStraggler ? random.nextLong(1_000 * MS) : delay());
            // Not bound to the receiver's process: a late message may meet the next one.
            time.at(atNs, () -> receive(from, servers[to], message));
        }
    }

    private void receive(SimulatedServer from, SimulatedServer to, byte[] message) {
        if (to.election == null || cuts.isCut(from.id, to.id)) {
            return;
        }
        time.at(
                time.nowNs(),
                to,
                () -> call(to, () -> to.mustElection()
                        .onMessage(from.id, new UnsafeBuffer(message), 0, message.length, time.nowNs())));
    }

    private long delay() {
        return MS / 10 + random.nextLong(faults.maxDelayNs());
    }

    private boolean isPaused(SimulatedServer server) {
        return server.isPaused(time.nowNs());
    }

    private void note(int id, String what) {
        trace.add(time.nowNs(), id, what);
    }

    /** What the election of one process does; a crash may come with any of it. */
    private final class ProcessOutput implements ElectionOutput {
        private final SimulatedServer server;

        ProcessOutput(SimulatedServer server) {
            this.server = server;
        }

        @Override
        public void send(int memberId, DirectBuffer buffer, int offset, int length) {
            byte[] copy = new byte[length];
            buffer.getBytes(offset, copy);
            post(server, memberId, copy);
            crashByChance();
        }

        @Override
        public void sendToVoter(long idHigh, long idLow, DirectBuffer buffer, int offset, int length) {
            byte[] copy = new byte[length];
            buffer.getBytes(offset, copy);
            voters.post(server, idHigh, idLow, copy);
            crashByChance();
        }

        @Override
        public void onView(ElectionView before, ElectionView now) {
            if (trace.isOn()) {
                note(server.id, "is now " + now);
            }
            if (!before.equals(server.view)) {
                throw new AssertionError(
                        "server " + server.id + " leaves a view it was not in: " + before + " but " + server.view);
            }
            server.view = now;
            tomcats.onRole(server, now.role());
            invariants.onView(server.id, server.incarnation, before, now);
            if (host != null) {
                host.onView(server.id, now);
            }
            crashByChance();
        }

        @Override
        public void onInSync(InSyncSet inSync) {
            note(server.id, "counts as in sync " + inSync);
            if (host != null) {
                host.onInSync(server.id, inSync);
            }
            crashByChance();
        }

        @Override
        public void askWitnesses(int memberId) {
            tomcats.ask(server, servers[memberId]);
        }

        private void crashByChance() {
            if (armedId == server.id && --armedEffects <= 0) {
                armedId = -1;
                throw new SimulatedCrash();
            }
            if (random.nextInt(1000) < faults.crashesPerMille()) {
                throw new SimulatedCrash();
            }
        }
    }
}
