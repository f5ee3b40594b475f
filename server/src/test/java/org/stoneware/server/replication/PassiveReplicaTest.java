package org.stoneware.server.replication;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.function.ToIntBiFunction;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.stoneware.api.session.ByteHash;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.server.session.HeapShares;
import org.stoneware.testkit.storage.SessionRecordBuilder;
import org.stoneware.wire.log.LogEntryPublisher;
import org.stoneware.wire.replication.RecordKind;
import org.stoneware.wire.replication.ReplicationProtocol;
import org.stoneware.wire.replication.ReplicationPublisher;

class PassiveReplicaTest {
    private static final long EPOCH = 5;
    private static final SessionKey KEY = SessionKey.of("localhost/shop", "a");

    private final List<String> events = new ArrayList<>();
    private final TestGeneration first = new TestGeneration();
    private final List<TestGeneration> created = new ArrayList<>();
    private final PassiveReplica replica = new PassiveReplica(
            new ReplicaIdentity(1, 2, 20),
            first,
            true,
            0,
            () -> {
                created.add(new TestGeneration());
                return created.get(created.size() - 1);
            },
            HeapShares.LARGEST,
            new RecordedEvents());
    private CapturedFrames output = new CapturedFrames();
    private ReplicationPublisher active = new ReplicationPublisher(1, 1, 10, EPOCH);

    private long stampNs;

    PassiveReplicaTest() {
        replica.follow(1, EPOCH);
        connect();
    }

    @Test
    void shouldAskForWhatItLacksAndAskAgainUntilAnswered() {
        replica.doWork(0);
        replica.doWork(PassiveReplica.ASK_AGAIN_NS - 1);
        replica.doWork(PassiveReplica.ASK_AGAIN_NS);

        assertThat(output.messages).containsExactly("sync 0 of 0", "sync 0 of 0");
    }

    @Test
    void shouldAcknowledgeWhatItHasApplied() {
        entry(1, 0);
        entry(2, EPOCH);
        replica.doWork(0);

        assertThat(output.messages).containsExactly("ack 2");
        assertThat(first.state.lastApplied()).isEqualTo(2);
    }

    @Test
    void shouldStopFollowingAtGap() {
        entry(1, 0);
        entry(3, EPOCH);

        assertLost("entry does not follow");
        assertThat(replica.lastIndex()).isEqualTo(1);
    }

    @Test
    void shouldStopFollowingAtEntryOfAnotherLog() {
        entry(1, 0);
        entry(2, EPOCH - 1);

        assertLost("entry does not follow");
    }

    @Test
    void shouldStopFollowingWhenFrameIsMissing() {
        entry(1, 0);
        active.sent();
        entry(2, EPOCH);

        assertLost("frame out of place");
    }

    @Test
    void shouldStopFollowingAtWrongChecksum() {
        UnsafeBuffer frame = new UnsafeBuffer(new byte[512]);
        UnsafeBuffer entry = touch();
        int length = active.entry(frame, 1, EPOCH, 0, 0, 1, 0, 0, entry, 0, entry.capacity());
        frame.putByte(length - 1, (byte) (frame.getByte(length - 1) ^ 1));
        replica.onFrame(frame, 0, length);

        assertThat(output.closed).startsWith("wrong checksum");
        assertThat(replica.lastIndex()).isZero();
    }

    @Test
    void shouldAskForWholeCopyAfterEntryItCouldNotApply() {
        UnsafeBuffer nonsense = new UnsafeBuffer(new byte[20]);
        send((to, frame) -> to.entry(frame, 1, EPOCH, 0, 0, 1, 0, 0, nonsense, 0, 20));

        assertThat(output.closed).startsWith("entry can't be applied");
        connect();
        replica.doWork(0);
        assertThat(output.messages).containsExactly("sync -1 of 0");
    }

    @Test
    void shouldAnswerLowerEpochWithTheOneItFollowsAndTakeNothing() {
        replica.follow(1, EPOCH + 1);
        entry(1, 0);
        replica.doWork(0);

        assertThat(output.messages).containsExactly("stale 6");
        assertThat(replica.lastIndex()).isZero();
    }

