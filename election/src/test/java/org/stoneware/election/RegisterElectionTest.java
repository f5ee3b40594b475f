package org.stoneware.election;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.spi.election.Election;
import org.stoneware.spi.election.ElectionContext;
import org.stoneware.spi.election.ElectionException;
import org.stoneware.spi.election.ElectionOutput;
import org.stoneware.spi.election.ElectionView;
import org.stoneware.spi.election.Evidence;
import org.stoneware.spi.election.FailoverPriority;
import org.stoneware.voting.Ballot;
import org.stoneware.voting.ElectionStore;
import org.stoneware.voting.RegisterMessage;
import org.stoneware.voting.RegisterMessageCodec;
import org.stoneware.voting.SavedRegister;
import org.stoneware.voting.VoterId;

class RegisterElectionTest {
    private static final long SECOND_NS = 1_000_000_000L;
    private static final long ELECTION_TIME_NS = 5 * SECOND_NS;
    private static final VoterId SELF = new VoterId(1, 2);
    private static final VoterId PEER = new VoterId(3, 4);

    private final List<ElectionView> views = new ArrayList<>();
    private final List<RegisterMessage> sent = new ArrayList<>();
    private final MemoryRegisters.MemoryStore store = new MemoryRegisters.MemoryStore(SELF);

    @Test
    void shouldStandBesideTheActiveAndSayWhyItIsNoStandby() {
        Election election = open(false);

        election.onEvidence(heard(Evidence.Kind.HELLO, 7, ServerRole.ACTIVE_COORDINATOR, 5L << 22), 0);

        assertThat(election.view().role()).isEqualTo(ServerRole.PASSIVE_UNINITIALIZED);
        assertThat(election.view().activeId()).isEqualTo(0);
        assertThat(election.view().epoch()).isEqualTo(5L << 22);
        assertThat(election.view().reason()).contains("its sessions are not all here yet");
    }

    @Test
    void shouldTakeARefusalFollowedByAHelloForAServerThatRuns() {
        Election election = open(false);
        election.onMessage(0, new UnsafeBuffer(new byte[0]), 0, 0, 0);

        election.onEvidence(heard(Evidence.Kind.HELLO, 7, ServerRole.START, 0), 1);
        election.doWork(2);

        assertThat(election.view().role()).isEqualTo(ServerRole.START);
        assertThat(election.refusedMessages()).isEqualTo(1);
    }

    @Test
    void shouldPromoteUncleanlyOnlyAfterTheElectionTime() {
        Election election = open(false);
        election.onEvidence(heard(Evidence.Kind.HELLO, 7, ServerRole.ACTIVE_COORDINATOR, 5L << 22), 0);
        election.onEvidence(heard(Evidence.Kind.CLOSED, 7, ServerRole.START, 0), SECOND_NS);
        election.onEvidence(heard(Evidence.Kind.REFUSED, 0, ServerRole.START, 0), SECOND_NS);

        election.doWork(SECOND_NS + ELECTION_TIME_NS - 1);
        ServerRole before = election.view().role();
        election.doWork(SECOND_NS + ELECTION_TIME_NS + 1_000_000);

        assertThat(before).isEqualTo(ServerRole.PASSIVE_UNINITIALIZED);
        assertThat(election.view().role()).isEqualTo(ServerRole.ACTIVE_COORDINATOR);
        assertThat(election.view().epoch()).isGreaterThan(5L << 22);
        assertThat(election.view().reason()).isEqualTo("unclean promotion: sessions of Server1 are not here");
    }

    @Test
    void shouldWaitForTheOtherWithAPersistentStore() {
        Election election = open(true);
        election.onEvidence(heard(Evidence.Kind.HELLO, 7, ServerRole.ACTIVE_COORDINATOR, 5L << 22), 0);
        election.onEvidence(heard(Evidence.Kind.GOODBYE, 7, ServerRole.START, 0), SECOND_NS);

        election.doWork(100 * ELECTION_TIME_NS);

        assertThat(election.view().role()).isEqualTo(ServerRole.PASSIVE_UNINITIALIZED);
        assertThat(election.view().reason()).isEqualTo("waiting for Server1, which may hold newer sessions");
    }

