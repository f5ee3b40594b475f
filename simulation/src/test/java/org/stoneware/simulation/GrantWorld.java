package org.stoneware.simulation;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.agrona.concurrent.UnsafeBuffer;
import org.stoneware.api.session.SessionKey;
import org.stoneware.client.ExploredTomcat;
import org.stoneware.server.request.ClientPort;
import org.stoneware.server.request.SessionRequestProcessor;
import org.stoneware.wire.session.WriteStatus;

/** Two servers, two Tomcats and one session, moved one step at a time by a {@link GrantExploration}. */
final class GrantWorld implements SimulatedServer.Listener {
    private static final long MS = 1_000_000L;
    private static final long TICK_NS = 100 * MS;
    /** Longer than any lease. */
    private static final int SLEEP_TICKS = 5;

    private static final double TOMCAT_CLOCK = 0.99;
    private static final int TOMCATS = 2;
    private static final int MAX_ROUNDS = 1_000;
    private static final long WAIT_TO_SYNC_NS = 20 * MS;
    private static final SessionKey KEY = SessionKey.of("shop", "S1");

    /** Clocks of servers are fast and those of Tomcats slow: a lease is longest, and the wait for it shortest. */
    private static final Habits HABITS = new Habits(1, 1, 1, 1, 1, 0, Habits.Drift.TOMCATS_SLOW, false, true);

    private final PlantedBug bug;
    private final GrantBounds bounds;
    private final Ledger ledger;
    private final List<SimulatedServer> servers;
    private final Node[] nodes;
    private final Set<Long> acknowledged = new HashSet<>();
    private final History serverHistory = new History();
    private SimulatedServer active;
    private boolean isStandbyInSync;
    private boolean isParted;
    private int connections;
    private long epoch;
    private long highest;
    private long lastWriter;
    private long nowNs;

    private int requestsLeft;
    private int ticksLeft;
    private int holdsLeft;
    private int failoversLeft;
    private int connectsLeft;
    private int latesLeft;

    /** What a node has taken in so far, as a number. */
    private static final class History {
        private long hash = 0xcbf29ce484222325L;

        void add(long value) {
            hash = (Long.rotateLeft(hash, 7) ^ value) * 0x9e3779b97f4a7c15L;
        }

        void add(byte[] bytes) {
            add(bytesHash(bytes));
        }

        static long bytesHash(byte[] bytes) {
            long of = bytes.length;
            for (byte each : bytes) {
                of = (of ^ each) * 0x100000001b3L;
            }
            return of;
        }
    }

    /** One connection of a Tomcat. */
    private static final class Link {
        final SimulatedServer server;
        final long incarnation;
        final long epoch;
        final ArrayDeque<byte[]> up = new ArrayDeque<>();
        final ArrayDeque<byte[]> down = new ArrayDeque<>();
        final ClientPort port;
        byte[] registration;

        Link(SimulatedServer server, GrantWatch watch) {
            this.server = server;
            this.incarnation = server.incarnation;
            this.epoch = server.epoch;
            this.port = new ClientPort(
                    (buffer, offset, length) -> {
                        byte[] bytes = new byte[length];
                        buffer.getBytes(offset, bytes);
                        watch.onSent(bytes);
                        down.add(bytes);
                        return true;
                    },
                    watch.toString());
        }

        /** The server's process is the one the connection was opened to, and in the same epoch. */
        boolean isServed() {
            return server.isUp
                    && server.incarnation == incarnation
                    && server.epoch == epoch
                    && server.processor() != null;
        }
    }

    /** A Tomcat and its connection. */
    private final class Node implements ExploredTomcat.Watch {
        final int id;
        final ExploredTomcat tomcat;
        final History history = new History();
        final ArrayDeque<byte[]> strays = new ArrayDeque<>();
        Link link;
        boolean isHeldUp;
        boolean isHeldDown;
        boolean isFrozen;

        Node(int id) {
            this.id = id;
            this.tomcat = new ExploredTomcat(id, KEY, this, ledger.history(), bug, bounds.isNamedBehind());
        }

        long localNs() {
            return (long) (nowNs * TOMCAT_CLOCK);
        }

