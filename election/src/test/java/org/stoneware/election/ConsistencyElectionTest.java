package org.stoneware.election;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.spi.election.Election;
import org.stoneware.spi.election.ElectionContext;
import org.stoneware.spi.election.ElectionOutput;
import org.stoneware.spi.election.ElectionView;
import org.stoneware.spi.election.Evidence;
import org.stoneware.spi.election.FailoverPriority;
import org.stoneware.spi.election.InSyncSet;
import org.stoneware.spi.election.VoterContact;
import org.stoneware.voting.Ballot;
import org.stoneware.voting.MemoryElectionStore;
import org.stoneware.voting.RegisterAcceptor;
import org.stoneware.voting.RegisterMessage;
import org.stoneware.voting.RegisterMessageCodec;
import org.stoneware.voting.RegisterValue;
import org.stoneware.voting.Voter;
import org.stoneware.voting.VoterId;

/** One server of a pair in consistency mode, the second in the file; the other is played by the test, a voter is the shipped one. */
class ConsistencyElectionTest {
    private static final long MS = 1_000_000L;
    private static final long SELF_PROCESS = 99;
    private static final long PEER_PROCESS = 7;
    private static final long PEER_EPOCH = 5L << 22;
    private static final VoterId SELF = new VoterId(1, 2);
    private static final VoterId PEER = new VoterId(3, 4);
    private static final VoterId WITNESS = new VoterId(5, 6);
    private static final Ballot ADDED = new Ballot(6, PEER);

    private final List<InSyncSet> told = new ArrayList<>();
    private final MemoryElectionStore store = new MemoryElectionStore(SELF);
    private final MemoryElectionStore voterStore = new MemoryElectionStore(WITNESS);
    private final Voter voter = new Voter(new RegisterAcceptor(voterStore), 3);
    private final List<RegisterMessage> sent = new ArrayList<>();
    private final List<byte[]> questions = new ArrayList<>();
    private final Election election = RegisterElectionProvider.open(
            new ElectionContext(
                    1,
                    List.of("Server1", "Server2"),
                    SELF_PROCESS,
                    5_000 * MS,
                    Path.of("unused"),
                    false,
                    FailoverPriority.consistency(1, false)),
            new Output(),
            store);

    @Test
    void shouldWaitForVotesWhenTheActiveIsGoneAndNobodyElseCanBeAsked() {
        becomeStandby();
        loseActive();
        election.doWork(400 * MS);

        assertThat(election.view().role()).isEqualTo(ServerRole.PASSIVE_STANDBY);
        assertThat(election.view().reason()).isEqualTo("waiting for votes (1 of 2)");
    }

    @Test
    void shouldTakeOverWithTheVoteOfAVoter() {
        becomeStandby();
        election.onVoter(contact(), true, MS);
        loseActive();
        answer(10 * MS);

        assertThat(election.view().role()).isEqualTo(ServerRole.ACTIVE_COORDINATOR);
        assertThat(told).hasSize(1);
        assertThat(told.get(0).members()).hasSize(1);
    }

    @Test
    void shouldNotTakeOverOnThePromiseOfAVoterAlone() {
        becomeStandby();
        election.onVoter(contact(), true, MS);
        loseActive();
        answerOnce(10 * MS);

        assertThat(election.view().role()).isEqualTo(ServerRole.PASSIVE_STANDBY);
        assertThat(told).isEmpty();
    }