    @Test
    void shouldStopAcknowledgingBeforeAnythingElseWhenHigherEpochIsSeenAndPromiseNothing() {
        entry(1, 0);
        active.epoch(EPOCH + 1);
        entry(2, EPOCH);
        replica.doWork(0);

        assertThat(output.messages).isEmpty();
        assertThat(events).contains("higher epoch 6");
        assertThat(replica.state()).isEqualTo(ReplicaState.WAITING);
        assertThat(output.closed).startsWith("a frame names an epoch the election has not named");
        connect();
        replica.doWork(0);
        assertThat(output.messages).containsExactly("sync 1 of 5");
    }

    @Test
    void shouldUseCopyOnlyOnceItIsWhole() {
        entry(1, 0);
        connect();
        send((to, frame) -> to.snapshotBegin(frame, 9));
        record(record(4), 9);

        assertThat(replica.current()).isSameAs(first);
        assertThat(replica.lastIndex()).isEqualTo(1);
        send((to, frame) -> to.snapshotEnd(frame, 9, 7, EPOCH, 100, 1));
        replica.doWork(0);

        assertThat(replica.current()).isSameAs(created.get(0));
        assertThat(first.isDiscarded).isTrue();
        assertThat(output.messages).contains("ack 7");
        assertThat(events).contains("complete 7");
    }

    @Test
    void shouldKeepWhatItHeldWhenCopyEndsEarly() {
        entry(1, 0);
        connect();
        send((to, frame) -> to.snapshotBegin(frame, 9));
        record(record(4), 9);
        connect();
        replica.doWork(0);

        assertThat(created.get(0).isDiscarded).isTrue();
        assertThat(replica.current()).isSameAs(first);
        assertThat(output.messages).containsExactly("sync 1 of 5");
    }

    @Test
    void shouldRefuseCopyThatLacksSession() {
        send((to, frame) -> to.snapshotBegin(frame, 9));
        record(record(4), 9);
        send((to, frame) -> to.snapshotEnd(frame, 9, 7, EPOCH, 100, 2));

        replica.doWork(0);
        assertThat(events).anyMatch(event -> event.startsWith("copy given up") && event.contains("copy is not whole"));
        assertThat(output.messages).containsExactly("mismatch COPY_BROKEN");
        assertThat(replica.current()).isSameAs(first);
        assertThat(replica.mismatch()).isNull();
    }

    @Test
    void shouldNotLetOlderRecordReplaceNewerOne() {
        send((to, frame) -> to.snapshotBegin(frame, 9));
        record(record(6), 9);
        record(record(4), 9);
        send((to, frame) -> to.snapshotEnd(frame, 9, 7, EPOCH, 100, 1));

        assertThat(heldIndex()).isEqualTo(6);
    }

    @Test
    void shouldNotBringBackWhatWasRemovedDuringCopy() {
        send((to, frame) -> to.snapshotBegin(frame, 9));
        ExpandableArrayBuffer key = new ExpandableArrayBuffer();
        int length = KEY.encode(key, 0);
        send((to, frame) -> to.snapshotRecord(frame, 9, 5, RecordKind.REMOVED, key, 0, length));
        record(record(4), 9);
        send((to, frame) -> to.snapshotEnd(frame, 9, 7, EPOCH, 100, 0));

        assertThat(replica.lastIndex()).isEqualTo(7);
        assertThat(heldIndex()).isEqualTo(-1);
    }

    @Test
    void shouldRefuseEntryAndSignOfLifeBeforeCopyIsWhole() {
        send((to, frame) -> to.snapshotBegin(frame, 9));
        entry(1, 0);
        assertThat(output.closed).startsWith("entry before the copy was whole");

        connect();
        send((to, frame) -> to.snapshotBegin(frame, 10));
        send((to, frame) -> to.commit(frame, 1, 1, 1, 1));
        assertThat(output.closed).startsWith("commit before the copy was whole");
    }