        void connect() {
            if (link != null) {
                if (link.isServed()) {
                    link.server.processor().onDisconnected(link.port);
                }
                tomcat.disconnected(localNs());
                strays.clear();
                if (!link.down.isEmpty()) {
                    strays.add(link.down.peekLast());
                }
            }
            Link opened = new Link(active, new GrantWatch(id, ledger));
            link = opened;
            tomcat.connected(
                    bytes -> {
                        if (SimulatedLink.isRegistration(bytes)) {
                            opened.registration = bytes.clone();
                        }
                        opened.up.add(bytes);
                    },
                    active.epoch,
                    active.incarnation,
                    localNs());
        }

        void receive(byte[] bytes) {
            history.add(bytes);
            tomcat.receive(bytes, localNs());
        }

        boolean owns() {
            if (isFrozen) {
                return false;
            }
            tomcat.time(localNs());
            return tomcat.owns(KEY);
        }

        void fingerprint(History into) {
            into.add(history.hash);
            into.add((isHeldUp ? 1 : 0) + (isHeldDown ? 2 : 0) + (isFrozen ? 4 : 0));
            if (link != null) {
                link.up.forEach(into::add);
                into.add(1);
                link.down.forEach(into::add);
                strays.forEach(into::add);
            }
        }

        @Override
        public long acknowledged() {
            return highest;
        }

        @Override
        public void onRead(long value, long atLeast) {
            if (value < atLeast) {
                ledger.report(
                        Violation.Kind.STALE_READ, "tomcat=" + id + " value=" + value + " acknowledged=" + atLeast);
            }
        }

        @Override
        public void onAcknowledged(long value, boolean isFirst) {
            if (!acknowledged.add(value)) {
                ledger.report(Violation.Kind.LOST_UPDATE, "tomcat=" + id + " value=" + value + " acknowledged twice");
            }
            highest = Math.max(highest, value);
            lastWriter = id;
        }

        @Override
        public void onRefused(WriteStatus status) {
            if (status != WriteStatus.FENCED && status != WriteStatus.ABSENT) {
                ledger.report(Violation.Kind.IMPOSSIBLE_ANSWER, "tomcat=" + id + " status=" + status);
            }
        }
    }

    /** The first Tomcat has created the session and owns it; the second knows of it; the standby is in sync. */
    GrantWorld(PlantedBug bug, GrantBounds bounds) {
        this.bug = bug;
        this.bounds = bounds;
        this.ledger = new Ledger(TOMCATS, bug, () -> nowNs, violation -> {
            throw violation;
        });
        this.nodes = new Node[] {new Node(1), new Node(2)};
        Random prompt = new Random(0) {
            private static final long serialVersionUID = 1;

            @Override
            public int nextInt(int bound) {
                return 0;
            }
        };
        servers = List.of(
                new SimulatedServer(0, prompt, HABITS, bug, this), new SimulatedServer(1, prompt, HABITS, bug, this));
        servers.get(0).peer(servers.get(1));
        servers.get(1).peer(servers.get(0));
        activate(servers.get(0));
        rejoin();
        for (int i = 0; i < 10 && !isStandbyInSync; i++) {
            pass(WAIT_TO_SYNC_NS);
        }
        for (Node node : nodes) {
            node.connect();
        }
        settle();
        nodes[0].tomcat.create(nodes[0].localNs());
        nodes[1].tomcat.hearOfSession();
        settle();
        assert isStandbyInSync && highest == 1 && nodes[0].owns() : "the beginning has failed";
    }

    /** From here on what happens counts against the bounds. */
    void beginCounting() {
        requestsLeft = bounds.requests();
        ticksLeft = bounds.ticks();
        holdsLeft = bounds.holds();
        failoversLeft = bounds.failovers();
        connectsLeft = bounds.connects();
        latesLeft = bounds.lates();
    }

    // What can happen.