    @Test
    void shouldBeBlockedUntilAQuorumAcceptsThatItGoesOnAlone() {
        becomeStandby();
        election.onVoter(contact(), true, MS);
        loseActive();
        answer(10 * MS);
        addPeer(20 * MS);
        election.onVoter(contact(), false, 40 * MS);
        hear(Evidence.Kind.CLOSED, PEER_PROCESS + 1, 50 * MS);
        hear(Evidence.Kind.REFUSED, 0, 51 * MS);
        election.doWork(60 * MS);
        boolean isBlocked = election.isBlocked();
        String reason = election.view().reason();
        int tellingsBefore = told.size();
        questions.clear();
        election.onVoter(contact(), true, 100 * MS);
        election.doWork(200 * MS);
        answer(201 * MS);

        assertThat(isBlocked).isTrue();
        assertThat(reason).isEqualTo("blocked: votes 1 of 2");
        assertThat(election.isBlocked()).isFalse();
        assertThat(told).hasSize(tellingsBefore + 1);
        assertThat(told.get(told.size() - 1).members()).hasSize(1);
    }

    @Test
    void shouldBeActiveWithoutVotesWhenAnOperatorForcesIt() {
        becomeStandby();
        loseActive();

        assertThat(election.forceActive("ann", 400 * MS)).isEmpty();
        assertThat(election.view().role()).isEqualTo(ServerRole.ACTIVE_COORDINATOR);
    }

    @Test
    void shouldIgnoreAVoterThatSpeaksAsAnother() {
        becomeStandby();
        election.onVoter(contact(), true, MS);
        loseActive();
        byte[] answer = Objects.requireNonNull(ask(questions.remove(0)));
        election.onVoterMessage(8, 8, new UnsafeBuffer(answer), 0, answer.length, 10 * MS);

        assertThat(election.refusedMessages()).isEqualTo(1);
    }

    @Test
    void shouldGiveItsRoleToTheStandbyOnRequest() {
        becomeActiveOfPair();
        long before = election.view().epoch();
        boolean isHandedOver = election.requestHandOver(30 * MS);
        election.doWork(40 * MS);

        assertThat(isHandedOver).isTrue();
        assertThat(election.view().role()).isEqualTo(ServerRole.PASSIVE_UNINITIALIZED);
        assertThat(election.view().epoch()).isGreaterThan(before);
        assertThat(election.view().reason()).isEqualTo("waiting for Server1, which is standby, to take over");
    }

    @Test
    void shouldNotGiveItsRoleAwayWithoutAStandby() {
        becomeStandby();
        election.onVoter(contact(), true, MS);
        loseActive();
        answer(10 * MS);

        assertThat(election.requestHandOver(30 * MS)).isFalse();
        assertThat(election.view().role()).isEqualTo(ServerRole.ACTIVE_COORDINATOR);
    }

    @Test
    void shouldTakeItsRoleBackWithVotesWhenTheStandbyEndsBeforeItTakesOver() {
        becomeActiveOfPair();
        election.requestHandOver(30 * MS);
        questions.clear();
        losePair();
        ServerRole withoutVotes = election.view().role();
        answer(40 * MS);

        assertThat(withoutVotes).isEqualTo(ServerRole.PASSIVE_UNINITIALIZED);
        assertThat(election.view().role()).isEqualTo(ServerRole.ACTIVE_COORDINATOR);
        assertThat(election.view().reason()).contains("took its role back");
    }

    @Test
    void shouldNotTakeItsRoleBackWhenTheRegisterSaysThatTheStandbyTookIt() {
        becomeActiveOfPair();
        election.requestHandOver(30 * MS);
        questions.clear();
        RegisterValue held = Objects.requireNonNull(store.load().acceptedValue());
        Ballot ballot = new Ballot(1_000, PEER);
        voterAccepts(
                ballot,
                new RegisterValue(
                        1_000L << 22,
                        0,
                        List.of(new RegisterValue.InSync(0, PEER, PEER_PROCESS + 1)),
                        held.voters(),
                        held.former(),
                        0));
        losePair();
        answer(40 * MS);
        for (int i = 0; i < 20; i++) {
            election.doWork(300 * MS + i * 200 * MS);
            answer(301 * MS + i * 200 * MS);
        }

        assertThat(election.view().role()).isEqualTo(ServerRole.PASSIVE_UNINITIALIZED);
        assertThat(election.view().reason()).contains("Server1");
    }