    @Test
    void shouldGiveWordByAcknowledgingWhatItWasSentLately() {
        stampNs = 77;
        entry(1, 0);
        assertThat(replica.leaseGivenUntilNs(1_000)).isEqualTo(1_000);

        replica.doWork(1_000);

        assertThat(output.seenNs).isEqualTo(77);
        assertThat(replica.leaseGivenUntilNs(1_001)).isEqualTo(1_001 + GivenLease.WORD_NS);
    }

    @Test
    void shouldGiveNoWordForStampOfAnotherConnection() {
        stampNs = 77;
        entry(1, 0);
        connect();
        send((to, frame) -> to.snapshotBegin(frame, 9));
        send((to, frame) -> to.snapshotEnd(frame, 9, 1, EPOCH, 100, 0));
        replica.doWork(1_000);

        assertThat(output.messages).contains("ack 1");
        assertThat(output.seenNs).isEqualTo(ReplicationProtocol.NO_STAMP);
        assertThat(replica.leaseGivenUntilNs(1_001)).isEqualTo(1_001);
    }

    private void assertLost(String reason) {
        replica.doWork(0);
        assertThat(output.closed).startsWith(reason);
        assertThat(output.messages).isEmpty();
        assertThat(replica.state()).isEqualTo(ReplicaState.WAITING);
        assertThat(events).anyMatch(event -> event.startsWith("lost " + reason));
    }

    private void connect() {
        output = new CapturedFrames();
        active = new ReplicationPublisher(1, 1, 10, EPOCH);
        replica.onConnected(output);
    }

    private void entry(long index, long prevEpoch) {
        UnsafeBuffer entry = touch();
        send((to, frame) -> to.entry(
                frame, index, EPOCH, prevEpoch, 0, index, resultOf(index), stampNs, entry, 0, entry.capacity()));
    }

    /** What an entry that finds no session results in. */
    private static long resultOf(long index) {
        UnsafeBuffer result = new UnsafeBuffer(new byte[Long.BYTES]);
        result.putLong(0, index);
        return ByteHash.of(result, 0, Long.BYTES);
    }

    private void record(SessionRecord record, long snapshotId) {
        send((to, frame) -> to.snapshotRecord(
                frame, snapshotId, record.lastIndex(), RecordKind.SESSION, record.buffer(), 0, record.length()));
    }

    private static SessionRecord record(long index) {
        return new SessionRecordBuilder(KEY)
                .version(index)
                .logPlace(EPOCH, index)
                .build();
    }

    private long heldIndex() {
        SessionRecord view = new SessionRecord();
        return replica.current().state().store().read(KEY, view) ? view.lastIndex() : -1;
    }

    private static UnsafeBuffer touch() {
        ExpandableArrayBuffer buffer = new ExpandableArrayBuffer();
        byte[] entry = new byte[new LogEntryPublisher().sessionTouched(buffer, 1, KEY)];
        buffer.getBytes(0, entry);
        return new UnsafeBuffer(entry);
    }

    private void send(ToIntBiFunction<ReplicationPublisher, UnsafeBuffer> encode) {
        UnsafeBuffer frame = new UnsafeBuffer(new byte[1024]);
        int length = encode.applyAsInt(active, frame);
        active.sent();
        replica.onFrame(frame, 0, length);
    }

    private static final class TestGeneration implements Generation {
        private final TestState state = TestState.create();
        private boolean isDiscarded;

        @Override
        public ReplicatedState state() {
            return state;
        }

        @Override
        public void discard() {
            isDiscarded = true;
        }
    }

    private final class RecordedEvents implements PassiveReplicaEvents {
        @Override
        public void onComplete(long lastIndex) {
            events.add("complete " + lastIndex);
        }

        @Override
        public void onLost(String reason) {
            events.add("lost " + reason);
        }

        @Override
        public void onCopyGivenUp(String reason) {
            events.add(reason);
        }

        @Override
        public void onHigherEpoch(long epoch) {
            events.add("higher epoch " + epoch);
        }
    }
}
