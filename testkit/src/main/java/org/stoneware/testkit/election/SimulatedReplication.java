package org.stoneware.testkit.election;

import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.spi.election.ElectionView;
import org.stoneware.spi.election.HeldCopy;
import org.stoneware.spi.election.InSyncSet;

/**
 * A replicated log on top of an election, reduced to what the in-sync set is for: the active numbers entries, sends them to the other
 * server, and acknowledges what every process in the set holds in its epoch. Checks that nothing acknowledged is ever missing on a
 * server that becomes active, and that one process acknowledges per epoch.
 */
final class SimulatedReplication implements SimulatedHost {
    private static final int MAX_SYNC_TICKS = 12;
    private static final int MAX_IDLE_TICKS = 60;

    private final ReplicationFault fault;
    private final SplittableRandom random;
    private final boolean isPersistent;
    private final Node[] nodes = {new Node(0), new Node(1)};
    private final BitSet acknowledged = new BitSet();
    private final Map<Long, Long> incarnationByEpoch = new HashMap<>();
    private @Nullable SimulatedElectionNetwork network;
    private int lastEntry;
    private long acknowledgements;

    SimulatedReplication(ReplicationFault fault, boolean isPersistent, long seed) {
        this.fault = fault;
        this.isPersistent = isPersistent;
        this.random = new SplittableRandom(seed * 31 + 7);
    }

    void network(SimulatedElectionNetwork theNetwork) {
        network = theNetwork;
    }

    /** Entries acknowledged in this run. */
    long acknowledgements() {
        return acknowledgements;
    }

    /** Position of the active when both servers are in sync and acknowledgements flow, else -1. */
    int activeOfPair() {
        for (Node node : nodes) {
            Node other = nodes[1 - node.id];
            InSyncSet inSync = node.inSync;
            boolean isPair = node.isActive()
                    && inSync != null
                    && !node.isPaused
                    && !node.isDropping
                    && inSync.contains(other.id, other.incarnation)
                    && other.view.role() == ServerRole.PASSIVE_STANDBY;
            if (isPair) {
                return node.id;
            }
        }
        return -1;
    }

    /** The standby is called too slow. */
    void dropStandby(int activeId) {
        Node active = nodes[activeId];
        mustNetwork().callElection(activeId, election -> {
            // From the decision on the active counts as alone: what happens to it next is a second fault.
            active.isDropping = true;
            election.requestDropPeer(1 - activeId, "too slow", mustNetwork().nowNs());
        });
    }

    /** The active role is given to the standby; returns whether it was. */
    boolean handOver(int activeId) {
        boolean[] isHandedOver = new boolean[1];
        mustNetwork()
                .callElection(
                        activeId,
                        election -> isHandedOver[0] =
                                election.requestHandOver(mustNetwork().nowNs()));
        return isHandedOver[0];
    }

    /** The machine of a server that does not run has gone down: what it had written last, and not forced, is gone. */
    void loseTail(int id, int entries) {
        Node node = nodes[id];
        node.log = node.log.upTo(Math.max(0, node.log.size() - entries));
        node.isSuspect = true;
    }

    /** The disk of a server that does not run has been replaced. */
    void loseStore(int id) {
        nodes[id].log = new SimulatedLog();
        nodes[id].isLost = true;
    }

    /** Whatever no server holds any more is lost, and nobody promised more. */
    void forgive() {
        acknowledged.andNot(nodes[1].log.missing(nodes[0].log.missing(acknowledged)));
    }

    @Override
    public HeldCopy held(int id) {
        Node node = nodes[id];
        return new HeldCopy(!node.isLost, node.log.lastEpoch(), node.log.size(), node.isSuspect);
    }

    @Override
    public void onStart(int id, long incarnation) {
        nodes[id].start(incarnation);
    }

    @Override
    public void onEnd(int id, boolean isInOrder, boolean isBlocked) {
        Node node = nodes[id];
        if (!isPersistent) {
            InSyncSet inSync = node.inSync;
            boolean isDropping = !isInOrder && (node.isDropping || isBlocked);
            if (node.wasActive && (inSync == null || inSync.members().size() == 1 || isDropping)) {
                // The only copy has ended; nobody promised more.
                acknowledged.clear();
            }
            node.log = new SimulatedLog();
        }
        node.view = new ElectionView(ServerRole.STOPPED, 0, ElectionView.NO_ACTIVE, "");
        node.lead();
    }

