package org.stoneware.election;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.spi.election.ElectionContext;
import org.stoneware.spi.election.ElectionOutput;
import org.stoneware.spi.election.ElectionView;
import org.stoneware.spi.election.Evidence;
import org.stoneware.spi.election.InSyncSet;
import org.stoneware.voting.Ballot;
import org.stoneware.voting.MemoryElectionStore;
import org.stoneware.voting.RegisterAcceptor;
import org.stoneware.voting.RegisterMessage;
import org.stoneware.voting.RegisterMessageCodec;
import org.stoneware.voting.RegisterValue;
import org.stoneware.voting.VoterId;

/** One of two servers; the other is played by the test. */
class AppointedElectionTest {
    private static final long MS = 1_000_000L;
    private static final long PEER_PROCESS = 7;
    private static final long PEER_EPOCH = 5L << 22;
    private static final VoterId SELF = new VoterId(1, 2);
    private static final VoterId PEER = new VoterId(3, 4);

    private final MemoryElectionStore store = new MemoryElectionStore(SELF);
    private final List<InSyncSet> told = new ArrayList<>();

    @Test
    void shouldMakeTheFirstServerActiveWhenNobodyWasEverAppointed() {
        AppointedElection election = open(0, 99);
        election.onEvidence(refused(1), 0);

        assertThat(election.view().role()).isEqualTo(ServerRole.ACTIVE_COORDINATOR);
        assertThat(told).hasSize(1);
    }

    @Test
    void shouldWaitForAnOperatorOnEveryOtherServer() {
        AppointedElection election = open(1, 99);
        election.onEvidence(refused(0), 0);
        election.doWork(20_000 * MS);

        assertThat(election.view().role()).isEqualTo(ServerRole.START);
        assertThat(election.view().reason()).contains("operator");
        assertThat(election.appoint(false, "ann", 21_000 * MS)).isEmpty();
        assertThat(election.view().role()).isEqualTo(ServerRole.ACTIVE_COORDINATOR);
        assertThat(election.view().reason()).contains("ann");
    }

    @Test
    void shouldBeActiveAgainAfterARestart() {
        open(1, 99).appoint(false, "ann", 0);

        AppointedElection restarted = open(1, 100);
        restarted.onEvidence(refused(0), 0);

        assertThat(restarted.view().role()).isEqualTo(ServerRole.ACTIVE_COORDINATOR);
    }

    @Test
    void shouldNotTakeOverByItselfHoweverDeadTheActiveIs() {
        AppointedElection election = standby();
        election.onEvidence(new Evidence(Evidence.Kind.CLOSED, 0, PEER_PROCESS, ServerRole.START, 0, 0), MS);
        election.onEvidence(refused(0), 2 * MS);
        election.doWork(60_000 * MS);
        ServerRole before = election.view().role();
        String refusal = election.appoint(false, "ann", 60_001 * MS);

        assertThat(before).isEqualTo(ServerRole.PASSIVE_STANDBY);
        assertThat(refusal).isEmpty();
        assertThat(election.view().role()).isEqualTo(ServerRole.ACTIVE_COORDINATOR);
        assertThat(election.view().epoch()).isGreaterThan(PEER_EPOCH);
    }

    @Test
    void shouldRefuseAServerThatMayLackSessionsUnlessItIsForced() {
        AppointedElection election = open(1, 99);
        election.onEvidence(hello(), 0);
        election.onEvidence(new Evidence(Evidence.Kind.CLOSED, 0, PEER_PROCESS, ServerRole.START, 0, 0), MS);
        String refusal = election.appoint(false, "ann", 2 * MS);
        ServerRole afterRefusal = election.view().role();
        String forced = election.appoint(true, "ann", 3 * MS);

        assertThat(refusal).contains("may lack sessions");
        assertThat(afterRefusal).isEqualTo(ServerRole.PASSIVE_UNINITIALIZED);
        assertThat(forced).isEmpty();
        assertThat(election.view().role()).isEqualTo(ServerRole.ACTIVE_COORDINATOR);
    }

    @Test
    void shouldNotResumeWhenItsStandbyMayHaveBeenAppointedSince() {
        RegisterAcceptor acceptor = new RegisterAcceptor(store);
        acceptor.accept(
                new Ballot(5, SELF),
                new RegisterValue(
                        PEER_EPOCH,
                        1,
                        List.of(new RegisterValue.InSync(1, SELF, 98), new RegisterValue.InSync(0, PEER, PEER_PROCESS)),
                        List.of(),
                        0));

        AppointedElection restarted = open(1, 99);
        restarted.onEvidence(refused(0), 0);

        assertThat(restarted.view().role()).isEqualTo(ServerRole.START);
        assertThat(restarted.view().reason()).contains("operator");
    }

    private AppointedElection standby() {
        AppointedElection election = open(1, 99);
        election.onEvidence(hello(), 0);
        RegisterValue value = new RegisterValue(
                PEER_EPOCH,
                0,
                List.of(new RegisterValue.InSync(0, PEER, PEER_PROCESS), new RegisterValue.InSync(1, SELF, 99)),
                List.of(new RegisterValue.Voter(0, PEER)),
                0);
        RegisterMessage accept = new RegisterMessage(
                RegisterMessage.Type.ACCEPT, PEER, PEER_PROCESS, new Ballot(6, PEER), Ballot.NONE, value);
        UnsafeBuffer buffer = new UnsafeBuffer(new byte[RegisterMessageCodec.MAX_LENGTH]);
        election.onMessage(0, buffer, 0, RegisterMessageCodec.encode(accept, buffer, 0), 0);
        assertThat(election.view().role()).isEqualTo(ServerRole.PASSIVE_STANDBY);
        return election;
    }

    private AppointedElection open(int selfId, long incarnation) {
        return new AppointedElection(
                new ElectionContext(
                        selfId, List.of("Server1", "Server2"), incarnation, 5_000 * MS, Path.of("unused"), true),
                new Output(),
                new RegisterAcceptor(store));
    }

    private static Evidence hello() {
        return new Evidence(Evidence.Kind.HELLO, 0, PEER_PROCESS, ServerRole.ACTIVE_COORDINATOR, PEER_EPOCH, 0);
    }

    private static Evidence refused(int memberId) {
        return new Evidence(Evidence.Kind.REFUSED, memberId, 0, ServerRole.START, 0, 0);
    }

    private final class Output implements ElectionOutput {
        @Override
        public void send(int memberId, DirectBuffer buffer, int offset, int length) {}

        @Override
        public void onView(ElectionView before, ElectionView now) {}

        @Override
        public void onInSync(InSyncSet inSync) {
            told.add(inSync);
        }
    }
}