    @Test
    void shouldWaitForTheOtherWithAPersistentStoreEvenAfterARestart() {
        Election first = open(true);
        first.onEvidence(heard(Evidence.Kind.HELLO, 7, ServerRole.ACTIVE_COORDINATOR, 5L << 22), 0);
        Election election = open(true);

        election.onEvidence(heard(Evidence.Kind.REFUSED, 0, ServerRole.START, 0), 0);
        election.doWork(100 * ELECTION_TIME_NS);

        assertThat(election.view().role()).isEqualTo(ServerRole.START);
        assertThat(election.view().reason()).startsWith("waiting for ").endsWith("which may hold newer sessions");
    }

    @Test
    void shouldBePromotedUncleanAfterTheElectionTimeWhenTheConfigurationSaysSo() {
        Election election = open(true, FailoverPriority.UncleanPromotion.AFTER_ELECTION_TIME);
        election.onEvidence(heard(Evidence.Kind.HELLO, 7, ServerRole.ACTIVE_COORDINATOR, 5L << 22), 0);
        election.onEvidence(heard(Evidence.Kind.GOODBYE, 7, ServerRole.START, 0), SECOND_NS);
        election.doWork(SECOND_NS + ELECTION_TIME_NS - 1);
        ServerRole before = election.view().role();
        election.doWork(SECOND_NS + ELECTION_TIME_NS + 1_000_000);

        assertThat(before).isEqualTo(ServerRole.PASSIVE_UNINITIALIZED);
        assertThat(election.view().role()).isEqualTo(ServerRole.ACTIVE_COORDINATOR);
        assertThat(election.view().reason()).contains("unclean");
    }

    @Test
    void shouldBeActiveWhenAnOperatorForcesIt() {
        Election election = open(true);
        election.onEvidence(heard(Evidence.Kind.HELLO, 7, ServerRole.ACTIVE_COORDINATOR, 5L << 22), 0);
        String whileActive = election.forceActive("ann", 1);
        election.onEvidence(heard(Evidence.Kind.GOODBYE, 7, ServerRole.START, 0), SECOND_NS);
        String afterwards = election.forceActive("ann", 2 * SECOND_NS);

        assertThat(whileActive).contains("Server1 is active");
        assertThat(afterwards).isEmpty();
        assertThat(election.view().role()).isEqualTo(ServerRole.ACTIVE_COORDINATOR);
        assertThat(election.view().reason()).contains("ann");
        assertThat(election.view().epoch()).isGreaterThan(5L << 22);
    }

    @Test
    void shouldNotBeForcedWhenTheConfigurationSaysNever() {
        Election election = open(true, FailoverPriority.UncleanPromotion.NEVER);
        election.onEvidence(heard(Evidence.Kind.HELLO, 7, ServerRole.ACTIVE_COORDINATOR, 5L << 22), 0);
        election.onEvidence(heard(Evidence.Kind.GOODBYE, 7, ServerRole.START, 0), SECOND_NS);

        assertThat(election.forceActive("ann", 2 * SECOND_NS)).contains("never");
        assertThat(election.view().role()).isEqualTo(ServerRole.PASSIVE_UNINITIALIZED);
    }

    @Test
    void shouldBeActiveAgainAtOnceWithAPersistentStoreThatWasTheLastActive() {
        Election first = open(true);
        first.onEvidence(heard(Evidence.Kind.REFUSED, 0, ServerRole.START, 0), 0);
        Election election = open(true);

        election.onEvidence(heard(Evidence.Kind.REFUSED, 0, ServerRole.START, 0), 0);

        assertThat(election.view().role()).isEqualTo(ServerRole.ACTIVE_COORDINATOR);
        assertThat(election.view().epoch()).isGreaterThan(first.view().epoch());
    }

    @Test
    void shouldBeFencedFirstAndRejoinThen() {
        Election election = open(false);
        election.onEvidence(heard(Evidence.Kind.REFUSED, 0, ServerRole.START, 0), 0);
        election.onEvidence(heard(Evidence.Kind.HELLO, 7, ServerRole.ACTIVE_COORDINATOR, 5L << 22), 1);

        election.doWork(2);

        assertThat(views)
                .extracting(ElectionView::role)
                .containsExactly(ServerRole.ACTIVE_COORDINATOR, ServerRole.FENCED, ServerRole.PASSIVE_UNINITIALIZED);
        assertThat(views.get(1).reason()).contains("Server1").contains("newer epoch");
    }

