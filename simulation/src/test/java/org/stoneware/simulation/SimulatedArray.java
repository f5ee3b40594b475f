package org.stoneware.simulation;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.client.SimulatedTomcat;
import org.stoneware.server.request.SessionRequestProcessor;

/**
 * Three Tomcats and two servers in one thread. A seed decides everything: delays, lost and repeated messages, lost connections, frozen
 * Tomcats, an active that crashes or freezes and is replaced by its standby, a standby that crashes and is copied anew. First faults, then
 * peace, then everything must be answered. The election is an oracle; all the rest are the shipping classes.
 */
final class SimulatedArray implements SimulatedServer.Listener {
    private static final long AWAKE = -1;
    private static final long MS = 1_000_000L;
    private static final int TOMCATS = 3;
    private static final long STEP_NS = MS;
    private static final long FAULTS_END_NS = 3_000 * MS;
    private static final long PEACE_NS = FAULTS_END_NS + 2_700 * MS;
    private static final long LAST_REQUEST_NS = PEACE_NS + 300 * MS;
    private static final long END_NS = LAST_REQUEST_NS + 2_500 * MS;
    private static final byte RENEWED = 22;
    private static final long SUSPECT_NS = 500 * MS;

    private final Random random;
    /** Apart, so that what else happens in a seed stays what it was. */
    private final Random sleepers;

    private final PlantedBug bug;
    private final Ledger ledger;
    private final List<Node> nodes = new ArrayList<>();
    private final List<SimulatedServer> servers;
    private final ArrayDeque<Decision> decisions = new ArrayDeque<>();
    private final List<Planned> planned = new ArrayList<>();
    private final Habits habits;
    private SimulatedServer active;
    private boolean isStandbyInSync;
    /** The very process that is in sync; one that came after it on the same machine holds nothing. */
    private long inSyncIncarnation;

    private long epoch;
    private int connections;
    private long connectNs;
    private long takeoverNs = Long.MAX_VALUE;
    /** When a server that was replaced may hear of it. */
    private long hearsNs;
    /** The active crashes as soon as this one's lease was renewed. */
    private Node crashOnRenewalOf;
    /** This one is stopped as soon as it waits for a session. */
    private Node freezeOnRequestOf;

    private long nowNs;
    private @Nullable Violation byLedger;

    /** Something the election does after a while, if it is still about the same active. */
    private record Decision(long dueNs, long epoch, Runnable action) {}

    /** A fault that follows another one. */
    private record Planned(long dueNs, Runnable fault) {}

    /** A Tomcat's machine; its clock runs up to one in a hundred faster or slower than true. */
    private final class Node {
        final long id;
        final SimulatedTomcat tomcat;
        final List<SimulatedLink> links = new ArrayList<>();
        final double clockRate = habits.tomcatClockRate(random);
        SimulatedLink current;
        private long frozenUntilNs;
        /** Since when its machine sleeps, {@link #AWAKE} while it does not. */
        private long sleepsSinceNs = AWAKE;

        private long sleptNs;
        long connectsNs;
        long cutOffUntilNs;
        long noticesNs = Long.MAX_VALUE;

        Node(long id) {
            this.id = id;
            this.tomcat = new SimulatedTomcat(id, random.nextLong(), ledger, habits, bug);
        }

        /** What its monotonic clock shows. */
        long localNs() {
            return (long) ((nowNs - sleptNs) * clockRate);
        }

        void freezeUntil(long untilNs) {
            frozenUntilNs = untilNs;
            if (sleepsSinceNs == AWAKE && sleeps()) {
                sleepsSinceNs = nowNs;
            }
        }

        private void awake() {
            if (sleepsSinceNs != AWAKE) {
                // However short the way to sleep and back, the clock shows later times behind it.
                sleptNs += nowNs - sleepsSinceNs - 1_000;
                sleepsSinceNs = AWAKE;
            }
            tomcat.clocks((long) (sleptNs * clockRate), localNs());
        }

        void cut(SimulatedLink.Cut cut) {
            if (current == null || current.isCut()) {
                return;
            }
            current.cut(cut);
            long aliveNs = cut == SimulatedLink.Cut.UP ? current.serverNoticesNs : nowNs;
            noticesNs = aliveNs + random.nextInt(200) * MS;
        }

