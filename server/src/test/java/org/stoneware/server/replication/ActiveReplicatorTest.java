package org.stoneware.server.replication;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.stoneware.api.cluster.Histogram;
import org.stoneware.api.session.SessionKey;
import org.stoneware.server.session.LogClock;
import org.stoneware.spi.replication.Replicator;
import org.stoneware.wire.log.LogEntryPublisher;
import org.stoneware.wire.replication.ReplicationPublisher;

class ActiveReplicatorTest {
    private static final int MEMBER = 2;
    private static final long INCARNATION = 20;
    private static final long EPOCH = 5;
    private static final long MS = TimeUnit.MILLISECONDS.toNanos(1);

    private final List<String> events = new ArrayList<>();
    private final TestState state = TestState.create();
    private final ReplicationLimits limits = new ReplicationLimits(
            200, 1_000 * MS, 500 * MS, 5_000 * MS, 300_000 * MS, 10_000, 1 << 20, 500 * MS, 50 * MS, 100);
    private final Standbys standbys =
            new Standbys(new ReplicaIdentity(1, 1, 10), EPOCH, state, 0, limits, new RecordedEvents());
    private final ActiveReplicator replicator = new ActiveReplicator(
            EPOCH, state, (result, offset, length) -> {}, new RecordedCommits(), new LogClock(0, 0), standbys);
    private final CapturedFrames output = new CapturedFrames();
    private ReplicationPublisher standby = new ReplicationPublisher(1, MEMBER, INCARNATION, EPOCH);
    private long nowNs;

    @Test
    void shouldCommitWhatIsAppliedWhenAlone() {
        ActiveReplicator alone = new ActiveReplicator(
                EPOCH, TestState.create(), (result, offset, length) -> {}, new RecordedCommits(), new LogClock(0, 0));

        assertThat(propose(alone)).isEqualTo(1);
        assertThat(events).isEmpty();
        alone.doWork(0);

        assertThat(events).containsExactly("committed 1");
        assertThat(alone.commitIndex()).isEqualTo(1);
    }

    @Test
    void shouldCommitOnlyWhatCountedStandbyHasAcknowledged() {
        follow(INCARNATION);
        propose(replicator);
        propose(replicator);
        work(1);
        assertThat(events).isEmpty();

        ack(1);
        work(1);

        assertThat(output.messages).contains("entry 1", "entry 2");
        assertThat(events).containsExactly("committed 1");
    }

    @Test
    void shouldMeasureHowLongAStandbyTakesToAcknowledgeEachEntry() {
        follow(INCARNATION);
        propose(replicator);
        work(3);
        propose(replicator);
        work(2);
        ack(2);
        ack(2);

        Histogram took = standbys.acknowledgements(MEMBER, "took");
        assertThat(took.counts().stream().mapToLong(Long::longValue).sum()).isEqualTo(2);
        assertThat(took.sumNs()).isEqualTo((5 + 2) * MS);
    }

    @Test
    void shouldMeasureWhatHasToWaitForTheStoreAndNothingElse() {
        propose(replicator);
        work(0);
        work(5);
        assertThat(standbys.durable("took").counts()).containsOnly(0L);

        state.forcedLater(false).force(1);
        propose(replicator);
        work(4);
        state.force(1);
        work(0);
        work(9);

        Histogram took = standbys.durable("took");
        assertThat(took.counts().stream().mapToLong(Long::longValue).sum()).isEqualTo(1);
        assertThat(took.sumNs()).isEqualTo(4 * MS);
    }

    @Test
    void shouldNotCountAcknowledgementOfAnotherProcessOrOfWhatWasNotSent() {
        follow(INCARNATION);
        propose(replicator);
        work(1);

        ack(7);
        standby = withIncarnation(INCARNATION + 1, 2);
        ack(1);
        work(1);

        assertThat(events).isEmpty();
        assertThat(standbys.refusedFrames()).isEqualTo(2);
    }

    @Test
    void shouldNotCountAcknowledgementOfLowerEpochAndSayWhichOneHolds() {
        follow(INCARNATION);
        propose(replicator);
        work(1);
        standby.epoch(EPOCH - 1);

        ack(1);
        work(1);

        assertThat(events).isEmpty();
        assertThat(output.messages).contains("stale " + EPOCH);
    }