    @Override
    public void onView(int id, ElectionView now) {
        Node node = nodes[id];
        boolean isActivation = now.role() == ServerRole.ACTIVE_COORDINATOR && !node.isActive();
        if (node.isActive() && now.role() != ServerRole.ACTIVE_COORDINATOR && now.role() != ServerRole.STOPPED) {
            node.lead();
            node.wasActive = false;
        }
        node.view = now;
        if (isActivation) {
            BitSet missing = node.log.missing(acknowledged);
            if (!missing.isEmpty()) {
                throw new AssertionError("server " + id + " becomes active and has lost acknowledged entries "
                        + missing.cardinality() + " of " + acknowledged.cardinality() + ": " + now);
            }
            node.lead();
            node.wasActive = true;
            node.isSuspect = false;
            node.isLost = false;
            node.isInstalled = false;
        }
    }

    @Override
    public void onInSync(int id, InSyncSet inSync) {
        Node node = nodes[id];
        if (!node.isActive() || inSync.epoch() != node.view.epoch()) {
            throw new AssertionError("server " + id + " is told an in-sync set it can't use: " + inSync + node.view);
        }
        node.inSync = inSync;
        node.isPaused = false;
        node.isDropping = false;
        if (inSync.members().size() == 1) {
            node.session = null;
        }
        acknowledge(node);
    }

    @Override
    public void onTick(int id) {
        Node node = nodes[id];
        if (!node.isActive()) {
            return;
        }
        node.log.append(++lastEntry, node.view.epoch());
        Node other = nodes[1 - id];
        Session session = node.session;
        long connection = mustNetwork().connection(id, other.id);
        boolean isOtherProcess = session != null && session.incarnation != other.incarnation;
        if (isOtherProcess && fault == ReplicationFault.ACK_WITHOUT_INCARNATION) {
            isOtherProcess = false;
        }
        if (connection != 0 && (session == null || isOtherProcess)) {
            session = new Session(other.incarnation, 1 + random.nextInt(MAX_SYNC_TICKS));
            node.session = session;
        }
        if (session != null && connection != 0) {
            replicate(node, other, session, connection);
        }
        acknowledge(node);
    }

    private void replicate(Node active, Node standby, Session session, long connection) {
        boolean isInSync = active.inSync != null && active.inSync.members().size() == 2;
        if (session.connection != connection) {
            session.connection = connection;
            if (isInSync || fault == ReplicationFault.ACK_WITHOUT_INCARNATION) {
                session.sent = session.acked;
            } else {
                session.ticksToSnapshot = 1 + random.nextInt(MAX_SYNC_TICKS);
                session.acked = 0;
            }
        }
        if (!isInSync && fault == ReplicationFault.ADD_BEFORE_COMPLETE) {
            requestAdd(active, standby, session);
        }
        if (session.ticksToSnapshot > 0) {
            if (--session.ticksToSnapshot == 0) {
                SimulatedLog copy = active.log.copy();
                session.sent = copy.size();
                carry(active, standby, (epoch, incarnation) -> install(standby, active, copy, epoch, incarnation));
            }
            return;
        }
        if (++session.idleTicks > MAX_IDLE_TICKS) {
            // Something was lost on the way: send it again, or the whole copy again.
            session.idleTicks = 0;
            session.sent = session.acked;
            if (!isInSync) {
                active.session = null;
                active.isPaused = false;
                return;
            }
        }
        while (session.sent < active.log.size()) {
            int index = session.sent++;
            int entry = active.log.entry(index);
            long entryEpoch = active.log.epoch(index);
            carry(
                    active,
                    standby,
                    (epoch, incarnation) -> append(standby, active, index, entry, entryEpoch, epoch, incarnation));
        }
        if (!isInSync && !active.isPaused && session.acked > 0 && active.log.size() - session.acked <= 2) {
            // Everything written so far is acknowledged only when the answer to this has come.
            session.completeAt = active.log.size();
            active.isPaused = true;
        }
        if (active.isPaused && session.acked >= session.completeAt) {
            requestAdd(active, standby, session);
        }
    }

    private void requestAdd(Node active, Node standby, Session session) {
        boolean isProcessIgnored = fault == ReplicationFault.ACK_WITHOUT_INCARNATION;
        long incarnation = isProcessIgnored ? standby.incarnation : session.incarnation;
        active.isPaused = true;
        mustNetwork().callElection(active.id, election -> {
            boolean isOnItsWay = election.requestAddPeer(
                    standby.id, incarnation, mustNetwork().nowNs());
            session.idleTicks = isOnItsWay ? 0 : session.idleTicks;
        });
    }

    private void install(Node standby, Node active, SimulatedLog copy, long epoch, long incarnation) {
        if (standby.view.role() == ServerRole.PASSIVE_UNINITIALIZED && standby.view.epoch() == epoch) {
            standby.log = copy;
            standby.isSuspect = false;
            standby.isLost = false;
            standby.isInstalled = true;
            standby.installedEpoch = epoch;
            ack(standby, active, epoch, incarnation);
        }
    }