    @Test
    void shouldJudgeEverySilenceOnlyWhenEverythingIsRead() {
        becomeStandby();
        election.onVoter(contact(), true, MS);
        silentFor600(600);
        boolean isAskedUnread = !questions.isEmpty();
        election.doWork(600 * MS);
        boolean isAsked = !questions.isEmpty();
        questions.clear();
        election.onEvidence(
                new Evidence(Evidence.Kind.HEARTBEAT, 0, PEER_PROCESS, ServerRole.ACTIVE_COORDINATOR, PEER_EPOCH, 0),
                650 * MS);
        silentFor600(1_300);

        assertThat(isAskedUnread).isFalse();
        assertThat(isAsked).isTrue();
        assertThat(questions).isEmpty();
    }

    /** The machine with the active and all Tomcats has lost its power. A quorum can tell, whom no Tomcat has to help. */
    @Test
    void shouldTakeOverForSilenceWhenNoTomcatIsReachedAndAQuorumAgrees() {
        becomeStandby();
        election.onVoter(contact(), true, MS);
        election.onEvidence(Evidence.ofWitnesses(Evidence.Kind.WITNESSES, 0, 2), MS);
        for (long ms = 600; ms < 2_500; ms += 100) {
            silentFor600(ms);
            election.doWork(ms * MS);
        }
        boolean isAskedEarly = !questions.isEmpty();
        for (long ms = 2_500; ms < 4_000; ms += 100) {
            silentFor600(ms);
            election.doWork(ms * MS);
            answer(ms * MS);
        }

        assertThat(isAskedEarly).isFalse();
        assertThat(election.view().role()).isEqualTo(ServerRole.ACTIVE_COORDINATOR);
        assertThat(election.view().reason()).contains("silent", "no Tomcat was reached");
    }

    /** Only the link between the servers is cut. */
    @Test
    void shouldNotTakeOverForSilenceWhileTomcatsHearTheActive() {
        becomeStandby();
        election.onVoter(contact(), true, MS);
        election.onEvidence(Evidence.ofWitnesses(Evidence.Kind.WITNESSES, 0, 2), MS);
        for (long ms = 600; ms < 20_000; ms += 100) {
            silentFor600(ms);
            election.doWork(ms * MS);
            election.onEvidence(Evidence.ofWitnesses(Evidence.Kind.WITNESS_ALIVE, 0, 1), ms * MS);
        }

        assertThat(questions).isEmpty();
    }

    private void silentFor600(long nowMs) {
        election.onEvidence(
                new Evidence(Evidence.Kind.SILENT, 0, PEER_PROCESS, ServerRole.START, 0, 600 * MS), nowMs * MS);
    }

    @Test
    void shouldTakeTheDropOfItsStandbyBackBeforeItStops() {
        becomeActiveOfPair();
        questions.clear();
        election.requestDropPeer(0, "too slow", 30 * MS);
        answerOnce(31 * MS);
        // The voter accepts the drop, and its answer is on its way for ever.
        RegisterValue droppedAt = valueOf(questions.get(0));
        assertThat(ask(questions.remove(0))).isNotNull();
        boolean isReadyAtOnce = election.prepareStop(true, 40 * MS);
        answer(41 * MS);
        boolean isReadyUnheard = election.prepareStop(true, 42 * MS);
        deliver(bare(RegisterMessage.Type.ACCEPTED, store.load().acceptedBallot()), 43 * MS);

        assertThat(droppedAt.inSync()).hasSize(1);
        assertThat(isReadyAtOnce).isFalse();
        assertThat(isReadyUnheard).isFalse();
        assertThat(election.prepareStop(true, 44 * MS)).isTrue();
        assertThat(told.get(told.size() - 1).members()).hasSize(2);
        assertThat(voterHolds().inSync()).hasSize(2);
        assertThat(election.requestHandOver(45 * MS)).isTrue();
    }