    @Test
    void shouldCountNothingOverConnectionThatNamesHigherEpochAndLeaveTheRoleToTheElection() {
        follow(INCARNATION);
        propose(replicator);
        work(1);
        standby.epoch(EPOCH + 1);

        ack(1);
        work(1);

        assertThat(events).containsExactly("higher epoch 6");
        assertThat(output.closed).startsWith("a frame names an epoch above this one");
        assertThat(propose(replicator)).isEqualTo(2);
        assertThat(replicator.commitIndex()).isZero();
    }

    @Test
    void shouldPushBackWhenWindowIsFullAndGoOnWhenStandbyAcknowledges() {
        follow(INCARNATION);
        long accepted = fillWindow();

        ack(accepted);
        work(1);

        assertThat(propose(replicator)).isEqualTo(accepted + 1);
    }

    @Test
    void shouldLetOneEntryInHoweverLongItIs() {
        follow(INCARNATION);

        long index = replicator.propose(new UnsafeBuffer(entry(50)), 0, entry(50).length, 0, nowNs);

        assertThat(index).isEqualTo(1);
        assertThat(propose(replicator)).isEqualTo(Replicator.BACK_PRESSURED);
    }

    @Test
    void shouldAskToDropStandbyThatStaysSlowAndCommitAloneOnceItIsDropped() {
        follow(INCARNATION);
        long accepted = fillWindow();
        work(1);
        assertThat(events).isEmpty();

        work(500);
        assertThat(events).singleElement().asString().startsWith("drop 2: too slow");
        standbys.dropped(MEMBER, nowNs);
        work(1);

        assertThat(events).contains("committed " + accepted);
        assertThat(propose(replicator)).isEqualTo(accepted + 1);
    }

    @Test
    void shouldCountTimeOwedWhenFewBytesAre() {
        follow(INCARNATION);
        propose(replicator);
        work(1_001);

        assertThat(propose(replicator)).isEqualTo(Replicator.BACK_PRESSURED);
    }

    @Test
    void shouldCopyDroppedStandbyAgainOnlyAfterItsHoldOff() {
        standbys.inSync(MEMBER, INCARNATION);
        standbys.dropped(MEMBER, nowNs);
        connect();

        nowNs += 4_999 * MS;
        request(-1);
        assertThat(standbys.syncState(MEMBER)).isNull();
        nowNs += MS;
        request(-1);

        assertThat(standbys.syncState(MEMBER)).isEqualTo(SyncState.SEND_SNAPSHOT);
    }

    @Test
    void shouldHoldCommitsFromLastMatchToDecisionEvenWhenConnectionIsLost() {
        connect();
        request(0);
        work(1);
        ack(0);
        work(1);
        propose(replicator);
        work(1);
        assertThat(events).filteredOn(event -> event.startsWith("committed")).isEmpty();
        work(1);
        assertThat(events).contains("synced 20 at 0");

        standbys.onConnectionLost(MEMBER);
        work(10_000);
        assertThat(events).filteredOn(event -> event.startsWith("committed")).isEmpty();
        standbys.added(MEMBER, INCARNATION);
        work(1);
        assertThat(events).filteredOn(event -> event.startsWith("committed")).isEmpty();
        standbys.dropped(MEMBER, nowNs);
        work(1);

        assertThat(events).contains("committed 1");
    }

