package org.stoneware.simulation;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.client.SimulatedTomcat;
import org.stoneware.server.request.ClientPort;
import org.stoneware.server.request.SessionRequestProcessor;

/**
 * Three Tomcats and two servers in one thread. A seed decides everything: delays, lost and repeated messages, lost connections, frozen
 * Tomcats, an active that crashes or freezes and is replaced by its standby, a standby that crashes and is copied anew. First faults, then
 * peace, then everything must be answered. The election is an oracle; all the rest are the shipping classes.
 */
final class SimulatedArray implements SimulatedServer.Listener {
    private static final long MS = 1_000_000L;
    private static final int TOMCATS = 3;
    private static final long STEP_NS = MS;
    private static final long FAULTS_END_NS = 3_000 * MS;
    private static final long PEACE_NS = FAULTS_END_NS + 2_700 * MS;
    private static final long LAST_REQUEST_NS = PEACE_NS + 300 * MS;
    private static final long END_NS = LAST_REQUEST_NS + 2_500 * MS;
    private static final byte REGISTER = 1;
    private static final long SUSPECT_NS = 500 * MS;

    private final Random random;
    private final PlantedBug bug;
    private final Ledger ledger = new Ledger(TOMCATS);
    private final List<Node> nodes = new ArrayList<>();
    private final List<SimulatedServer> servers;
    private final ArrayDeque<Decision> decisions = new ArrayDeque<>();
    /** Most seeds have quick networks, some slow ones. */
    private final int slowOneIn;

    private final int slowestMs;
    private SimulatedServer active;
    private boolean isStandbyInSync;
    /** The very process that is in sync; one that came after it on the same machine holds nothing. */
    private long inSyncIncarnation;

    private long epoch;
    private int connections;
    private long connectNs;
    private long takeoverNs = Long.MAX_VALUE;
    private long nowNs;

    /** Something the election does after a while, if it is still about the same active. */
    private record Decision(long dueNs, long epoch, Runnable action) {}

    /** A message on its way. */
    private record Message(byte[] bytes, long arrivesNs) {}

    /** One direction of a connection. */
    private final class Pipe {
        final ArrayDeque<Message> messages = new ArrayDeque<>();
        private long lastArrivalNs;

        void send(byte[] bytes) {
            long delayNs =
                    random.nextInt(slowOneIn) == 0 ? random.nextInt(slowestMs) * MS : random.nextInt(3_000) * 1_000L;
            if (nowNs >= FAULTS_END_NS) {
                delayNs = Math.min(delayNs, 3 * MS);
            }
            lastArrivalNs = Math.max(lastArrivalNs, nowNs + delayNs);
            messages.add(new Message(bytes, lastArrivalNs));
        }

        byte[] next() {
            Message first = messages.peek();
            return first == null || first.arrivesNs > nowNs ? null : messages.poll().bytes;
        }
    }

    /** A connection; each side notices its end in its own time. */
    private final class Link {
        final SimulatedServer server;
        final long serverIncarnation;
        final Pipe up = new Pipe();
        final Pipe down = new Pipe();
        /** Copies of messages that come once more, out of their order, also after the connection has ended. */
        final ArrayDeque<Message> late = new ArrayDeque<>();

        final ClientPort port;
        long serverNoticesNs = Long.MAX_VALUE;
        boolean isCut;

        Link(long tomcat, SimulatedServer server) {
            this.server = server;
            this.serverIncarnation = server.incarnation;
            GrantWatch watch = new GrantWatch(tomcat, ledger);
            port = new ClientPort(
                    (buffer, offset, length) -> {
                        byte[] bytes = copy(buffer, offset, length);
                        watch.onSent(bytes);
                        if (!isCut) {
                            down.send(bytes);
                        }
                        return true;
                    },
                    "tomcat-" + tomcat);
        }

        void send(byte[] bytes) {
            if (isCut) {
                return;
            }
            up.send(bytes);
            boolean isRegistration = bytes[2] == REGISTER;
            if (nowNs < FAULTS_END_NS && random.nextInt(isRegistration ? 3 : 30) == 0) {
                late.add(new Message(bytes.clone(), nowNs + random.nextInt(isRegistration ? 1_500 : 300) * MS));
            }
        }