    List<Integer> enabled() {
        List<Integer> steps = new ArrayList<>();
        for (Node node : nodes) {
            boolean isRunning = !node.isFrozen;
            add(steps, isRunning && requestsLeft > 0 && node.tomcat.mayBegin(), GrantStep.BEGIN, node);
            add(steps, requestsLeft > 0 && node.tomcat.mayBegin() && node.owns(), GrantStep.FRESH, node);
            add(steps, isRunning && node.tomcat.mayCommit(), GrantStep.COMMIT, node);
            add(steps, isRunning && node.tomcat.mayCommit(), GrantStep.END, node);
            add(steps, holdsLeft > 0 && !node.isHeldUp, GrantStep.HOLD_UP, node);
            add(steps, holdsLeft > 0 && !node.isHeldDown, GrantStep.HOLD_DOWN, node);
            add(steps, isRunning && node.isHeldDown && !node.link.down.isEmpty(), GrantStep.DOWN, node);
            add(steps, isRunning && (node.isHeldUp || node.isHeldDown), GrantStep.FLOW, node);
            add(steps, holdsLeft > 0 && isRunning, GrantStep.FREEZE, node);
            add(steps, node.isFrozen, GrantStep.WAKE, node);
            add(steps, connectsLeft > 0 && isRunning && isWorthConnecting(node), GrantStep.CONNECT, node);
            add(steps, latesLeft > 0 && node.link.isServed(), GrantStep.LATE, node);
            add(steps, latesLeft > 0 && isRunning && !node.strays.isEmpty(), GrantStep.STRAY, node);
        }
        add(steps, ticksLeft > 0, GrantStep.TICK, null);
        add(steps, ticksLeft > 0, GrantStep.SLEEP, null);
        SimulatedServer standby = standby();
        boolean mayLead = failoversLeft > 0 && isStandbyInSync && standby.isUp;
        add(steps, mayLead && !isParted && active.isUp, GrantStep.CRASH, null);
        add(steps, failoversLeft > 0 && active.isUp, GrantStep.RENAME, null);
        add(steps, mayLead && !isParted && active.isUp, GrantStep.PART, null);
        boolean mayTakeOver = isParted || !bounds.steps().contains(GrantStep.PART);
        add(steps, mayLead && mayTakeOver, GrantStep.TAKE_OVER, null);
        boolean isBehind = !standby.isUp || standby.epoch < epoch;
        add(steps, failoversLeft > 0 && isBehind && active.isUp, GrantStep.REJOIN, null);
        return steps;
    }

    private boolean isWorthConnecting(Node node) {
        return !node.link.isServed()
                || node.link.server.epoch < epoch
                || bounds.steps().contains(GrantStep.STRAY);
    }

    private void add(List<Integer> steps, boolean isEnabled, GrantStep kind, Node node) {
        if (isEnabled && bounds.steps().contains(kind)) {
            steps.add(kind.ordinal() * 10 + (node == null ? 0 : node.id));
        }
    }

    void take(GrantStep kind, int argument) {
        if (argument == 0) {
            serverHistory.add(kind.ordinal());
            takeOfServers(kind);
        } else {
            Node node = nodes[argument - 1];
            node.history.add(1000 + kind.ordinal());
            takeOf(node, kind);
        }
        settle();
        checkOwners();
    }

    private void takeOf(Node node, GrantStep kind) {
        switch (kind) {
            case BEGIN, FRESH -> {
                requestsLeft--;
                node.tomcat.begin(kind == GrantStep.FRESH, node.localNs());
            }
            case COMMIT -> node.tomcat.commit(node.localNs());
            case END -> node.tomcat.end(node.localNs());
            case HOLD_UP -> {
                holdsLeft--;
                node.isHeldUp = true;
            }
            case HOLD_DOWN -> {
                holdsLeft--;
                node.isHeldDown = true;
            }
            case DOWN -> node.receive(node.link.down.remove());
            case FLOW -> {
                node.isHeldUp = false;
                node.isHeldDown = false;
            }
            case FREEZE -> {
                holdsLeft--;
                node.isFrozen = true;
            }
            case WAKE -> node.isFrozen = false;
            case CONNECT -> {
                connectsLeft--;
                serverHistory.add(2000 + node.id);
                node.connect();
            }
            case LATE -> {
                latesLeft--;
                deliver(node.link, node.link.registration);
            }
            case STRAY -> {
                latesLeft--;
                node.receive(node.strays.remove());
            }
            default -> throw new IllegalArgumentException(kind.name());
        }
    }

    private void takeOfServers(GrantStep kind) {
        switch (kind) {
            case TICK -> {
                ticksLeft--;
                pass(TICK_NS);
            }
            case SLEEP -> {
                ticksLeft--;
                for (int i = 0; i < SLEEP_TICKS; i++) {
                    pass(TICK_NS);
                }
            }
            case CRASH -> {
                failoversLeft--;
                active.crash();
                standby().disconnect();
                activate(standby());
            }
            case RENAME -> {
                failoversLeft--;
                standby().disconnect();
                activate(active);
            }
            case PART -> part();
            case TAKE_OVER -> {
                failoversLeft--;
                isParted = false;
                activate(standby());
            }
            case REJOIN -> rejoin();
            default -> throw new IllegalArgumentException(kind.name());
        }
    }