    @Test
    void shouldGoOnWithTheDropOfAStandbyThatCannotBeTalkedTo() {
        becomeActiveOfPair();
        election.onVoter(contact(), false, 25 * MS);
        losePair();
        boolean isReadyWithoutVotes = election.prepareStop(true, 40 * MS);
        election.onVoter(contact(), true, 50 * MS);
        questions.clear();
        election.doWork(120 * MS);
        answer(121 * MS);

        assertThat(isReadyWithoutVotes).isFalse();
        assertThat(election.prepareStop(true, 130 * MS)).isTrue();
        assertThat(told.get(told.size() - 1).members()).hasSize(1);
    }

    @Test
    void shouldLeaveNoDropBehindThatMayNotHaveBeenChosen() {
        becomeActiveOfPair();
        Ballot inSync = store.load().acceptedBallot();
        election.requestDropPeer(0, "too slow", 30 * MS);
        answerOnce(31 * MS);
        Ballot drop = store.load().acceptedBallot();
        election.onStop(40 * MS);

        RegisterMessage lastWord = sent.get(sent.size() - 1);
        assertThat(drop.isHigherThan(inSync)).isTrue();
        assertThat(lastWord.type()).isEqualTo(RegisterMessage.Type.LEAVING);
        assertThat(lastWord.ballot()).isEqualTo(inSync);
        assertThat(Objects.requireNonNull(lastWord.value()).inSync()).hasSize(2);
    }

    /** What the voter has accepted last. */
    private RegisterValue voterHolds() {
        return Objects.requireNonNull(voterStore.load().acceptedValue());
    }

    private static RegisterValue valueOf(byte[] message) {
        return Objects.requireNonNull(
                Objects.requireNonNull(RegisterMessageCodec.decode(new UnsafeBuffer(message), 0, message.length))
                        .value());
    }

    private void becomeActiveOfPair() {
        becomeStandby();
        election.onVoter(contact(), true, MS);
        loseActive();
        answer(10 * MS);
        addPeer(20 * MS);
    }

    /** The standby's process ends. */
    private void losePair() {
        hear(Evidence.Kind.CLOSED, PEER_PROCESS + 1, 31 * MS);
        hear(Evidence.Kind.REFUSED, 0, 32 * MS);
        election.doWork(35 * MS);
    }

    private void voterAccepts(Ballot ballot, RegisterValue value) {
        for (RegisterMessage.Type type : List.of(RegisterMessage.Type.PREPARE, RegisterMessage.Type.ACCEPT)) {
            UnsafeBuffer question = new UnsafeBuffer(new byte[RegisterMessageCodec.MAX_LENGTH]);
            RegisterMessage message = new RegisterMessage(
                    type,
                    PEER,
                    PEER_PROCESS + 1,
                    ballot,
                    Ballot.NONE,
                    type == RegisterMessage.Type.ACCEPT ? value : null);
            int length = RegisterMessageCodec.encode(message, question, 0);
            UnsafeBuffer out = new UnsafeBuffer(new byte[Voter.MAX_ANSWER_LENGTH]);
            assertThat(voter.onMessage(question, 0, length, out, 0)).isNotEqualTo(Voter.NO_ANSWER);
        }
    }

    private void becomeStandby() {
        hear(Evidence.Kind.HELLO, PEER_PROCESS, 0);
        RegisterValue value = new RegisterValue(
                PEER_EPOCH,
                0,
                List.of(
                        new RegisterValue.InSync(0, PEER, PEER_PROCESS),
                        new RegisterValue.InSync(1, SELF, SELF_PROCESS)),
                List.of(
                        new RegisterValue.Voter(0, PEER),
                        new RegisterValue.Voter(1, SELF),
                        new RegisterValue.Voter(RegisterValue.Voter.NOT_A_SERVER, WITNESS)),
                0);
        deliver(new RegisterMessage(RegisterMessage.Type.ACCEPT, PEER, PEER_PROCESS, ADDED, Ballot.NONE, value), 0);
        assertThat(election.view().role()).isEqualTo(ServerRole.PASSIVE_STANDBY);
    }

