package org.stoneware.server.replication;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.stoneware.api.session.SessionDelta;
import org.stoneware.api.session.SessionKey;
import org.stoneware.server.session.GrownBuffer;
import org.stoneware.server.session.LogClock;
import org.stoneware.server.storage.UnreadWalks;
import org.stoneware.spi.replication.Replicator;
import org.stoneware.wire.log.LogEntryPublisher;
import org.stoneware.wire.log.LogProtocol;
import org.stoneware.wire.replication.RecordKind;

class PassiveSyncSessionTest {
    private static final long EPOCH = 5;
    private static final long SECOND = 1_000_000_000L;

    private final List<String> events = new ArrayList<>();
    private TestState state = TestState.create();
    private final EntryRing ring = new EntryRing(1 << 20, 0, 0);
    private final Replicator alone =
            new ActiveReplicator(EPOCH, state, (result, offset, length) -> {}, new NoListener(), new LogClock(0, 0));
    private CapturedFrames output = new CapturedFrames();
    private long nowNs;

    @Test
    void shouldTakeOnlyEdgesOfTheTable() {
        Map<SyncState, List<SyncState>> expected = new EnumMap<>(SyncState.class);
        SyncState wait = SyncState.AWAIT_POSITION;
        SyncState send = SyncState.SEND_SNAPSHOT;
        SyncState catchUp = SyncState.CATCH_UP;
        SyncState synced = SyncState.SYNCED;
        SyncState failed = SyncState.FAILED;
        SyncState tell = SyncState.RECONCILE;
        // Events: position held, position not held, entry applied, acknowledgement, work, added, refused, connection
        // lost, position not held but acknowledged, end of what was acknowledged alone.
        expected.put(wait, List.of(catchUp, send, wait, wait, wait, wait, failed, failed, tell, wait));
        expected.put(tell, List.of(tell, tell, tell, tell, tell, tell, failed, failed, tell, send));
        expected.put(send, List.of(send, send, send, send, catchUp, send, failed, failed, send, catchUp));
        expected.put(
                catchUp,
                List.of(catchUp, catchUp, catchUp, catchUp, catchUp, synced, failed, failed, catchUp, catchUp));
        expected.put(synced, Collections.nCopies(10, synced));
        expected.put(failed, Collections.nCopies(10, failed));
        List<Consumer<PassiveSyncSession>> all = List.of(
                session -> session.onPosition(0, 0, 0, nowNs),
                session -> session.onPosition(-1, 0, 0, nowNs),
                session -> session.onApplied(removal("b"), 0, removal("b").capacity()),
                session -> session.onAck(0),
                session -> session.doWork(nowNs, 0, alone),
                PassiveSyncSessionTest::addIfPossible,
                PassiveSyncSession::refused,
                session -> session.fail("lost"),
                session -> session.onPosition(7, 3, 7, nowNs),
                this::end);

        expected.forEach((from, afterEach) -> {
            for (int event = 0; event < all.size(); event++) {
                PassiveSyncSession session = in(from);
                all.get(event).accept(session);

                assertThat(session.state()).as("%s after event %d", from, event).isEqualTo(afterEach.get(event));
            }
        });
    }

    @Test
    void shouldSendSessionChangedDuringSnapshotWholeAndEntriesOnlyBehindIt() {
        apply(created("a"));
        apply(created("b"));
        PassiveSyncSession session = session(1 << 20);
        session.onPosition(-1, 0, 0, nowNs);

        apply(removal("a"), session);
        apply(created("c"), session);
        session.doWork(nowNs, 0, alone);
        apply(removal("b"), session);
        session.doWork(nowNs, 0, alone);

        assertThat(output.messages.subList(0, 3)).containsExactly("begin", "REMOVED 4", "SESSION 4");
        assertThat(output.messages.subList(output.messages.size() - 2, output.messages.size()))
                .containsExactly("end 4", "entry 5");
        assertThat(output.messages).contains("SESSION 2");
    }

