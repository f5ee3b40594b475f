package org.stoneware.server.replication;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.stoneware.server.session.HeapShares;
import org.stoneware.server.session.LogClock;
import org.stoneware.server.session.SessionStateMachine;
import org.stoneware.spi.replication.Replicator;
import org.stoneware.spi.storage.SessionStore;
import org.stoneware.spi.storage.StoreContext;
import org.stoneware.testkit.storage.ReferenceSessionStore;
import org.stoneware.wire.replication.ReplicationPublisher;
import org.stoneware.wire.session.WriteStatus;

/** The server's own state on an active and on one standby, over a connection without faults, in steps of a millisecond. */
final class LinkedPair {
    static final int STANDBY_ID = 2;
    static final long EPOCH = 5;

    private static final int FRAME_EPOCH = 16;
    private static final int STREAM_SEQ = 32;

    private static final long MS = TimeUnit.MILLISECONDS.toNanos(1);

    final List<String> events = new ArrayList<>();
    final SessionStateMachine state;
    final Standbys standbys;
    final ActiveReplicator active;
    PassiveReplica replica;
    private final HeapShares shares;
    private final long standbyBytes;
    private final UnaryOperator<SessionStore> standbyStore;
    private final Deque<Runnable> decisions = new ArrayDeque<>();

    @Nullable
    private SimulatedConnection connection;

    private byte[] lastToStandby = {};
    private byte[] lastToActive = {};
    private int copies;
    private long standbyIncarnation = 20;
    private String lastResult = "";
    private long nowNs;
    long committed;

    LinkedPair(long activeBytes, long standbyBytes) {
        this(activeBytes, standbyBytes, HeapShares.LARGEST, store -> store);
    }

    /** @param standbyStore what the standby keeps sessions in, around a plain store. */
    LinkedPair(long activeBytes, long standbyBytes, HeapShares shares, UnaryOperator<SessionStore> standbyStore) {
        this.standbyBytes = standbyBytes;
        this.standbyStore = standbyStore;
        this.shares = shares;
        state = new SessionStateMachine(newStore(activeBytes));
        standbys = new Standbys(
                new ReplicaIdentity(1, 1, 10), EPOCH, state, 0, ReplicationLimits.DEFAULTS, new ActiveEvents());
        active = new ActiveReplicator(
                EPOCH,
                state,
                (result, offset, length) ->
                        lastResult = WriteStatus.ofCode(result.getInt(offset)).toString(),
                new Commits(),
                new LogClock(1_000_000, 0),
                standbys);
        replica = newReplica();
    }

    private PassiveReplica newReplica() {
        PassiveReplica made = new PassiveReplica(
                new ReplicaIdentity(1, STANDBY_ID, standbyIncarnation),
                new Held(),
                false,
                0,
                this::generation,
                shares,
                new StandbyEvents());
        made.follow(1, EPOCH);
        return made;
    }

    /** Another process, which holds nothing. */
    void restartStandby() {
        cut();
        connect();
        standbyIncarnation++;
        replica = newReplica();
    }

    SessionStateMachine copy() {
        return (SessionStateMachine) replica.current().state();
    }

    /** Proposes an entry and says what came of it. */
    String write(byte[] entry) {
        long index = active.propose(new UnsafeBuffer(entry), 0, entry.length, 0, nowNs);
        return index > 0 ? lastResult : "refused";
    }

    void run(long forMs) {
        for (long i = 0; i < forMs; i++) {
            nowNs += MS;
            connect();
            deliver();
            active.doWork(nowNs);
            replica.doWork(nowNs);
            Runnable decision = decisions.pollFirst();
            if (decision != null) {
                decision.run();
            }
        }
    }

    void runUntilInSync() {
        for (int i = 0; i < 30_000 && !standbys.isInSync(STANDBY_ID); i++) {
            run(1);
        }
        if (!standbys.isInSync(STANDBY_ID)) {
            throw new AssertionError("standby does not come: " + events);
        }
    }

    /** Copies begun so far. */
    int copies() {
        return copies;
    }

    /** A frame of somebody who reads the datagrams, in an epoch of his choice: what came last, as if it came next. */
    void forgeToStandby(long epoch) {
        byte[] frame = forged(lastToStandby, epoch);
        replica.onFrame(new UnsafeBuffer(frame), 0, frame.length);
    }

    /** The same from the standby's side. */
    void forgeToActive(long epoch) {
        byte[] frame = forged(lastToActive, epoch);
        standbys.onFrame(STANDBY_ID, new UnsafeBuffer(frame), 0, frame.length, nowNs);
    }