    @Test
    void shouldRaiseItsEpochAboveOneThatAJoinerBrings() {
        Election election = open(false);
        election.onEvidence(heard(Evidence.Kind.REFUSED, 0, ServerRole.START, 0), 0);

        election.onEvidence(heard(Evidence.Kind.HELLO, 7, ServerRole.START, 9L << 22), 1);

        assertThat(election.view().role()).isEqualTo(ServerRole.ACTIVE_COORDINATOR);
        assertThat(election.view().epoch()).isGreaterThan(9L << 22);
    }

    @Test
    void shouldNotBelieveAnEpochNoArrayReaches() {
        Election election = open(false);
        election.onEvidence(heard(Evidence.Kind.HELLO, 7, ServerRole.START, 0), 0);

        election.onEvidence(heard(Evidence.Kind.HEARTBEAT, 7, ServerRole.ACTIVE_COORDINATOR, Long.MAX_VALUE), 1);
        election.onEvidence(heard(Evidence.Kind.CLOSED, 7, ServerRole.START, 0), 2);
        election.onEvidence(heard(Evidence.Kind.REFUSED, 0, ServerRole.START, 0), 3);
        election.doWork(2 * ELECTION_TIME_NS);

        assertThat(election.refusedMessages()).isEqualTo(1);
        assertThat(election.view().role()).isEqualTo(ServerRole.ACTIVE_COORDINATOR);
        assertThat(election.view().epoch()).isLessThan(1L << 40);
    }

    @Test
    void shouldAnswerOnlyTheProcessThatSaidHello() {
        Election election = open(false);
        election.onEvidence(heard(Evidence.Kind.HELLO, 7, ServerRole.START, 0), 0);

        deliver(
                election,
                new RegisterMessage(RegisterMessage.Type.PREPARE, PEER, 6, new Ballot(3, PEER), Ballot.NONE, null));
        assertThat(sent).isEmpty();
        deliver(
                election,
                new RegisterMessage(RegisterMessage.Type.PREPARE, PEER, 7, new Ballot(3, PEER), Ballot.NONE, null));

        assertThat(sent).extracting(RegisterMessage::type).containsExactly(RegisterMessage.Type.PROMISE);
        assertThat(election.refusedMessages()).isEqualTo(1);
    }

    @Test
    void shouldKeepItsPromiseOverARestart() {
        Election first = open(false);
        first.onEvidence(heard(Evidence.Kind.HELLO, 7, ServerRole.START, 0), 0);
        deliver(
                first,
                new RegisterMessage(RegisterMessage.Type.PREPARE, PEER, 7, new Ballot(3, PEER), Ballot.NONE, null));
        sent.clear();
        Election election = open(false);
        election.onEvidence(heard(Evidence.Kind.HELLO, 7, ServerRole.START, 0), 0);

        deliver(
                election,
                new RegisterMessage(RegisterMessage.Type.PREPARE, PEER, 7, new Ballot(2, PEER), Ballot.NONE, null));

        assertThat(sent).extracting(RegisterMessage::type).containsExactly(RegisterMessage.Type.REFUSE);
    }

    @Test
    void shouldGiveUpTheRoleWhenTheRegisterCannotBeWritten() {
        boolean[] isFull = {false};
        ElectionStore failing = new ElectionStore() {
            @Override
            public SavedRegister load() {
                return store.load();
            }

            @Override
            public void force(SavedRegister register) {
                if (isFull[0]) {
                    throw new ElectionException("disk full");
                }
                store.force(register);
            }

            @Override
            public void close() {}
        };
        Election election = RegisterElectionProvider.open(context(false), new Output(), failing);
        election.onEvidence(heard(Evidence.Kind.REFUSED, 0, ServerRole.START, 0), 0);
        isFull[0] = true;

        assertThatThrownBy(() -> election.onEvidence(heard(Evidence.Kind.HELLO, 7, ServerRole.START, 9L << 22), 1))
                .isInstanceOf(ElectionException.class);
        election.doWork(100 * SECOND_NS);

        assertThat(election.view().role()).isEqualTo(ServerRole.FENCED);
        assertThat(election.view().reason()).contains("can't be written");
    }

