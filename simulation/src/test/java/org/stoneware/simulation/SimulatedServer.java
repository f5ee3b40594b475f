package org.stoneware.simulation;

import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Random;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.stoneware.api.time.SleepWatch;
import org.stoneware.server.replication.FrameOutput;
import org.stoneware.server.replication.Mismatch;
import org.stoneware.server.replication.PassiveReplica;
import org.stoneware.server.replication.PassiveReplicaEvents;
import org.stoneware.server.replication.ReplicaIdentity;
import org.stoneware.server.replication.ReplicationEvents;
import org.stoneware.server.replication.ReplicationLimits;
import org.stoneware.server.replication.Standbys;
import org.stoneware.server.replication.SyncState;
import org.stoneware.server.request.FaultyProcessors;
import org.stoneware.server.request.RequestLimits;
import org.stoneware.server.request.SessionRequestProcessor;
import org.stoneware.server.role.SessionGeneration;
import org.stoneware.server.session.HeapShares;
import org.stoneware.server.session.LogClock;
import org.stoneware.spi.storage.StoreContext;
import org.stoneware.testkit.storage.ReferenceSessionStore;

/** One server process after the other on one machine: the shipping classes of an active or of a passive, and frames on their way to it. */
final class SimulatedServer {
    private static final long AWAKE = -1;
    private static final long MS = 1_000_000L;
    private static final int GROUP = 1;
    private static final int MAX_SESSION_BYTES = 64 * 1024;
    private static final long START_MS = 1_700_000_000_000L;

    /** A window of a few entries, so that the log refuses entries now and then. */
    private static final ReplicationLimits LIMITS = new ReplicationLimits(
            700, 1_000 * MS, 300 * MS, 50 * MS, 200 * MS, 1 << 20, 8 << 20, 100 * MS, 20 * MS, 1_000);

    final int id;
    private final Random random;
    private final PlantedBug bug;
    private final Listener listener;
    private final ArrayDeque<Frame> inbox = new ArrayDeque<>();
    long incarnation;
    long epoch;
    boolean isUp = true;
    private long pausedUntilNs;
    private final SleepWatch watch = new SleepWatch();
    /** Since when its machine sleeps; {@link #AWAKE} while it does not. */
    private long sleepsSinceNs = AWAKE;

    private long sleptNs;
    /** Its clock runs up to one in a hundred faster or slower than true. */
    private final double clockRate;

    private SessionGeneration generation;
    private PassiveReplica replica;
    private Standbys standbys;
    private SessionRequestProcessor processor;
    /** Log time, while this server is active. */
    private LogClock clock;

    private long lastFrameNs;
    private int connection;
    private long lastArrivalNs;
    private SimulatedServer peer;
    private long nowNs;

    /** A frame on its way to this server. */
    private record Frame(byte[] bytes, long arrivesNs, int connection) {}

    /** Stands for the election. */
    interface Listener {
        void onSynced(SimulatedServer active, long standbyIncarnation);

        void onDropRequested(SimulatedServer active);

        /** A standby has found that it does not hold what its active holds. */
        default void onCopyDiffers(String what) {}

        /** Whose change was acknowledged last; 0 when nobody keeps that in mind. */
        default long lastWriter() {
            return 0;
        }
    }

    SimulatedServer(int id, Random random, Habits habits, PlantedBug bug, Listener listener) {
        this.id = id;
        this.random = random;
        this.bug = bug;
        this.listener = listener;
        this.clockRate = habits.serverClockRate(random);
        start();
    }

    void peer(SimulatedServer other) {
        peer = other;
    }

    /** What its monotonic clock shows. */
    long localNs(long now) {
        return (long) ((now - sleptNs) * clockRate);
    }

    /** @param isAsleep its monotonic clock stands still meanwhile. */
    void pauseUntil(long untilNs, boolean isAsleep, long now) {
        pausedUntilNs = untilNs;
        if (isAsleep && sleepsSinceNs == AWAKE) {
            sleepsSinceNs = now;
        }
    }

    private void start() {
        incarnation = 10L * incarnation + id + 1;
        epoch = 0;
        generation = newGeneration();
        replica = newReplica(false, 0);
        standbys = null;
        processor = null;
        inbox.clear();
    }

    private static SessionGeneration newGeneration() {
        return new SessionGeneration(
                new ReferenceSessionStore(
                        new StoreContext(Path.of(""), 64L * 1024 * 1024, MAX_SESSION_BYTES, line -> {})),
                () -> {});
    }

    private PassiveReplica newReplica(boolean isComplete, long lastEpoch) {
        return new PassiveReplica(
                new ReplicaIdentity(GROUP, id, incarnation),
                generation,
                isComplete,
                lastEpoch,
                SimulatedServer::newGeneration,
                HeapShares.LARGEST,
                new Following());
    }

    void crash() {
        isUp = false;
        processor = null;
        standbys = null;
        inbox.clear();
        disconnect();
    }

    void restart() {
        isUp = true;
        start();
    }

    boolean isRunning(long now) {
        return isUp && now >= pausedUntilNs;
    }

    /** Null unless this server believes it is active. */
    SessionRequestProcessor processor() {
        return processor;
    }

    SessionGeneration generation() {
        return generation;
    }

    /** Slots its standby process has compared with the active's so far. */
    long comparedSlots() {
        return replica == null ? 0 : replica.log().comparedSlots();
    }

    boolean isWhole() {
        return replica != null && replica.isComplete();
    }

