package org.stoneware.simulation;

import java.nio.file.Path;
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
import org.stoneware.server.request.RequestLimits;
import org.stoneware.server.request.SessionRequestProcessor;
import org.stoneware.server.session.LogClock;
import org.stoneware.server.session.SessionStateMachine;
import org.stoneware.spi.storage.SessionStore;
import org.stoneware.spi.storage.StoreContext;
import org.stoneware.testkit.storage.ReferenceSessionStore;

/**
 * Three Tomcats and one server in one thread. A seed decides everything: delays, lost connections, frozen Tomcats, a stalled
 * server, a server that starts again with or without its memory. First faults, then peace, then everything must be answered.
 */
final class SimulatedArray {
    private static final long MS = 1_000_000L;
    private static final int TOMCATS = 3;
    private static final long STEP_NS = MS;
    private static final long FAULTS_END_NS = 2_500 * MS;
    private static final long PEACE_NS = FAULTS_END_NS + 2_700 * MS;
    private static final long LAST_REQUEST_NS = PEACE_NS + 600 * MS;
    private static final long END_NS = LAST_REQUEST_NS + 2_500 * MS;
    private static final int MAX_SESSION_BYTES = 64 * 1024;

    private final Random random;
    private final PlantedBug bug;
    private final Ledger ledger = new Ledger(TOMCATS);
    private final List<Node> nodes = new ArrayList<>();
    private SessionStore store;
    private SessionStateMachine stateMachine;
    private SessionRequestProcessor processor;
    private long incarnation = 1;
    private long epoch = 1;
    private long stalledUntilNs;
    private long nowNs;

    /** A message on its way. */
    private record Message(byte[] bytes, long arrivesNs) {}

    /** One direction of a connection. */
    private final class Pipe {
        final ArrayDeque<Message> messages = new ArrayDeque<>();
        private long lastArrivalNs;

        void send(byte[] bytes) {
            long delayNs = random.nextInt(100) == 0 ? random.nextInt(400) * MS : random.nextInt(3_000) * 1_000L;
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
        final Pipe up = new Pipe();
        final Pipe down = new Pipe();
        final ClientPort port;
        long serverNoticesNs = Long.MAX_VALUE;
        boolean isCut;

        Link(long tomcat) {
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
    }

    /** A Tomcat's machine. */
    private final class Node {
        final long id;
        final SimulatedTomcat tomcat;
        final List<Link> links = new ArrayList<>();
        Link current;
        long knownIncarnation;
        long frozenUntilNs;
        long connectsNs;
        long noticesNs = Long.MAX_VALUE;

        Node(long id) {
            this.id = id;
            this.tomcat = new SimulatedTomcat(id, random.nextLong(), ledger, bug);
        }

        void cut() {
            if (current == null || current.isCut) {
                return;
            }
            current.isCut = true;
            current.up.messages.clear();
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
                tomcat.disconnected(nowNs);
                connectsNs = nowNs + (5 + random.nextInt(150)) * MS;
            }
            if (current == null && nowNs >= connectsNs && nowNs >= stalledUntilNs) {
                current = new Link(id);
                links.add(current);
                Link mine = current;
                tomcat.connected(
                        bytes -> {
                            if (!mine.isCut) {
                                mine.up.send(bytes);
                            }
                        },
                        epoch,
                        knownIncarnation == incarnation,
                        nowNs);
                knownIncarnation = incarnation;
            }
            boolean isRequestFirst = random.nextBoolean();
            if (isRequestFirst) {
                tomcat.step(nowNs);
            }
            byte[] bytes;
            while (current != null && (bytes = current.down.next()) != null) {
                tomcat.receive(bytes, nowNs);
            }
            if (!isRequestFirst) {
                tomcat.step(nowNs);
            }
        }
    }

    private SimulatedArray(long seed, PlantedBug bug) {
        this.random = new Random(seed);
        this.bug = bug;
        startServer(true);
        for (int i = 1; i <= TOMCATS; i++) {
            nodes.add(new Node(i));
        }
    }

    /** Runs one seed; returns the writes acknowledged. */
    static int run(long seed, PlantedBug bug) {
        SimulatedArray array = new SimulatedArray(seed, bug);
        array.run();
        return array.ledger.committed();
    }

    private void startServer(boolean isEmpty) {
        if (isEmpty) {
            store = new ReferenceSessionStore(
                    new StoreContext(Path.of(""), 64L * 1024 * 1024, MAX_SESSION_BYTES, line -> {}));
            stateMachine = new SessionStateMachine(store);
        }
        long logTimeMs = 1_700_000_000_000L + nowNs / MS;
        processor = new SessionRequestProcessor(
                epoch,
                new RequestLimits("server", MAX_SESSION_BYTES, 120_000 * MS, true),
                store,
                stateMachine,
                new LogClock(logTimeMs, nowNs),
                nowNs);
    }

    private void run() {
        ledger.mustAnswerFrom(PEACE_NS);
        while (nowNs < END_NS) {
            nowNs += STEP_NS;
            ledger.now(nowNs);
            if (nowNs < FAULTS_END_NS) {
                maybeFault();
            }
            if (nowNs >= LAST_REQUEST_NS) {
                nodes.forEach(node -> node.tomcat.stop());
                if (nodes.stream().allMatch(node -> node.tomcat.isIdle())) {
                    break;
                }
            }
            if (nowNs >= stalledUntilNs) {
                serve();
            }
            nodes.forEach(Node::step);
        }
        check();
    }

    private void maybeFault() {
        if (random.nextInt(120) == 0) {
            nodes.get(random.nextInt(TOMCATS)).cut();
        }
        if (random.nextInt(250) == 0) {
            nodes.get(random.nextInt(TOMCATS)).frozenUntilNs = nowNs + (50 + random.nextInt(1_000)) * MS;
        }
        if (random.nextInt(1_000) == 0) {
            stalledUntilNs = nowNs + random.nextInt(700) * MS;
        }
        if (random.nextInt(2_500) == 0) {
            restart(random.nextBoolean());
        }
    }

    private void restart(boolean isEmpty) {
        epoch++;
        incarnation++;
        for (Node node : nodes) {
            node.cut();
            node.links.clear();
        }
        if (isEmpty) {
            ledger.newSessions();
        }
        ledger.readsMayBeStaleUntil(nowNs + 1_100 * MS);
        startServer(isEmpty);
    }

    private void serve() {
        long serverNowNs = bug == PlantedBug.GRANT_WHILE_OWNER_ALIVE ? nowNs + 1_000 * MS : nowNs;
        for (Node node : nodes) {
            for (Link link : List.copyOf(node.links)) {
                byte[] bytes;
                while ((bytes = link.up.next()) != null) {
                    processor.onMessage(link.port, new UnsafeBuffer(bytes), 0, bytes.length, nowNs);
                }
                if (nowNs >= link.serverNoticesNs) {
                    processor.onDisconnected(link.port);
                    node.links.remove(link);
                }
            }
        }
        processor.doWork(serverNowNs);
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
            if (store.read(key, view)) {
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