        void step() {
            if (nowNs < frozenUntilNs) {
                return;
            }
            awake();
            if (nowNs >= noticesNs) {
                noticesNs = Long.MAX_VALUE;
                current = null;
                tomcat.disconnected(localNs());
                connectsNs = nowNs + (1 + random.nextInt(nowNs < FAULTS_END_NS ? 80 : 20)) * MS;
            }
            if (current == null && nowNs >= connectsNs && nowNs >= cutOffUntilNs) {
                connect();
            }
            boolean isRequestFirst = random.nextBoolean();
            if (isRequestFirst) {
                tomcat.step(localNs());
            }
            byte[] bytes;
            while (current != null && (bytes = current.down.next()) != null) {
                tomcat.receive(bytes, localNs());
                if (bytes[2] == RENEWED && crashOnRenewalOf == this && (habits.stickyOf100() == 0 || ownsAny())) {
                    crashOnRenewalOf = null;
                    plan(0, () -> crashAfterRenewal(this));
                }
            }
            if (!isRequestFirst) {
                tomcat.step(localNs());
            }
            if (freezeOnRequestOf == this && current != null && tomcat.isAsking()) {
                freezeOnRequestOf = null;
                freezeThenCrash(this);
            }
        }

        private boolean ownsAny() {
            return ledger.keys().stream().anyMatch(tomcat::owns);
        }

        private void send(byte[] bytes) {
            SimulatedLink link = current;
            link.send(bytes);
            if (SimulatedLink.isRegistration(bytes) && nowNs < FAULTS_END_NS && random.nextInt(5) == 0) {
                // Stopped soon after for longer than its lease; a copy of its registration comes when it goes on.
                long wakesNs = nowNs + (430 + random.nextInt(300)) * MS;
                link.comesAgain(bytes, wakesNs + (random.nextInt(30) - 25) * MS);
                plan(2 + random.nextInt(30), () -> freezeUntil(wakesNs));
            }
        }

        private void connect() {
            SimulatedServer server = servers.get(random.nextInt(servers.size()));
            if (!server.isRunning(nowNs) || server.processor() == null) {
                connectsNs = nowNs + 5 * MS;
                return;
            }
            current = new SimulatedLink(server, new GrantWatch(id, ledger), random, habits, FAULTS_END_NS, () -> nowNs);
            links.add(current);
            tomcat.connected(this::send, server.epoch, server.incarnation, localNs());
        }
    }

    private SimulatedArray(long seed, PlantedBug bug) {
        this.random = new Random(seed);
        this.sleepers = new Random(~seed);
        this.bug = bug;
        this.ledger = new Ledger(TOMCATS, bug, () -> nowNs, this::onViolation);
        this.habits = Habits.choose(random);
        servers = List.of(
                new SimulatedServer(0, random, habits, bug, this), new SimulatedServer(1, random, habits, bug, this));
        servers.get(0).peer(servers.get(1));
        servers.get(1).peer(servers.get(0));
        activate(servers.get(0));
        for (int i = 1; i <= TOMCATS; i++) {
            nodes.add(new Node(i));
        }
    }

    /**
     * How a run was judged.
     *
     * @param committed  changes acknowledged.
     * @param operations of the history.
     * @param compared   slots the last standby has compared with the active's.
     * @param byLedger   the first thing the ledger has found; null for nothing.
     * @param byHistory  what the history checker has found; null for nothing.
     */
    record Judgement(
            int committed,
            int operations,
            long compared,
            @Nullable Violation byLedger,
            @Nullable Violation byHistory) {}

    /** Runs one seed. With a bug planted the run goes on when the ledger has found it, so that the history is judged as a whole. */
    static Judgement run(long seed, PlantedBug bug) {
        SimulatedArray array = new SimulatedArray(seed, bug);
        try {
            array.run();
        } catch (AssertionError | RuntimeException e) {
            // What follows from a bug that was found is nobody's fault.
            if (array.byLedger == null) {
                throw e;
            }
        }
        RequestHistory history = array.ledger.history();
        Violation byHistory = bug.isFoundBy(Violation.Kind.NOT_ONE_COPY) ? history.judge() : null;
        return new Judgement(
                array.ledger.committed(), history.size(), array.standby().comparedSlots(), array.byLedger, byHistory);
    }