    private void append(
            Node standby, Node active, int index, int entry, long entryEpoch, long epoch, long incarnation) {
        if (fault == ReplicationFault.STALE_EPOCH_ACCEPTED && epoch < standby.view.epoch()) {
            int size = index + 1;
            carry(standby, active, (e, i) -> onAck(active, standby, size, epoch, incarnation, standby.incarnation));
            return;
        }
        boolean isPassive = standby.view.role() == ServerRole.PASSIVE_STANDBY
                || standby.view.role() == ServerRole.PASSIVE_UNINITIALIZED;
        if (!isPassive || standby.view.epoch() != epoch || !standby.isInstalled || standby.installedEpoch != epoch) {
            return;
        }
        if (index == standby.log.size()) {
            standby.log.append(entry, entryEpoch);
        }
        ack(standby, active, epoch, incarnation);
    }

    private void ack(Node standby, Node active, long epoch, long incarnation) {
        int size = standby.log.size();
        long process = standby.incarnation;
        carry(standby, active, (e, i) -> onAck(active, standby, size, epoch, incarnation, process));
    }

    private void onAck(Node active, Node standby, int size, long epoch, long incarnation, long process) {
        Session session = active.session;
        if (session == null || !active.isActive() || active.view.epoch() != epoch) {
            return;
        }
        boolean isOfSession = session.incarnation == process && active.incarnation == incarnation;
        if (isOfSession || fault == ReplicationFault.ACK_WITHOUT_INCARNATION) {
            session.idleTicks = size > session.acked ? 0 : session.idleTicks;
            session.acked = Math.max(session.acked, size);
            acknowledge(active);
        }
    }

    /** Acknowledges what everyone in the set holds. */
    private void acknowledge(Node active) {
        InSyncSet inSync = active.inSync;
        if (inSync == null || active.isPaused) {
            return;
        }
        Session session = active.session;
        int limit = active.log.size();
        if (inSync.members().size() > 1 && fault != ReplicationFault.ACK_WITHOUT_STANDBY) {
            limit = session == null ? 0 : Math.min(limit, session.acked);
        }
        for (; active.acked < limit; active.acked++) {
            acknowledge(active, active.log.entry(active.acked));
        }
    }

    private void acknowledge(Node active, int entry) {
        Node other = nodes[1 - active.id];
        Long process = incarnationByEpoch.putIfAbsent(active.view.epoch(), active.incarnation);
        if (process != null && process != active.incarnation) {
            throw new AssertionError("a second process acknowledges in epoch " + active.view.epoch());
        }
        boolean isDeposed = other.isActive() && other.view.epoch() > active.view.epoch();
        if (isDeposed && !other.log.holds(entry)) {
            throw new AssertionError("server " + active.id + " acknowledges entry " + entry + " in epoch "
                    + active.view.epoch() + ", and the active of epoch " + other.view.epoch() + " does not hold it");
        }
        acknowledged.set(entry);
        acknowledgements++;
    }

    private void carry(Node from, Node to, Delivery delivery) {
        long epoch = from.view.epoch();
        long incarnation = from.incarnation;
        mustNetwork().carry(from.id, to.id, () -> delivery.take(epoch, incarnation));
    }

    private SimulatedElectionNetwork mustNetwork() {
        SimulatedElectionNetwork present = network;
        if (present == null) {
            throw new IllegalStateException("no network yet");
        }
        return present;
    }

    /** What is done with something that arrives, with the epoch and process it was sent in. */
    private interface Delivery {
        void take(long epoch, long incarnation);
    }

    /** The active's side of bringing the other process up to date. */
    private static final class Session {
        private final long incarnation;
        private int ticksToSnapshot;
        private long connection;
        private int sent;
        private int acked;
        private int completeAt;
        private int idleTicks;

        Session(long incarnation, int ticksToSnapshot) {
            this.incarnation = incarnation;
            this.ticksToSnapshot = ticksToSnapshot;
        }
    }

    private static final class Node {
        private final int id;
        private SimulatedLog log = new SimulatedLog();
        private ElectionView view = new ElectionView(ServerRole.STOPPED, 0, ElectionView.NO_ACTIVE, "");
        private long incarnation;
        private @Nullable InSyncSet inSync;
        private @Nullable Session session;
        private boolean isPaused;
        private boolean isDropping;
        private boolean wasActive;
        private boolean isSuspect;
        private boolean isLost;
        private boolean isInstalled;
        private long installedEpoch;
        private int acked;

        Node(int id) {
            this.id = id;
        }

        void start(long nextIncarnation) {
            incarnation = nextIncarnation;
            isInstalled = false;
            wasActive = false;
            lead();
        }

        boolean isActive() {
            return view.role() == ServerRole.ACTIVE_COORDINATOR;
        }

        /** Begins or ends a time as active. */
        void lead() {
            inSync = null;
            session = null;
            isPaused = false;
            isDropping = false;
            acked = log.size();
        }
    }
}