    @Test
    void shouldRefuseImpossibleSettings() {
        RegisterElectionProvider provider = new RegisterElectionProvider();
        ElectionContext context =
                new ElectionContext(2, List.of("Server1", "Server2"), 5, 1, Path.of("nowhere"), false);

        assertThatThrownBy(() -> provider.open(context, new Output()))
                .isInstanceOf(ElectionException.class)
                .hasMessageContaining("selfId=2");
    }

    /** A third server has gone on alone, and is heard between the question and its answers. */
    @Test
    void shouldAskAgainAboveAnEpochItHearsOfWhileItAsks() {
        Election election = RegisterElectionProvider.open(
                new ElectionContext(
                        0, List.of("Server1", "Server2", "Server3"), 99, ELECTION_TIME_NS, Path.of("unused"), false),
                new Output(),
                store);
        election.onEvidence(new Evidence(Evidence.Kind.HELLO, 1, 7, ServerRole.START, 0, 0), 0);
        election.onEvidence(new Evidence(Evidence.Kind.HELLO, 2, 8, ServerRole.START, 0, 0), 0);
        election.doWork(SECOND_NS);
        Ballot asked = lastSent(RegisterMessage.Type.PREPARE).ballot();

        election.onEvidence(new Evidence(Evidence.Kind.HEARTBEAT, 2, 8, ServerRole.START, 9L << 22, 0), SECOND_NS);
        for (RegisterMessage.Type type : List.of(RegisterMessage.Type.PROMISE, RegisterMessage.Type.ACCEPTED)) {
            deliver(election, 1, new RegisterMessage(type, PEER, 7, asked, Ballot.NONE, null), SECOND_NS);
        }
        ServerRole answered = election.view().role();
        election.doWork(2 * SECOND_NS);

        assertThat(answered).isEqualTo(ServerRole.START);
        assertThat(lastSent(RegisterMessage.Type.PREPARE).ballot().counter()).isGreaterThan(9);
    }

    private RegisterMessage lastSent(RegisterMessage.Type type) {
        return sent.stream()
                .filter(each -> each.type() == type)
                .reduce((first, second) -> second)
                .orElseThrow();
    }

    private Election open(boolean isPersistent) {
        return RegisterElectionProvider.open(context(isPersistent), new Output(), store);
    }

    private Election open(boolean isPersistent, FailoverPriority.UncleanPromotion uncleanPromotion) {
        FailoverPriority priority = new FailoverPriority(false, 0, false, uncleanPromotion);
        return RegisterElectionProvider.open(
                new ElectionContext(
                        1,
                        List.of("Server1", "Server2"),
                        99,
                        ELECTION_TIME_NS,
                        Path.of("unused"),
                        isPersistent,
                        priority),
                new Output(),
                store);
    }

    /** This server is the second of two. */
    private static ElectionContext context(boolean isPersistent) {
        return new ElectionContext(
                1, List.of("Server1", "Server2"), 99, ELECTION_TIME_NS, Path.of("unused"), isPersistent);
    }

    private static Evidence heard(Evidence.Kind kind, long incarnation, ServerRole role, long epoch) {
        return new Evidence(kind, 0, incarnation, role, epoch, 0);
    }

    private static void deliver(Election election, RegisterMessage message) {
        deliver(election, 0, message, 1);
    }

    private static void deliver(Election election, int from, RegisterMessage message, long nowNs) {
        UnsafeBuffer buffer = new UnsafeBuffer(new byte[RegisterMessageCodec.MAX_LENGTH]);
        int length = RegisterMessageCodec.encode(message, buffer, 0);
        election.onMessage(from, buffer, 0, length, nowNs);
    }

    private final class Output implements ElectionOutput {
        @Override
        public void send(int memberId, DirectBuffer buffer, int offset, int length) {
            sent.add(RegisterMessageCodec.decode(buffer, offset, length));
        }

        @Override
        public void onView(ElectionView before, ElectionView now) {
            if (before.role() != now.role()) {
                views.add(now);
            }
        }
    }
}