    private void onViolation(Violation violation) {
        if (byLedger == null) {
            byLedger = violation;
        }
        if (bug == PlantedBug.NONE) {
            throw violation;
        }
    }

    private void run() {
        ledger.mustAnswerFrom(PEACE_NS);
        while (nowNs < END_NS) {
            nowNs += STEP_NS;
            if (nowNs < FAULTS_END_NS) {
                maybeFault();
            }
            if (nowNs >= LAST_REQUEST_NS) {
                nodes.forEach(node -> node.tomcat.stop());
                if (nodes.stream().allMatch(node -> node.tomcat.isIdle())) {
                    break;
                }
            }
            for (SimulatedServer server : servers) {
                if (server.isRunning(nowNs)) {
                    server.begin(nowNs);
                }
            }
            elect();
            for (SimulatedServer server : servers) {
                if (server.isRunning(nowNs)) {
                    serve(server);
                }
            }
            nodes.forEach(Node::step);
            checkOwners();
        }
        check();
    }

    // The election.

    private SimulatedServer standby() {
        return servers.get(1 - active.id);
    }

    private void activate(SimulatedServer next) {
        active = next;
        epoch++;
        isStandbyInSync = false;
        decisions.clear();
        next.activate(epoch, nowNs);
        takeoverNs = Long.MAX_VALUE;
    }

    private void elect() {
        if (isHeardInTime()) {
            takeoverNs = Long.MAX_VALUE;
        }
        if (takeoverNs <= nowNs && standby().isRunning(nowNs)) {
            takeOver();
        }
        while (!decisions.isEmpty() && decisions.peek().dueNs <= nowNs && active.isRunning(nowNs)) {
            Decision decision = decisions.poll();
            if (decision.epoch == epoch) {
                decision.action.run();
            }
        }
        SimulatedServer other = standby();
        if (!active.isRunning(nowNs) || !other.isRunning(nowNs)) {
            return;
        }
        if (other.epoch < epoch) {
            if (other.processor() != null) {
                if (nowNs < hearsNs || random.nextInt(20) > 0) {
                    // It runs again, and has not heard yet that it is not the active any more.
                    return;
                }
                cutAll(other);
            }
            other.disconnect();
            other.follow(epoch);
        }
        if (active.isConnected() != other.isConnected()) {
            active.disconnect();
            other.disconnect();
        }
        if (!active.isConnected() && nowNs >= connectNs) {
            connections++;
            active.connect(connections);
            other.connect(connections);
            connectNs = nowNs + 20 * MS;
        }
    }

    /** A standby judges at the moment it takes over: an active that was stopped, goes on and is connected is not silent any more. */
    private boolean isHeardInTime() {
        return takeoverNs != Long.MAX_VALUE && active.isRunning(nowNs) && active.isConnected();
    }

    private void takeOver() {
        SimulatedServer next = standby();
        next.disconnect();
        activate(next);
        // The server before it hears of this a while after it runs again.
        connectNs = nowNs + random.nextInt(30) * MS;
    }

    @Override
    public void onSynced(SimulatedServer from, long standbyIncarnation) {
        if (from != active) {
            return;
        }
        decide(() -> {
            if (standby().isUp && standby().incarnation == standbyIncarnation && random.nextInt(8) > 0) {
                isStandbyInSync = true;
                inSyncIncarnation = standbyIncarnation;
                active.added(standbyIncarnation);
            } else {
                active.refused();
            }
        });
    }

    @Override
    public void onDropRequested(SimulatedServer from) {
        if (from == active) {
            decide(this::dropStandby);
        }
    }

    @Override
    public void onCopyDiffers(String what) {
        ledger.report(Violation.Kind.COPY_DIFFERS, what);
    }

    private void dropStandby() {
        // Either it is dropped or it takes over; the register lets only one of them happen.
        if (isStandbyInSync && takeoverNs == Long.MAX_VALUE) {
            isStandbyInSync = false;
            active.dropped();
        }
    }

    private void decide(Runnable action) {
        decisions.add(new Decision(nowNs + random.nextInt(10) * MS, epoch, action));
    }

    // Faults.

    private boolean isAnyOwned() {
        return nodes.stream().anyMatch(Node::ownsAny);
    }

