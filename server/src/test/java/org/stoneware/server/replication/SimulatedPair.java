package org.stoneware.server.replication;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.stoneware.server.session.LogClock;
import org.stoneware.spi.replication.Replicator;
import org.stoneware.wire.replication.ReplicationPublisher;

/**
 * One active and two standbys in one thread, with connections that break and stall, standbys that crash, and writes all the while.
 * Afterwards faults and writes end, and every standby must come to hold what the active holds.
 */
final class SimulatedPair {
    static final int GROUP_ID = 1;
    static final int ACTIVE_ID = 1;
    static final long EPOCH = 5;

    private static final int STEPS = 500;
    private static final int MAX_HEALING_STEPS = 5_000;
    private static final long MS = TimeUnit.MILLISECONDS.toNanos(1);
    private static final int WINDOW_BYTES = 3_000;
    private static final int MAX_FORCED_AT_ONCE = 12;
    /** A run goes on for so long once the active has heard of a higher epoch. */
    private static final int STEPS_AFTER_HIGHER_EPOCH = 100;

    private static final ReplicationLimits LIMITS = new ReplicationLimits(
            WINDOW_BYTES, 1_000 * MS, 500 * MS, 50 * MS, 400 * MS, 16_000, 40_000, 100 * MS, 20 * MS, 1_000);

    private final Random random;
    private final PlantedBug bug;
    private final FrameFault faults;
    private final SimulatedWrites writes;
    private final TestState state;
    private final Standbys standbys;
    private final ActiveReplicator active;
    private final List<SimulatedStandby> servers;
    private final Deque<Runnable> decisions = new ArrayDeque<>();
    /** The in-sync set as the election has it: member to incarnation. */
    private final Map<Integer, Long> inSync = new TreeMap<>();
    /** Last entry each process ever held as part of a whole copy. */
    private final Map<Long, Long> held = new HashMap<>();
    /** Last entry the disk of each process ever had as part of a whole copy. */
    private final Map<Long, Long> forced = new HashMap<>();

    private final Map<Integer, Long> acknowledged = new HashMap<>();
    private final List<Integer> lengths = new ArrayList<>();
    private long nowNs = 1_000 * MS;
    private long committed;
    private long correlations;
    private int followsHigherEpoch;
    private boolean hasHeardHigherEpoch;

    SimulatedPair(long seed, PlantedBug bug) {
        this.random = new Random(seed);
        this.bug = bug;
        this.faults = new FrameFault(bug, inSync);
        this.writes = new SimulatedWrites(random);
        state = new TestState(new DatedStore(false)).forcedLater(bug == PlantedBug.COMMIT_BEFORE_OWN_DURABLE);
        state.exportsRows = bug != PlantedBug.MISSING_ROWS;
        ReplicationLimits limits = bug == PlantedBug.WINDOW_IGNORED ? withoutWindow() : LIMITS;
        standbys = new Standbys(new ReplicaIdentity(GROUP_ID, ACTIVE_ID, 77), EPOCH, state, 0, limits, new Register());
        active = new ActiveReplicator(
                EPOCH, state, (result, offset, length) -> {}, new Commits(), new LogClock(1_000, nowNs), standbys);
        servers = List.of(new SimulatedStandby(2, bug), new SimulatedStandby(3, bug));
    }

    /** Runs to the end; throws {@link AssertionError} when a promise is broken. */
    void run() {
        for (int i = random.nextInt(60); i > 0; i--) {
            write();
        }
        for (int step = 0; step < STEPS; step++) {
            fault();
            step();
            if (random.nextInt(3) == 0) {
                write();
            }
        }
        heal();
        compare();
        followInHigherEpoch();
    }

    long committed() {
        return committed;
    }

    /** Slots compared on standbys that are still running. */
    long comparedSlots() {
        long sum = 0;
        for (SimulatedStandby server : servers) {
            sum += server.replica.log().comparedSlots();
        }
        return sum;
    }