        byte[] nextLate() {
            Message first = late.peek();
            return first == null || first.arrivesNs > nowNs ? null : late.poll().bytes;
        }
    }

    /** A Tomcat's machine; its clock runs up to one in a hundred faster or slower than true. */
    private final class Node {
        final long id;
        final SimulatedTomcat tomcat;
        final List<Link> links = new ArrayList<>();
        final double clockRate = SimulatedArray.clockRate(random);
        Link current;
        long frozenUntilNs;
        long connectsNs;
        long cutOffUntilNs;
        long noticesNs = Long.MAX_VALUE;

        Node(long id) {
            this.id = id;
            this.tomcat = new SimulatedTomcat(id, random.nextLong(), ledger, bug);
        }

        long localNs() {
            return (long) (nowNs * clockRate);
        }

        void cut() {
            if (current == null || current.isCut) {
                return;
            }
            current.isCut = true;
            if (random.nextBoolean()) {
                current.up.messages.clear();
            }
            current.down.messages.clear();
            current.serverNoticesNs = nowNs + random.nextInt(600) * MS;
            noticesNs = nowNs + random.nextInt(200) * MS;
        }

        void step() {
            if (nowNs < frozenUntilNs) {
                return;
            }
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
            }
            if (!isRequestFirst) {
                tomcat.step(localNs());
            }
        }