    private void plan(int delayMs, Runnable fault) {
        planned.add(new Planned(nowNs + delayMs * MS, fault));
    }

    /** The standby is in sync and nothing is decided yet, so it may take over. */
    private boolean mayBeReplaced() {
        return isStandbyInSync
                && standby().incarnation == inSyncIncarnation
                && takeoverNs == Long.MAX_VALUE
                && active.isRunning(nowNs)
                && standby().isRunning(nowNs);
    }

    private void maybeFault() {
        for (Planned each : List.copyOf(planned)) {
            if (each.dueNs <= nowNs) {
                planned.remove(each);
                each.fault.run();
            }
        }
        int rarity = habits.isCalm() ? 12 : 1;
        if (random.nextInt(120 * rarity) == 0) {
            SimulatedLink.Cut[] cuts = SimulatedLink.Cut.values();
            nodes.get(random.nextInt(TOMCATS)).cut(cuts[random.nextInt(cuts.length)]);
        }
        if (random.nextInt(250 * rarity) == 0) {
            nodes.get(random.nextInt(TOMCATS)).freezeUntil(nowNs + (50 + random.nextInt(1_000)) * MS);
        }
        if (random.nextInt(300 * rarity) == 0) {
            Node node = nodes.get(random.nextInt(TOMCATS));
            node.cut(SimulatedLink.Cut.BOTH);
            node.cutOffUntilNs = nowNs + random.nextInt(900) * MS;
        }
        if (random.nextInt(300) == 0) {
            active.disconnect();
            standby().disconnect();
            // Servers that are cut off from each other stay so.
            connectNs = Math.max(connectNs, nowNs + random.nextInt(100) * MS);
        }
        boolean isFaultUnderWay = !planned.isEmpty() || crashOnRenewalOf != null || freezeOnRequestOf != null;
        if (mayBeReplaced() && !isFaultUnderWay) {
            switch (random.nextInt(habits.isCalm() ? 200 : 600)) {
                case 0 -> crashActive();
                case 1 -> crashOnRenewalOf = nodes.get(random.nextInt(TOMCATS));
                case 2 -> pauseActive();
                case 4 -> crashStandby();
                case 5 -> pause(standby(), random.nextInt(400) * MS);
                case 6 -> partServers();
                case 3 -> freezeOnRequestOf = nodes.get(random.nextInt(TOMCATS));
                default -> {}
            }
        } else if (!isStandbyInSync && active.isRunning(nowNs) && random.nextInt(60) == 0 && isAnyOwned()) {
            // Alone, and stopped for about as long as leases last.
            pause(active, (400 + random.nextInt(120)) * MS);
        }
        for (SimulatedServer server : servers) {
            if (!server.isUp && server != active && random.nextInt(habits.isLonely() ? 1_000 : 200) == 0) {
                server.restart();
            }
        }
    }

    private void crashActive() {
        cutAll(active);
        active.crash();
        standby().disconnect();
        takeoverNs = nowNs + random.nextInt(random.nextBoolean() ? 3 : 150) * MS;
        if (random.nextBoolean()) {
            // One Tomcat can't reach anybody for as long as its lease lasts.
            Node node = nodes.get(random.nextInt(TOMCATS));
            node.cutOffUntilNs = nowNs + 500 * MS;
        }
    }

    /** One Tomcat has the freshest lease there can be, and nobody to tell that it has; its successor takes over at once. */
    private void crashAfterRenewal(Node renewed) {
        if (mayBeReplaced()) {
            crashActive();
            takeoverNs = nowNs;
            renewed.cutOffUntilNs = nowNs + 600 * MS;
        }
    }

    /** A Tomcat is stopped for longer than its lease, and the active crashes when it has just gone on. */
    private void freezeThenCrash(Node node) {
        int lengthMs = 420 + random.nextInt(100);
        node.freezeUntil(nowNs + lengthMs * MS);
        plan(lengthMs + random.nextInt(12), () -> {
            if (mayBeReplaced()) {
                crashActive();
            }
        });
    }

    private void pause(SimulatedServer server, long lengthNs) {
        server.pauseUntil(nowNs + lengthNs, sleeps(), nowNs);
    }