    private void step() {
        nowNs += random.nextInt(8) == 0 ? random.nextInt(60) * MS : random.nextInt(1_000_000);
        SimulatedStandby server = servers.get(random.nextInt(servers.size()));
        switch (random.nextInt(6)) {
            case 0, 1 -> {
                state.force(random.nextInt(MAX_FORCED_AT_ONCE));
                active.doWork(nowNs);
            }
            case 2 -> {
                force(server);
                work(server);
            }
            case 3 -> toStandby(server);
            case 4 -> toActive(server);
            default -> {
                Runnable decision = decisions.pollFirst();
                if (decision != null) {
                    decision.run();
                }
                connect(server);
            }
        }
    }

    private void fault() {
        SimulatedStandby server = servers.get(random.nextInt(servers.size()));
        SimulatedConnection connection = server.connection;
        int chance = random.nextInt(1_000);
        if (chance < 6 && connection != null) {
            connection.cut();
        } else if (chance < 12 && connection != null) {
            connection.isPaused = true;
        } else if (chance < 60 && connection != null) {
            connection.isPaused = false;
        } else if (chance < 63) {
            if (connection != null) {
                connection.cut();
                connection.isStandbyTold = true;
            }
            server.crash();
        } else if (chance < 67 && connection != null && connection.isOpen) {
            lateAck(server, connection);
        } else if (chance < 70 && connection != null && !connection.toStandby.isEmpty()) {
            FrameFault.damage(connection.toStandby.getFirst(), random);
        }
    }

    private void write() {
        int length = writes.next(nowNs / MS);
        long index = active.propose(writes.entry, 0, length, ++correlations, nowNs);
        if (index < 0) {
            return;
        }
        lengths.add(length);
        inSync.forEach((member, incarnation) -> checkWindow(member, index));
    }

    private void checkWindow(int member, long index) {
        long bytes = 0;
        int entries = 0;
        for (long owed = acknowledged.getOrDefault(member, 0L) + 1; owed <= index; owed++) {
            bytes += lengths.get((int) owed - 1);
            entries++;
        }
        check(bytes <= WINDOW_BYTES || entries <= 1, "window exceeded: member=" + member + " bytes=" + bytes);
    }

    /** The disk of a standby gets on, whether it is connected or not. */
    private void force(SimulatedStandby server) {
        server.state().force(random.nextInt(MAX_FORCED_AT_ONCE));
        note(server);
    }

    private void work(SimulatedStandby server) {
        SimulatedConnection connection = server.connection;
        if (connection == null) {
            return;
        }
        int before = connection.toActive.size();
        server.replica.doWork(nowNs);
        if (connection.toActive.size() > before) {
            faults.onFrameToActive(connection.toActive.getLast(), server, active());
        }
    }

    private long active() {
        return state.lastApplied();
    }

    private void toStandby(SimulatedStandby server) {
        SimulatedConnection connection = server.connection;
        if (connection == null || connection.isPaused) {
            return;
        }
        for (int i = 1 + random.nextInt(8); i > 0 && !connection.toStandby.isEmpty(); i--) {
            byte[] frame = connection.toStandby.removeFirst();
            faults.onFrameToStandby(frame);
            server.replica.onFrame(new UnsafeBuffer(frame), 0, frame.length);
            note(server);
        }
    }

    private void note(SimulatedStandby server) {
        if (server.replica.isComplete()) {
            held.merge(server.incarnation, server.replica.lastIndex(), Math::max);
            forced.merge(server.incarnation, server.state().forced(), Math::max);
        }
    }

    private void toActive(SimulatedStandby server) {
        SimulatedConnection connection = server.connection;
        if (connection == null || connection.isPaused) {
            return;
        }
        for (int i = 1 + random.nextInt(8); i > 0 && !connection.toActive.isEmpty(); i--) {
            byte[] frame = connection.toActive.removeFirst();
            connection.delivered++;
            UnsafeBuffer bytes = new UnsafeBuffer(frame);
            if (FrameFault.isAck(bytes)) {
                acknowledged.merge(server.memberId, bytes.getLong(FrameFault.ACK_INDEX, LITTLE_ENDIAN), Math::max);
            }
            standbys.onFrame(server.memberId, bytes, 0, frame.length, nowNs);
        }
    }