    /** The election has made this server the active, or names it anew in a higher epoch. */
    void activate(long newEpoch, long now) {
        nowNs = now;
        long localNs = localNs(now);
        disconnect();
        long lastEpoch = replica == null ? epoch : replica.lastEpoch();
        if (standbys == null) {
            clock = new LogClock(START_MS, localNs);
        }
        if (replica != null && replica.isComplete()) {
            generation = (SessionGeneration) replica.current();
            clock = new LogClock(replica.logTimeMs() + Math.max(1, (now - lastFrameNs) / MS), localNs);
        }
        // As RoleDuties does: on this server's word the active before it may go on for so long.
        long aloneNs = replica == null ? localNs : Math.max(localNs, replica.leaseGivenUntilNs(localNs));
        replica = null;
        epoch = newEpoch;
        standbys = new Standbys(
                new ReplicaIdentity(GROUP, id, incarnation),
                epoch,
                generation.state(),
                lastEpoch,
                LIMITS,
                new Feeding());
        processor = FaultyProcessors.create(
                bug,
                epoch,
                new RequestLimits("server-" + id, MAX_SESSION_BYTES, 120_000 * MS, true, ""),
                generation.state(),
                clock,
                localNs,
                aloneNs,
                standbys,
                listener::lastWriter);
    }

    /** The election says another server is active, in this epoch. */
    void follow(long newEpoch) {
        if (replica == null) {
            // What it holds beyond the last commit is not the array's; it is copied anew.
            generation = newGeneration();
            replica = newReplica(false, 0);
        }
        processor = null;
        standbys = null;
        epoch = newEpoch;
        replica.follow(peer.id, newEpoch);
    }

    /** A replication connection between the two is open. */
    void connect(int number) {
        connection = number;
        inbox.clear();
        FrameOutput output = new Output(number);
        if (standbys != null) {
            standbys.onConnected(peer.id, output);
        } else {
            replica.onConnected(output);
        }
    }

    void disconnect() {
        if (connection == 0) {
            return;
        }
        connection = 0;
        if (standbys != null) {
            standbys.onConnectionLost(peer.id);
        } else if (replica != null && isUp) {
            replica.onConnectionLost();
        }
    }

    boolean isConnected() {
        return connection != 0;
    }

    void added(long standbyIncarnation) {
        standbys.added(peer.id, standbyIncarnation);
    }

    void refused() {
        standbys.refused(peer.id, localNs(nowNs));
    }

    void dropped() {
        standbys.dropped(peer.id, localNs(nowNs));
    }

    void begin(long now) {
        nowNs = now;
        if (sleepsSinceNs != AWAKE) {
            // However short the way to sleep and back, the clock shows later times behind it.
            sleptNs += now - sleepsSinceNs - 1_000;
            sleepsSinceNs = AWAKE;
        }
        long wallMs = (long) (now * clockRate) / MS;
        boolean hasSlept = watch.sleptNs(wallMs, localNs(now)) != SleepWatch.AGREED;
        if (hasSlept && standbys != null && bug != PlantedBug.SLEEP_UNNOTICED) {
            standbys.distrust(localNs(now));
        }
    }

    void step() {
        long now = nowNs;
        while (!inbox.isEmpty() && inbox.peek().arrivesNs <= now) {
            Frame frame = inbox.poll();
            if (frame.connection != connection) {
                continue;
            }
            UnsafeBuffer bytes = new UnsafeBuffer(frame.bytes);
            if (standbys != null) {
                standbys.onFrame(peer.id, bytes, 0, frame.bytes.length, localNs(now));
            } else {
                lastFrameNs = now;
                replica.onFrame(bytes, 0, frame.bytes.length);
            }
        }
        if (processor != null) {
            processor.doWork(localNs(now));
        } else {
            replica.doWork(localNs(now));
        }
    }

    /** True when frames have arrived that the next step takes in. */
    boolean hasFrames() {
        return !inbox.isEmpty() && inbox.peek().arrivesNs <= nowNs;
    }

    private void receive(byte[] bytes, long sentNs, int number) {
        long delayNs = random.nextInt(200) == 0 ? random.nextInt(150) * MS : random.nextInt(1_500) * 1_000L;
        lastArrivalNs = Math.max(lastArrivalNs, sentNs + delayNs);
        inbox.add(new Frame(bytes, lastArrivalNs, number));
    }

    /** Sends to the other server while both are on the same connection. */
    private final class Output implements FrameOutput {
        private final int number;

        Output(int number) {
            this.number = number;
        }

        @Override
        public boolean send(DirectBuffer frame, int offset, int length) {
            if (number != connection) {
                return false;
            }
            if (peer.connection == number) {
                byte[] bytes = new byte[length];
                frame.getBytes(offset, bytes);
                peer.receive(bytes, nowNs, number);
            }
            return true;
        }

        @Override
        public void close(String reason) {
            if (number == connection) {
                connection = 0;
            }
        }
    }

    /** What the feeding side can't decide. */
    private final class Feeding implements ReplicationEvents {
        @Override
        public void onSynced(int memberId, long standbyIncarnation, long index) {
            listener.onSynced(SimulatedServer.this, standbyIncarnation);
        }

        @Override
        public void onDropRequested(int memberId, long standbyIncarnation, String reason) {
            listener.onDropRequested(SimulatedServer.this);
        }

        @Override
        public void onHigherEpoch(long seen) {}

        @Override
        public void onSyncState(int memberId, SyncState from, SyncState to, String reason) {}
    }

    /** What the following side tells. */
    private final class Following implements PassiveReplicaEvents {
        @Override
        public void onComplete(long lastIndex) {
            generation = (SessionGeneration) replica.current();
        }

        @Override
        public void onLost(String reason) {}

        @Override
        public void onHigherEpoch(long seen) {}

        @Override
        public void onDigestMismatch(Mismatch mismatch) {
            listener.onCopyDiffers(mismatch.toString());
        }
    }
}