    /** Whether what stands still next is a machine, with its monotonic clock, and not only a process. */
    private boolean sleeps() {
        return sleepers.nextInt(3) == 0;
    }

    private void pauseActive() {
        long lengthNs = (100 + random.nextInt(1_100)) * MS;
        pause(active, lengthNs);
        if (lengthNs > SUSPECT_NS) {
            replaceActive(SUSPECT_NS);
        }
    }

    /** The servers can't reach each other; the voters choose the standby, and the active goes on until it hears of it. */
    private void partServers() {
        active.disconnect();
        standby().disconnect();
        connectNs = nowNs + 2_000 * MS;
        replaceActive(SUSPECT_NS + random.nextInt(200) * MS);
        hearsNs = takeoverNs + random.nextInt(900) * MS;
    }

    private void replaceActive(long suspectNs) {
        takeoverNs = nowNs + suspectNs + random.nextInt(100) * MS;
        for (Node node : nodes) {
            if (node.current != null && node.current.server == active && random.nextInt(4) > 0) {
                node.noticesNs = Math.min(node.noticesNs, nowNs + suspectNs + random.nextInt(200) * MS);
                node.current.serverNoticesNs = nowNs + suspectNs + random.nextInt(800) * MS;
            }
        }
    }

    private void crashStandby() {
        standby().crash();
        active.disconnect();
        decisions.add(new Decision(nowNs + random.nextInt(200) * MS, epoch, this::dropStandby));
    }

    private void cutAll(SimulatedServer server) {
        for (Node node : nodes) {
            if (node.current != null && node.current.server == server) {
                node.cut(SimulatedLink.Cut.BOTH);
                node.noticesNs = Math.min(node.noticesNs, nowNs + random.nextInt(30) * MS);
            }
            node.links.removeIf(link -> link.server == server);
        }
    }

    private void serve(SimulatedServer server) {
        int first = random.nextInt(TOMCATS);
        for (int i = 0; i < TOMCATS; i++) {
            Node node = nodes.get((first + i) % TOMCATS);
            for (SimulatedLink link : List.copyOf(node.links)) {
                if (link.server == server && link.serverIncarnation == server.incarnation) {
                    serve(node, link);
                }
            }
        }
        server.step();
    }

    private void serve(Node node, SimulatedLink link) {
        SessionRequestProcessor processor = link.server.processor();
        if (processor == null) {
            return;
        }
        long localNs = link.server.localNs(nowNs);
        byte[] bytes;
        while ((bytes = link.up.next()) != null) {
            processor.onMessage(link.port, new UnsafeBuffer(bytes), 0, bytes.length, localNs);
        }
        while ((bytes = link.nextLate()) != null) {
            processor.onMessage(link.port, new UnsafeBuffer(bytes), 0, bytes.length, localNs);
        }
        if (bug == PlantedBug.GRANT_WHILE_OWNER_ALIVE) {
            processor.doWork(localNs + 1_000 * MS);
        }
        if (nowNs >= link.serverNoticesNs) {
            processor.onDisconnected(link.port);
            node.links.remove(link);
        }
    }

    // Checks.

    private void checkOwners() {
        for (SessionKey key : ledger.keys()) {
            int owners = 0;
            for (Node node : nodes) {
                if (nowNs >= node.frozenUntilNs && node.tomcat.owns(key)) {
                    owners++;
                }
            }
            if (owners > 1) {
                ledger.report(
                        Violation.Kind.TWO_OWNERS,
                        "owners=" + owners + " key=" + key + " at ms " + nowNs / MS + ' '
                                + nodes.stream()
                                        .map(node -> node.tomcat.standing(key))
                                        .toList());
            }
        }
    }

    private void check() {
        for (Node node : nodes) {
            if (!node.tomcat.isIdle()) {
                ledger.report(Violation.Kind.NOT_SERVED, "not answered in the end: " + node.tomcat.state());
            }
        }
        SessionRecord view = new SessionRecord();
        for (SessionKey key : ledger.allKeys()) {
            long[] value = new long[1];
            if (active.generation().store().read(key, view)) {
                view.forEach((kind, name, isRemoval, buffer, offset, length) -> value[0] = buffer.getLong(offset));
            }
            ledger.onFinal(key, value[0]);
        }
    }
}