    private void connect(SimulatedStandby server) {
        SimulatedConnection connection = server.connection;
        if (connection == null) {
            SimulatedConnection opened = new SimulatedConnection(2 + random.nextInt(30));
            server.connection = opened;
            standbys.onConnected(server.memberId, opened.outputTo(opened.toStandby));
            server.replica.onConnected(opened.outputTo(opened.toActive));
        } else if (!connection.isOpen) {
            if (random.nextBoolean() && !connection.isActiveTold) {
                connection.isActiveTold = true;
                standbys.onConnectionLost(server.memberId);
            }
            if (random.nextBoolean() && !connection.isStandbyTold) {
                connection.isStandbyTold = true;
                server.replica.onConnectionLost();
            }
            if (connection.isActiveTold && connection.isStandbyTold) {
                server.connection = null;
            }
        }
    }

    /** An acknowledgement of the process that ran before, of one entry more than this one has; nothing may come of it. */
    private void lateAck(SimulatedStandby server, SimulatedConnection connection) {
        ReplicationPublisher late = new ReplicationPublisher(GROUP_ID, server.memberId, server.incarnation - 1, EPOCH);
        for (int i = 0; i < connection.delivered; i++) {
            late.sent();
        }
        byte[] frame = new byte[56];
        late.ack(new UnsafeBuffer(frame), held.getOrDefault(server.incarnation, 0L) + 1, nowNs);
        faults.onFrameToActive(frame, server, active());
        connection.delivered++;
        standbys.onFrame(server.memberId, new UnsafeBuffer(frame), 0, frame.length, nowNs);
    }

    private void heal() {
        for (SimulatedStandby server : servers) {
            if (server.connection != null) {
                server.connection.isPaused = false;
            }
        }
        for (int step = 0; step < MAX_HEALING_STEPS; step++) {
            step();
            if (isWhole()) {
                return;
            }
            for (SimulatedStandby server : servers) {
                work(server);
                toStandby(server);
                toActive(server);
            }
            active.doWork(nowNs);
        }
        check(
                false,
                "standbys do not come back: inSync=" + inSync + " active=" + active() + " states="
                        + servers.stream()
                                .map(server -> server.replica.state() + "@" + server.replica.lastIndex())
                                .toList()
                        + " sync="
                        + servers.stream()
                                .map(server -> standbys.syncState(server.memberId))
                                .toList());
    }

    private boolean isWhole() {
        boolean isWhole = decisions.isEmpty() && active.commitIndex() == active();
        for (SimulatedStandby server : servers) {
            isWhole &= Long.valueOf(server.incarnation).equals(inSync.get(server.memberId))
                    && server.replica.state() == ReplicaState.FOLLOWING
                    && server.replica.lastIndex() == active();
        }
        return isWhole;
    }

    private void compare() {
        Map<String, String> expected = state.contents();
        for (SimulatedStandby server : servers) {
            Map<String, String> contents = server.state().contents();
            check(contents.equals(expected), "copy differs: member=" + server.memberId + " of " + expected.size());
        }
    }

    /**
     * The election has named the active anew, in a higher epoch, and of the three servers only one standby knows. As in a server its connection
     * ends. From then on nothing may be committed while that one is in the in-sync set, however often it connects again, and the active must
     * hear why.
     */
    private void followInHigherEpoch() {
        SimulatedStandby server = servers.get(random.nextInt(servers.size()));
        if (bug != PlantedBug.ACK_OF_EARLIER_EPOCH) {
            SimulatedConnection connection = server.connection;
            if (connection != null) {
                connection.cut();
                connection.isStandbyTold = true;
            }
            server.replica.onConnectionLost();
            server.replica.follow(ACTIVE_ID, EPOCH + 1);
        }
        followsHigherEpoch = server.memberId;
        long before = active();
        int left = STEPS_AFTER_HIGHER_EPOCH;
        for (int step = 0; step < MAX_HEALING_STEPS && left > 0; step++) {
            if (active() < before + 5 || hasHeardHigherEpoch) {
                write();
            }
            step();
            left -= hasHeardHigherEpoch ? 1 : 0;
        }
        check(hasHeardHigherEpoch, "active does not notice the higher epoch");
    }