        private void connect() {
            SimulatedServer server = servers.get(random.nextInt(servers.size()));
            if (!server.isRunning(nowNs) || server.processor() == null) {
                connectsNs = nowNs + 5 * MS;
                return;
            }
            current = new Link(id, server);
            links.add(current);
            tomcat.connected(current::send, server.epoch, server.incarnation, localNs());
        }
    }

    private SimulatedArray(long seed, PlantedBug bug) {
        this.random = new Random(seed);
        this.bug = bug;
        boolean isSlow = random.nextInt(4) == 0;
        slowOneIn = isSlow ? 25 : 100;
        slowestMs = isSlow ? 900 : 400;
        servers = List.of(new SimulatedServer(0, random, bug, this), new SimulatedServer(1, random, bug, this));
        servers.get(0).peer(servers.get(1));
        servers.get(1).peer(servers.get(0));
        activate(servers.get(0));
        for (int i = 1; i <= TOMCATS; i++) {
            nodes.add(new Node(i));
        }
    }

    static double clockRate(Random random) {
        return switch (random.nextInt(4)) {
            case 0 -> 0.99;
            case 1 -> 1.01;
            default -> 0.99 + random.nextInt(21) / 1_000.0;
        };
    }

    /** Runs one seed; returns the writes acknowledged. */
    static int run(long seed, PlantedBug bug) {
        SimulatedArray array = new SimulatedArray(seed, bug);
        array.run();
        return array.ledger.committed();
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

    private static final boolean TRACE = Boolean.getBoolean("simulation.trace");

    private void trace(String event) {
        if (TRACE) {
            System.out.println(nowNs / MS + " ms: " + event);
        }
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
                if (random.nextInt(20) > 0) {
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

    private void takeOver() {
        trace("takeover by " + standby().id + " whole=" + standby().isWhole() + " last="
                + standby().generation().state().lastApplied());
        SimulatedServer next = standby();
        next.disconnect();
        activate(next);
        // The server before it hears of this a while after it runs again.
        connectNs = nowNs + random.nextInt(30) * MS;
    }

    @Override
    public void onSynced(SimulatedServer from, long standbyIncarnation) {
        decide(() -> {
            if (standby().isUp && standby().incarnation == standbyIncarnation && random.nextInt(8) > 0) {
                trace("standby in sync: " + standby().id);
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
        decide(this::dropStandby);
    }

    private void dropStandby() {
        if (isStandbyInSync) {
            trace("standby dropped: " + standby().id);
            isStandbyInSync = false;
            active.dropped();
        }
    }

    private void decide(Runnable action) {
        decisions.add(new Decision(nowNs + random.nextInt(10) * MS, epoch, action));
    }

    // Faults.

    private void maybeFault() {
        if (random.nextInt(120) == 0) {
            nodes.get(random.nextInt(TOMCATS)).cut();
        }
        if (random.nextInt(250) == 0) {
            nodes.get(random.nextInt(TOMCATS)).frozenUntilNs = nowNs + (50 + random.nextInt(1_000)) * MS;
        }
        if (random.nextInt(300) == 0) {
            Node node = nodes.get(random.nextInt(TOMCATS));
            node.cut();
            node.cutOffUntilNs = nowNs + random.nextInt(900) * MS;
        }
        if (random.nextInt(300) == 0) {
            active.disconnect();
            standby().disconnect();
            connectNs = nowNs + random.nextInt(100) * MS;
        }
        boolean isWhole = isStandbyInSync
                && standby().incarnation == inSyncIncarnation
                && takeoverNs == Long.MAX_VALUE
                && active.isRunning(nowNs);
        if (isWhole && standby().isRunning(nowNs)) {
            switch (random.nextInt(600)) {
                case 0, 1 -> crashActive();
                case 2, 3 -> pauseActive();
                case 4 -> crashStandby();
                case 5 -> standby().pausedUntilNs = nowNs + random.nextInt(400) * MS;
                default -> {}
            }
        }
        for (SimulatedServer server : servers) {
            if (!server.isUp && server != active && random.nextInt(200) == 0) {
                server.restart();
            }
        }
    }

    private void crashActive() {
        trace("active crashes: " + active.id + " last="
                + active.generation().state().lastApplied());
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

    private void pauseActive() {
        long lengthNs = (100 + random.nextInt(1_100)) * MS;
        active.pausedUntilNs = nowNs + lengthNs;
        trace("active pauses: " + active.id + " for ms " + lengthNs / MS);
        if (lengthNs > SUSPECT_NS) {
            takeoverNs = nowNs + SUSPECT_NS + random.nextInt(100) * MS;
            for (Node node : nodes) {
                if (node.current != null && node.current.server == active && random.nextInt(4) > 0) {
                    node.noticesNs = Math.min(node.noticesNs, nowNs + SUSPECT_NS + random.nextInt(200) * MS);
                    node.current.serverNoticesNs = nowNs + SUSPECT_NS + random.nextInt(800) * MS;
                }
            }
        }
    }

    private void crashStandby() {
        trace("standby crashes: " + standby().id);
        standby().crash();
        active.disconnect();
        decisions.add(new Decision(nowNs + random.nextInt(200) * MS, epoch, this::dropStandby));
    }

    private void cutAll(SimulatedServer server) {
        for (Node node : nodes) {
            if (node.current != null && node.current.server == server) {
                node.cut();
                node.noticesNs = Math.min(node.noticesNs, nowNs + random.nextInt(30) * MS);
            }
            node.links.removeIf(link -> link.server == server);
        }
    }

    private void serve(SimulatedServer server) {
        server.begin(nowNs);
        for (Node node : nodes) {
            for (Link link : List.copyOf(node.links)) {
                if (link.server == server && link.serverIncarnation == server.incarnation) {
                    serve(node, link);
                }
            }
        }
        server.step();
    }

    private void serve(Node node, Link link) {
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
                throw new AssertionError("owned by " + owners + " Tomcats: key=" + key + " at ms " + nowNs / MS + ' '
                        + nodes.stream().map(node -> node.tomcat.standing(key)).toList());
            }
        }
    }

    private void check() {
        for (Node node : nodes) {
            if (!node.tomcat.isIdle()) {
                throw new AssertionError("not answered in the end: " + node.tomcat.state());
            }
        }
        SessionRecord view = new SessionRecord();
        for (SessionKey key : ledger.keys()) {
            long[] value = new long[1];
            if (active.generation().store().read(key, view)) {
                view.forEach((kind, name, isRemoval, buffer, offset, length) -> value[0] = buffer.getLong(offset));
            }
            ledger.onFinal(key, value[0]);
        }
    }

    private static byte[] copy(DirectBuffer buffer, int offset, int length) {
        byte[] bytes = new byte[length];
        buffer.getBytes(offset, bytes);
        return bytes;
    }
}