    @Test
    void shouldSendNoMoreOfSnapshotThanItsRateAllows() {
        for (int i = 0; i < 50; i++) {
            apply(created("s" + i));
        }
        PassiveSyncSession session = session(1_000);
        session.onPosition(-1, 0, 0, nowNs);

        session.doWork(nowNs, 0, alone);
        session.doWork(nowNs, 0, alone);
        assertThat(output.messages).hasSize(2);
        nowNs += SECOND;
        session.doWork(nowNs, 0, alone);

        assertThat(output.messages).hasSize(3);
    }

    @Test
    void shouldSendAgainWhatConnectionHadNoRoomFor() {
        apply(created("a"));
        PassiveSyncSession session = session(1 << 20);
        session.onPosition(-1, 0, 0, nowNs);
        output.hasRoom = false;
        session.doWork(nowNs, 0, alone);
        assertThat(session.state()).isEqualTo(SyncState.SEND_SNAPSHOT);

        output.hasRoom = true;
        session.doWork(nowNs, 0, alone);
        session.doWork(nowNs, 0, alone);

        assertThat(output.messages).containsSubsequence("begin", "SESSION 1", "STATE_ROW 1", "end 1");
    }

    @Test
    void shouldGiveUpPauseThatLastsTooLongAndTryAgain() {
        PassiveSyncSession session = session(1 << 20);
        session.onPosition(0, 0, 0, nowNs);
        apply(created("z"), session);
        session.doWork(nowNs, 0, alone);
        session.onAck(0);
        session.doWork(nowNs, 0, alone);
        assertThat(session.holdsCommits()).isTrue();

        nowNs += ReplicationLimits.DEFAULTS.pauseNs();
        session.doWork(nowNs, 0, alone);
        assertThat(session.holdsCommits()).isFalse();
        session.doWork(nowNs, 0, alone);
        assertThat(session.holdsCommits()).isFalse();
        nowNs += ReplicationLimits.DEFAULTS.pauseNs();
        session.doWork(nowNs, 0, alone);

        assertThat(session.holdsCommits()).isTrue();
    }

    @Test
    void shouldFailWhenTooManySessionsChangeDuringSnapshot() {
        PassiveSyncSession session = in(SyncState.SEND_SNAPSHOT);
        for (int i = 0; i < 101; i++) {
            apply(created("n" + i), session);
        }

        assertThat(session.state()).isEqualTo(SyncState.FAILED);
    }

    /** Were the standby in sync and became the active, what its copy lacks would be gone here as well. */
    @Test
    void shouldFailRatherThanEndWithoutSessionsTheDeviceDoesNotRead() {
        state = new TestState(UnreadWalks.of(TestState.newStore(), 2));
        apply(created("a"));
        PassiveSyncSession session = session(1 << 20);
        session.onPosition(-1, 0, 0, nowNs);

        session.doWork(nowNs, 0, alone);

        assertThat(session.state()).isEqualTo(SyncState.FAILED);
        assertThat(session.failure()).contains("sessions=2");
        assertThat(output.messages).contains("SESSION 1").doesNotContain("end 1");
    }

    /** A standby that has nothing to tell says so when it is asked. */
    private void end(PassiveSyncSession session) {
        session.doWork(nowNs, 0, alone);
        if (session.state() == SyncState.RECONCILE) {
            session.onDivergedEnd(0, 0);
            session.doWork(nowNs, 0, alone);
        }
    }

    private static final class NoListener implements Replicator.CommitListener {
        @Override
        public void onCommitted(long correlationId, long index) {}

        @Override
        public void onUnknown(long correlationId) {}
    }

    private static void addIfPossible(PassiveSyncSession session) {
        if (session.awaitsDecision()) {
            session.added();
        }
    }

    /** A session that has come to a state; in CATCH_UP and beyond it has acknowledged everything there is. */
    private PassiveSyncSession in(SyncState wanted) {
        output = new CapturedFrames();
        PassiveSyncSession session = session(1 << 20);
        if (wanted == SyncState.SEND_SNAPSHOT) {
            session.onPosition(-1, 0, 0, nowNs);
        }
        if (wanted == SyncState.RECONCILE) {
            session.onPosition(7, 3, 7, nowNs);
        }
        if (wanted == SyncState.CATCH_UP || wanted == SyncState.SYNCED) {
            session.onPosition(0, 0, 0, nowNs);
            session.doWork(nowNs, 0, alone);
            session.onAck(ring.lastIndex());
            session.doWork(nowNs, 0, alone);
            if (ring.lastIndex() == 0) {
                session.doWork(nowNs, 0, alone);
            }
        }
        if (wanted == SyncState.SYNCED) {
            session.added();
        }
        if (wanted == SyncState.FAILED) {
            session.fail("test");
        }
        return session;
    }