    private static ReplicationLimits withoutWindow() {
        return new ReplicationLimits(
                1 << 30, 60_000 * MS, 60_000 * MS, 50 * MS, 400 * MS, 1 << 30, 40_000, 100 * MS, 20 * MS, 1_000);
    }

    private static void check(boolean isTrue, String otherwise) {
        if (!isTrue) {
            throw new AssertionError(otherwise);
        }
    }

    private @Nullable SimulatedStandby running(int member, long incarnation) {
        for (SimulatedStandby server : servers) {
            if (server.memberId == member && server.incarnation == incarnation) {
                return server;
            }
        }
        return null;
    }

    private final class Commits implements Replicator.CommitListener {
        @Override
        public void onCommitted(long correlationId, long index) {
            check(
                    !inSync.containsKey(followsHigherEpoch),
                    "committed after a standby has left the epoch: index=" + index);
            check(index == committed + 1, "committed out of order: index=" + index + " after=" + committed);
            committed = index;
            check(state.forced() >= index, "committed before it is durable on the active: index=" + index);
            inSync.forEach((member, incarnation) -> check(
                    forced.getOrDefault(incarnation, -1L) >= index,
                    "committed before it is durable on a standby: index=" + index + " member=" + member
                            + " incarnation=" + incarnation + " durable=" + forced.get(incarnation)));
            inSync.forEach((member, incarnation) -> check(
                    held.getOrDefault(incarnation, -1L) >= index,
                    "committed without a standby: index=" + index + " member=" + member + " incarnation=" + incarnation
                            + " held=" + held.get(incarnation)));
        }

        @Override
        public void onUnknown(long correlationId) {}
    }

    /** Stands for the election: decides later, in order. */
    private final class Register implements ReplicationEvents {
        @Override
        public void onSynced(int memberId, long incarnation, long index) {
            if (bug == PlantedBug.COMMIT_WHILE_ADDING) {
                decisions.addLast(() -> standbys.refused(memberId, nowNs));
                decisions.addLast(() -> active.doWork(nowNs));
                decisions.addLast(() -> put(memberId, incarnation));
                return;
            }
            if (random.nextInt(5) == 0) {
                decisions.addLast(() -> standbys.refused(memberId, nowNs));
                return;
            }
            decisions.addLast(() -> {
                put(memberId, incarnation);
                standbys.added(memberId, incarnation);
            });
        }

        private void put(int memberId, long incarnation) {
            inSync.put(memberId, incarnation);
            acknowledged.put(memberId, held.getOrDefault(incarnation, 0L));
            if (running(memberId, incarnation) != null) {
                check(
                        held.getOrDefault(incarnation, -1L) >= committed,
                        "added without what is committed: member=" + memberId + " committed=" + committed);
            }
        }

        @Override
        public void onDropRequested(int memberId, long incarnation, String reason) {
            decisions.addLast(() -> {
                if (Long.valueOf(incarnation).equals(inSync.get(memberId))) {
                    inSync.remove(memberId);
                    standbys.dropped(memberId, nowNs);
                }
            });
        }

        @Override
        public void onHigherEpoch(long epoch) {
            hasHeardHigherEpoch = true;
        }

        @Override
        public void onSyncState(int memberId, SyncState from, SyncState to, String reason) {
            if (bug == PlantedBug.EARLY_ADD && to == SyncState.SEND_SNAPSHOT) {
                long incarnation = servers.get(memberId - 2).incarnation;
                decisions.addLast(() -> put(memberId, incarnation));
                decisions.addLast(() -> standbys.inSync(memberId, incarnation));
            }
        }
    }
}