    @Test
    void shouldNotAddStandbyThatIsNotComplete() {
        connect();
        request(-1);

        assertThatThrownBy(() -> standbys.added(MEMBER, INCARNATION)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void shouldAskToDropStandbyThatCameBackAsAnotherProcess() {
        standbys.inSync(MEMBER, INCARNATION);
        connect();
        standby = withIncarnation(INCARNATION + 1, 0);

        request(0);

        assertThat(events).singleElement().asString().startsWith("drop 2: came back");
        assertThat(standbys.isInSync(MEMBER)).isTrue();
        assertThat(standbys.isWhole(MEMBER)).isFalse();
    }

    @Test
    void shouldServeReadsAsLongAsEveryCountedStandbyHasGivenItsWord() {
        assertThat(replicator.canServeReads(nowNs)).isTrue();
        follow(INCARNATION);
        assertThat(replicator.canServeReads(nowNs)).isFalse();
        work(1);
        ack(0);
        assertThat(replicator.canServeReads(nowNs)).isTrue();

        nowNs += ReadLease.LEASE_NS;
        assertThat(replicator.canServeReads(nowNs)).isFalse();
        standbys.dropped(MEMBER, nowNs);

        assertThat(replicator.canServeReads(nowNs)).isTrue();
    }

    @Test
    void shouldNeedWordOfStandbyThatMayBeInTheSetAlready() {
        connect();
        request(0);
        work(1);
        ack(0);
        work(1);
        work(1);
        assertThat(events).contains("synced 20 at 0");
        assertThat(replicator.canServeReads(nowNs)).isTrue();

        nowNs += ReadLease.LEASE_NS;
        assertThat(replicator.canServeReads(nowNs)).isFalse();
        standbys.added(MEMBER, INCARNATION);
        assertThat(replicator.canServeReads(nowNs)).isFalse();
    }

    @Test
    void shouldTakeNoWordOfAnotherProcessOrForWhatWasNotSent() {
        follow(INCARNATION);
        work(1);
        nowNs += MS;
        ack(0);
        assertThat(replicator.canServeReads(nowNs)).isFalse();
        nowNs -= MS;
        standby = withIncarnation(INCARNATION + 1, 2);
        ack(0);

        assertThat(replicator.canServeReads(nowNs)).isFalse();
        assertThat(standbys.refusedFrames()).isEqualTo(2);
    }

    private void follow(long incarnation) {
        standbys.inSync(MEMBER, incarnation);
        connect();
        request(0);
    }

    private void connect() {
        standbys.onConnected(MEMBER, output);
    }

    private long fillWindow() {
        long accepted = 0;
        for (long index = propose(replicator); index > 0; index = propose(replicator)) {
            accepted = index;
            work(1);
        }
        return accepted;
    }

    private void work(long laterMs) {
        nowNs += laterMs * MS;
        replicator.doWork(nowNs);
    }

    private void request(long lastIndex) {
        UnsafeBuffer frame = new UnsafeBuffer(new byte[128]);
        fromStandby(frame, standby.syncRequest(frame, lastIndex, 0, 0));
    }

    private void ack(long index) {
        UnsafeBuffer frame = new UnsafeBuffer(new byte[128]);
        fromStandby(frame, standby.ack(frame, index, nowNs));
    }

    private void fromStandby(UnsafeBuffer frame, int length) {
        standby.sent();
        standbys.onFrame(MEMBER, frame, 0, length, nowNs);
    }

    private static ReplicationPublisher withIncarnation(long incarnation, int sent) {
        ReplicationPublisher publisher = new ReplicationPublisher(1, MEMBER, incarnation, EPOCH);
        for (int i = 0; i < sent; i++) {
            publisher.sent();
        }
        return publisher;
    }

    private long propose(ActiveReplicator to) {
        byte[] entry = entry(1);
        return to.propose(new UnsafeBuffer(entry), 0, entry.length, 0, nowNs);
    }

    private static byte[] entry(int repetitions) {
        ExpandableArrayBuffer buffer = new ExpandableArrayBuffer();
        SessionKey key = SessionKey.of("shop".repeat(repetitions), "a");
        byte[] entry = new byte[new LogEntryPublisher().sessionTouched(buffer, 1, key)];
        buffer.getBytes(0, entry);
        return entry;
    }

    private final class RecordedCommits implements Replicator.CommitListener {
        @Override
        public void onCommitted(long correlationId, long index) {
            events.add("committed " + index);
        }

        @Override
        public void onUnknown(long correlationId) {
            events.add("unknown");
        }
    }

    private final class RecordedEvents implements ReplicationEvents {
        @Override
        public void onSynced(int memberId, long incarnation, long index) {
            events.add("synced " + incarnation + " at " + index);
        }

        @Override
        public void onDropRequested(int memberId, long incarnation, String reason) {
            events.add("drop " + memberId + ": " + reason);
        }

        @Override
        public void onHigherEpoch(long epoch) {
            events.add("higher epoch " + epoch);
        }

        @Override
        public void onSyncState(int memberId, SyncState from, SyncState to, String reason) {}
    }
}