    /** Somebody says for the standby that it has promised another epoch. */
    void forgeStaleToActive(long promisedEpoch) {
        ReplicationPublisher publisher = new ReplicationPublisher(1, STANDBY_ID, standbyIncarnation, EPOCH);
        UnsafeBuffer frame = new UnsafeBuffer(new byte[64]);
        int length = publisher.stale(frame, promisedEpoch);
        frame.putLong(STREAM_SEQ, nextSeq(lastToActive), LITTLE_ENDIAN);
        standbys.onFrame(STANDBY_ID, frame, 0, length, nowNs);
    }

    private static byte[] forged(byte[] last, long epoch) {
        byte[] frame = last.clone();
        UnsafeBuffer fields = new UnsafeBuffer(frame);
        fields.putLong(FRAME_EPOCH, epoch, LITTLE_ENDIAN);
        fields.putLong(STREAM_SEQ, nextSeq(last), LITTLE_ENDIAN);
        return frame;
    }

    private static long nextSeq(byte[] last) {
        return new UnsafeBuffer(last).getLong(STREAM_SEQ, LITTLE_ENDIAN) + 1;
    }

    /** Breaks the connection; another one follows. */
    void cut() {
        SimulatedConnection current = connection;
        if (current != null) {
            current.cut();
        }
    }

    boolean isConnected() {
        return connection != null && connection.isOpen;
    }

    private void connect() {
        SimulatedConnection current = connection;
        if (current == null) {
            SimulatedConnection opened = new SimulatedConnection(10_000);
            connection = opened;
            standbys.onConnected(STANDBY_ID, opened.outputTo(opened.toStandby));
            replica.onConnected(opened.outputTo(opened.toActive));
        } else if (!current.isOpen) {
            standbys.onConnectionLost(STANDBY_ID);
            replica.onConnectionLost();
            connection = null;
        }
    }

    private void deliver() {
        SimulatedConnection current = connection;
        while (current != null && !current.toStandby.isEmpty()) {
            byte[] frame = current.toStandby.removeFirst();
            lastToStandby = frame;
            replica.onFrame(new UnsafeBuffer(frame), 0, frame.length);
        }
        while (current != null && !current.toActive.isEmpty()) {
            byte[] frame = current.toActive.removeFirst();
            lastToActive = frame;
            standbys.onFrame(STANDBY_ID, new UnsafeBuffer(frame), 0, frame.length, nowNs);
        }
    }

    private Generation generation() {
        copies++;
        return new Held();
    }

    /** What a standby holds. */
    private final class Held implements Generation {
        private final SessionStateMachine held = new SessionStateMachine(standbyStore.apply(newStore(standbyBytes)));

        @Override
        public ReplicatedState state() {
            return held;
        }

        @Override
        public void discard() {
            held.store().close();
        }
    }

    private static SessionStore newStore(long bytes) {
        return new ReferenceSessionStore(new StoreContext(Path.of("unused"), bytes, 1 << 20, line -> {}));
    }

    private final class Commits implements Replicator.CommitListener {
        @Override
        public void onCommitted(long correlationId, long index) {
            committed = index;
        }

        @Override
        public void onUnknown(long correlationId) {}
    }

    private final class ActiveEvents implements ReplicationEvents {
        @Override
        public void onSynced(int memberId, long incarnation, long index) {
            decisions.addLast(() -> standbys.added(memberId, incarnation));
        }

        @Override
        public void onDropRequested(int memberId, long incarnation, String reason) {
            events.add("drop " + reason);
            decisions.addLast(() -> {
                if (standbys.isInSync(memberId)) {
                    standbys.dropped(memberId, nowNs);
                }
            });
        }

        @Override
        public void onDigestMismatch(int memberId, long incarnation, Mismatch mismatch) {
            events.add("active hears " + mismatch);
        }

        @Override
        public void onHigherEpoch(long epoch) {}

        @Override
        public void onSyncState(int memberId, SyncState from, SyncState to, String reason) {}
    }

    private final class StandbyEvents implements PassiveReplicaEvents {
        @Override
        public void onComplete(long lastIndex) {
            events.add("complete");
        }

        @Override
        public void onLost(String reason) {}

        @Override
        public void onHigherEpoch(long epoch) {}

        @Override
        public void onDigestMismatch(Mismatch mismatch) {
            events.add("standby finds " + mismatch);
        }
    }
}