    // The servers.

    private SimulatedServer standby() {
        return servers.get(1 - active.id);
    }

    private void activate(SimulatedServer next) {
        active = next;
        isStandbyInSync = false;
        next.activate(++epoch, nowNs);
    }

    private void part() {
        isParted = true;
        active.disconnect();
        standby().disconnect();
    }

    private void rejoin() {
        SimulatedServer other = standby();
        if (!other.isUp) {
            other.restart();
        }
        other.begin(nowNs);
        active.begin(nowNs);
        other.disconnect();
        other.follow(epoch);
        connections++;
        active.connect(connections);
        other.connect(connections);
    }

    @Override
    public void onSynced(SimulatedServer from, long standbyIncarnation) {
        if (from == active) {
            isStandbyInSync = true;
            from.added(standbyIncarnation);
        }
    }

    @Override
    public void onDropRequested(SimulatedServer from) {
        // Who goes on without its standby is the election's to say, and here the standby is never given up.
    }

    @Override
    public long lastWriter() {
        return lastWriter;
    }

    // Time and messages.

    private void pass(long lengthNs) {
        nowNs += lengthNs;
        for (Node node : nodes) {
            node.history.add(lengthNs);
            if (!node.isFrozen) {
                node.tomcat.tick(node.localNs());
            }
        }
        settle();
    }

    /** Lets everything arrive that is not held up, and what follows from it. */
    private void settle() {
        boolean isBusy = true;
        for (int round = 0; isBusy; round++) {
            if (round > MAX_ROUNDS) {
                throw new AssertionError("messages without end");
            }
            isBusy = moveFrames();
            for (Node node : nodes) {
                isBusy |= moveUp(node);
                isBusy |= moveDown(node);
            }
        }
    }

    private boolean moveFrames() {
        boolean hasMoved = false;
        for (SimulatedServer server : servers) {
            if (server.isUp) {
                server.begin(nowNs);
            }
        }
        for (SimulatedServer server : servers) {
            if (server.isUp) {
                hasMoved |= server.hasFrames();
                server.step();
            }
        }
        return hasMoved;
    }

    private boolean moveUp(Node node) {
        Link link = node.link;
        if (link == null || node.isHeldUp || link.up.isEmpty()) {
            return false;
        }
        while (!link.up.isEmpty()) {
            deliver(link, link.up.remove());
        }
        return true;
    }

    private void deliver(Link link, byte[] bytes) {
        serverHistory.add(link.server.id);
        serverHistory.add(bytes);
        SessionRequestProcessor processor = link.server.processor();
        if (link.isServed() && processor != null) {
            processor.onMessage(
                    link.port, new UnsafeBuffer(bytes.clone()), 0, bytes.length, link.server.localNs(nowNs));
        }
    }

    private boolean moveDown(Node node) {
        Link link = node.link;
        if (link == null || node.isHeldDown || node.isFrozen || link.down.isEmpty()) {
            return false;
        }
        while (!link.down.isEmpty()) {
            node.receive(link.down.remove());
        }
        return true;
    }

    private void checkOwners() {
        if (nodes[0].owns() && nodes[1].owns()) {
            ledger.report(
                    Violation.Kind.TWO_OWNERS,
                    Arrays.stream(nodes)
                            .map(node -> node.tomcat.standing(KEY))
                            .toList()
                            .toString());
        }
    }

    /** Judges what requests were told up to here. */
    void checkHistory() {
        Violation violation = ledger.history().judge();
        if (violation != null && bug.isFoundBy(violation.kind())) {
            throw violation;
        }
    }

    long fingerprint() {
        History of = new History();
        of.add(serverHistory.hash);
        for (Node node : nodes) {
            node.fingerprint(of);
        }
        of.add(((((requestsLeft * 16L + ticksLeft) * 16 + holdsLeft) * 16 + failoversLeft) * 16 + connectsLeft) * 16
                + latesLeft);
        return of.hash;
    }
}