    @Test
    void shouldNotKeepTheBufferOfALongSession() {
        List<Integer> capacities = new ArrayList<>();
        StandbyStream stream = new StandbyStream(new ReplicaIdentity(1, 1, 10), EPOCH, new FrameOutput() {
            @Override
            public boolean send(DirectBuffer frame, int offset, int length) {
                capacities.add(frame.capacity());
                // The first time there is no room.
                return capacities.size() > 1;
            }

            @Override
            public void close(String reason) {}
        });
        UnsafeBuffer longRecord = new UnsafeBuffer(new byte[2 * GrownBuffer.KEPT_CAPACITY]);

        stream.record(9, 1, RecordKind.SESSION, longRecord, 0, longRecord.capacity());
        stream.record(9, 1, RecordKind.SESSION, longRecord, 0, longRecord.capacity());
        stream.stale(6);

        assertThat(capacities.get(1)).isEqualTo(capacities.get(0)).isGreaterThan(longRecord.capacity());
        assertThat(capacities.get(2)).isLessThanOrEqualTo(GrownBuffer.KEPT_CAPACITY);
    }

    private PassiveSyncSession session(long bytesPerSec) {
        ReplicationLimits usual = ReplicationLimits.DEFAULTS;
        ReplicationLimits limits = new ReplicationLimits(
                usual.windowBytes(),
                usual.windowNs(),
                usual.stallNs(),
                usual.holdOffMinNs(),
                usual.holdOffMaxNs(),
                usual.retainedBytes(),
                bytesPerSec,
                usual.pauseNs(),
                usual.heartbeatNs(),
                100);
        StandbyStream stream = new StandbyStream(new ReplicaIdentity(1, 1, 10), EPOCH, output);
        return new PassiveSyncSession(2, 20, 9, state, ring, stream, limits, new RecordedEvents(), nowNs);
    }

    private void apply(UnsafeBuffer entry) {
        int length = entry.capacity();
        state.apply(state.lastApplied() + 1, EPOCH, 1, entry, 0, length, (result, offset, resultLength) -> {});
        ring.append(EPOCH, 1, nowNs, 0, entry, 0, length);
    }

    private void apply(UnsafeBuffer entry, PassiveSyncSession session) {
        apply(entry);
        session.onApplied(entry, 0, entry.capacity());
    }

    private UnsafeBuffer created(String id) {
        SessionDelta.Builder delta = new SessionDelta.Builder(new ExpandableArrayBuffer());
        delta.finish();
        ExpandableArrayBuffer buffer = new ExpandableArrayBuffer();
        int length = new LogEntryPublisher()
                .sessionWritten(
                        buffer,
                        0,
                        1,
                        state.lastApplied(),
                        0,
                        1,
                        LogProtocol.WRITTEN_CREATE,
                        SessionKey.of("localhost/shop", id),
                        new SessionDelta().wrap(delta.buffer(), 0));
        return copy(buffer, length);
    }

    private UnsafeBuffer removal(String id) {
        ExpandableArrayBuffer buffer = new ExpandableArrayBuffer();
        SessionKey key = SessionKey.of("localhost/shop", id);
        return copy(buffer, new LogEntryPublisher().sessionRemoved(buffer, 0, 1, state.lastApplied(), 0, key));
    }

    private static UnsafeBuffer copy(ExpandableArrayBuffer buffer, int length) {
        byte[] bytes = new byte[length];
        buffer.getBytes(0, bytes);
        return new UnsafeBuffer(bytes);
    }

    private final class RecordedEvents implements ReplicationEvents {
        @Override
        public void onSynced(int memberId, long incarnation, long index) {
            events.add("synced " + index);
        }

        @Override
        public void onDropRequested(int memberId, long incarnation, String reason) {}

        @Override
        public void onHigherEpoch(long epoch) {}

        @Override
        public void onSyncState(int memberId, SyncState from, SyncState to, String reason) {}
    }
}