    private void loseActive() {
        hear(Evidence.Kind.CLOSED, PEER_PROCESS, 2 * MS);
        hear(Evidence.Kind.REFUSED, 0, 3 * MS);
        election.doWork(5 * MS);
    }

    /** A new process of the other server is added, and accepts. */
    private void addPeer(long nowNs) {
        election.onEvidence(
                new Evidence(Evidence.Kind.HELLO, 0, PEER_PROCESS + 1, ServerRole.PASSIVE_UNINITIALIZED, 0, 0), nowNs);
        deliver(bare(RegisterMessage.Type.ALIVE, new Ballot(1, PEER)), nowNs);
        assertThat(election.requestAddPeer(0, PEER_PROCESS + 1, nowNs)).isTrue();
        answer(nowNs);
        deliver(bare(RegisterMessage.Type.ACCEPTED, store.load().acceptedBallot()), nowNs);
        election.onEvidence(
                new Evidence(Evidence.Kind.HEARTBEAT, 0, PEER_PROCESS + 1, ServerRole.PASSIVE_STANDBY, 0, 0), nowNs);
        assertThat(told.get(told.size() - 1).members()).hasSize(2);
    }

    /** Lets the voter answer every question, also those its answers lead to. */
    private void answer(long nowNs) {
        while (!questions.isEmpty()) {
            answerOnce(nowNs);
        }
    }

    private void answerOnce(long nowNs) {
        byte[] answer = ask(questions.remove(0));
        if (answer != null) {
            election.onVoterMessage(5, 6, new UnsafeBuffer(answer), 0, answer.length, nowNs);
        }
    }

    private byte[] ask(byte[] question) {
        UnsafeBuffer out = new UnsafeBuffer(new byte[Voter.MAX_ANSWER_LENGTH]);
        int length = voter.onMessage(new UnsafeBuffer(question), 0, question.length, out, 0);
        return length == Voter.NO_ANSWER ? null : java.util.Arrays.copyOf(out.byteArray(), length);
    }

    private static VoterContact contact() {
        return new VoterContact(5, 6, false, "voter", "third", false);
    }

    private static RegisterMessage bare(RegisterMessage.Type type, Ballot ballot) {
        return new RegisterMessage(type, PEER, PEER_PROCESS + 1, ballot, Ballot.NONE, null);
    }

    private void hear(Evidence.Kind kind, long incarnation, long nowNs) {
        ServerRole role = kind == Evidence.Kind.HELLO ? ServerRole.ACTIVE_COORDINATOR : ServerRole.START;
        election.onEvidence(new Evidence(kind, 0, incarnation, role, PEER_EPOCH, 0), nowNs);
    }

    private void deliver(RegisterMessage message, long nowNs) {
        UnsafeBuffer buffer = new UnsafeBuffer(new byte[RegisterMessageCodec.MAX_LENGTH]);
        election.onMessage(0, buffer, 0, RegisterMessageCodec.encode(message, buffer, 0), nowNs);
    }

    private final class Output implements ElectionOutput {
        @Override
        public void send(int memberId, DirectBuffer buffer, int offset, int length) {
            sent.add(Objects.requireNonNull(RegisterMessageCodec.decode(buffer, offset, length)));
        }

        @Override
        public void sendToVoter(long idHigh, long idLow, DirectBuffer buffer, int offset, int length) {
            byte[] copy = new byte[length];
            buffer.getBytes(offset, copy);
            questions.add(copy);
        }

        @Override
        public void onView(ElectionView before, ElectionView now) {}

        @Override
        public void onInSync(InSyncSet inSync) {
            told.add(inSync);
        }
    }
}
