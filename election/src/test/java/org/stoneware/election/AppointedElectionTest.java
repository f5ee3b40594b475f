package org.stoneware.election;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.spi.election.ElectionContext;
import org.stoneware.spi.election.Evidence;
import org.stoneware.spi.election.HeldCopy;
import org.stoneware.voting.Ballot;
import org.stoneware.voting.MemoryElectionStore;
import org.stoneware.voting.RegisterAcceptor;
import org.stoneware.voting.RegisterMessage;
import org.stoneware.voting.RegisterValue;

/** What an operator decides, and that nothing else does. */
class AppointedElectionTest extends AppointedElectionFixture {
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
        restarted.doWork(2_999 * MS);
        String whileTomcatsDial = restarted.view().reason();
        restarted.doWork(3_000 * MS);

        assertThat(whileTomcatsDial).contains("waiting up to 3 s for Tomcats that may hear Server1");
        assertThat(restarted.view().role()).isEqualTo(ServerRole.ACTIVE_COORDINATOR);
    }

    /** It served alone and its disk may have lost some of that. */
    @Test
    void shouldWaitForAnOperatorAfterARestartWhenItAloneHeldEverythingAndMayHaveLostSome() {
        open(1, 99).appoint(false, "ann", 0);

        AppointedElection restarted = open(1, 100, new HeldCopy(true, 5, 10, true));
        restarted.onEvidence(refused(0), 0);
        ServerRole before = restarted.view().role();
        String reason = restarted.view().reason();

        assertThat(before).isEqualTo(ServerRole.START);
        assertThat(reason).contains("waiting for an operator", "may lack acknowledged changes");
        assertThat(restarted.appoint(true, "ann", MS)).isEmpty();
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

    /** Killed and started again with a store that is empty then, while its standby waits for the operator with everything. */
    @Test
    void shouldNotResumeBesideTheStandbyItHadBeforeThatOneHasSaidWhatItIs() {
        appointedWithStandby();

        AppointedElection restarted = open(1, 99);
        restarted.onEvidence(helloOf(PEER_PROCESS), 0);
        restarted.doWork(60_000 * MS);

        assertThat(restarted.view().role()).isEqualTo(ServerRole.START);
        assertThat(restarted.view().reason()).contains("Server1 is standby and holds everything", "operator");
    }

    /** The other may have been appointed, and be active again after a restart. */
    @Test
    void shouldResumeOnlyWhenTheOtherHasSaidWhatItIs() {
        appointedWithStandby();

        AppointedElection restarted = open(1, 99);
        restarted.onEvidence(helloOf(PEER_PROCESS + 1), 0);
        ServerRole before = restarted.view().role();
        restarted.onEvidence(
                new Evidence(Evidence.Kind.HEARTBEAT, 0, PEER_PROCESS + 1, ServerRole.START, PEER_EPOCH, 0), MS);

        assertThat(before).isEqualTo(ServerRole.START);
        assertThat(restarted.view().role()).isEqualTo(ServerRole.ACTIVE_COORDINATOR);
    }

    @Test
    void shouldNotResumeWhenItsStandbyMayHaveBeenAppointedSince() {
        appointedWithStandby();

        AppointedElection restarted = open(1, 99);
        restarted.onEvidence(refused(0), 0);

        assertThat(restarted.view().role()).isEqualTo(ServerRole.START);
        assertThat(restarted.view().reason()).contains("operator");
    }

    @Test
    void shouldHandItsRoleToTheStandbyWhichIsActiveAtOnce() {
        AppointedElection active = activeOfPair();
        boolean isHandedOver = active.requestHandOver(20 * MS);
        RegisterMessage offer = lastSent();
        AppointedElection other = standbyOf(offer);
        deliver(other, 1, offer, 21 * MS);
        RegisterMessage answer = lastSent();
        active.onEvidence(heartbeat(ServerRole.ACTIVE_COORDINATOR, other.view().epoch()), 22 * MS);

        assertThat(isHandedOver).isTrue();
        assertThat(offer.type()).isEqualTo(RegisterMessage.Type.ACCEPT);
        assertThat(other.view().role()).isEqualTo(ServerRole.ACTIVE_COORDINATOR);
        assertThat(other.view().reason()).isEqualTo("Server2 handed over on request");
        assertThat(answer.type()).isEqualTo(RegisterMessage.Type.ACTIVE);
        assertThat(active.view().role()).isEqualTo(ServerRole.PASSIVE_UNINITIALIZED);
        assertThat(active.view().activeId()).isZero();
    }

    @Test
    void shouldNotResumeAfterARestartOnceItHasHandedOver() {
        activeOfPair().requestHandOver(20 * MS);
        AppointedElection restarted = open(1, 100);
        restarted.onEvidence(refused(0), 21 * MS);
        restarted.doWork(60_000 * MS);

        assertThat(restarted.view().role()).isEqualTo(ServerRole.START);
        assertThat(restarted.view().reason()).contains("operator");
    }

    @Test
    void shouldOfferItsRoleAgainUntilItIsTaken() {
        AppointedElection active = activeOfPair();
        active.requestHandOver(20 * MS);
        sent.clear();
        active.doWork(80 * MS);

        assertThat(lastSent().type()).isEqualTo(RegisterMessage.Type.ACCEPT);
        assertThat(active.view().reason()).isEqualTo("waiting for Server1, which is standby, to take over");
    }

    @Test
    void shouldTakeItsRoleBackWhenTheStandbyEndsBeforeItHasAccepted() {
        AppointedElection active = activeOfPair();
        active.requestHandOver(20 * MS);
        endPeer(active);

        assertThat(active.view().role()).isEqualTo(ServerRole.ACTIVE_COORDINATOR);
        assertThat(active.view().reason()).contains("took its role back");
    }

    @Test
    void shouldWaitForAnOperatorWhenTheStandbyEndsAfterItHasAccepted() {
        AppointedElection active = activeOfPair();
        active.requestHandOver(20 * MS);
        deliver(active, message(RegisterMessage.Type.ACCEPTED, lastSent().ballot(), null), 21 * MS);
        endPeer(active);
        active.doWork(60_000 * MS);

        assertThat(active.view().role()).isEqualTo(ServerRole.PASSIVE_UNINITIALIZED);
        assertThat(active.view().reason()).contains("operator");
    }

    @Test
    void shouldWaitForAnOperatorWhenTheStandbyIsMerelySilent() {
        AppointedElection active = activeOfPair();
        active.requestHandOver(20 * MS);
        active.onEvidence(new Evidence(Evidence.Kind.SILENT, 0, PEER_PROCESS, ServerRole.START, 0, 0), 600 * MS);
        active.doWork(60_000 * MS);

        assertThat(active.view().role()).isEqualTo(ServerRole.PASSIVE_UNINITIALIZED);
        assertThat(active.view().reason()).contains("operator");
    }

    @Test
    void shouldNotHandOverWithoutAStandby() {
        AppointedElection election = open(1, 99);
        election.appoint(false, "ann", 0);

        assertThat(election.requestHandOver(MS)).isFalse();
        assertThat(election.view().role()).isEqualTo(ServerRole.ACTIVE_COORDINATOR);
    }

    /** What this server has on disk from the process before. */
    private void appointedWithStandby() {
        new RegisterAcceptor(store)
                .accept(
                        new Ballot(5, SELF),
                        new RegisterValue(
                                PEER_EPOCH,
                                1,
                                List.of(
                                        new RegisterValue.InSync(1, SELF, 98),
                                        new RegisterValue.InSync(0, PEER, PEER_PROCESS)),
                                List.of(),
                                0));
    }

    /** Before a process has said anything of itself. */
    private static Evidence helloOf(long process) {
        return new Evidence(Evidence.Kind.HELLO, 0, process, ServerRole.START, 0, 0);
    }

    private AppointedElection activeOfPair() {
        AppointedElection election = open(1, 99);
        election.appoint(false, "ann", 0);
        election.onEvidence(
                new Evidence(Evidence.Kind.HELLO, 0, PEER_PROCESS, ServerRole.PASSIVE_UNINITIALIZED, 0, 0), MS);
        assertThat(election.requestAddPeer(0, PEER_PROCESS, 2 * MS)).isTrue();
        deliver(election, message(RegisterMessage.Type.ALIVE, new Ballot(1, PEER), null), 3 * MS);
        deliver(election, message(RegisterMessage.Type.ACCEPTED, lastSent().ballot(), null), 4 * MS);
        election.onEvidence(
                heartbeat(ServerRole.PASSIVE_STANDBY, election.view().epoch()), 5 * MS);
        assertThat(told.get(told.size() - 1).members()).hasSize(2);
        return election;
    }

    /** The other server, as it stood beside this one before the offer. */
    private AppointedElection standbyOf(RegisterMessage offer) {
        MemoryElectionStore others = new MemoryElectionStore(PEER);
        AppointedElection other = new AppointedElection(
                new ElectionContext(
                        0, List.of("Server1", "Server2"), PEER_PROCESS, 5_000 * MS, Path.of("unused"), true),
                new Output(),
                new RegisterAcceptor(others));
        long epoch = 1L << 22;
        other.onEvidence(new Evidence(Evidence.Kind.HELLO, 1, 99, ServerRole.ACTIVE_COORDINATOR, epoch, 0), 0);
        RegisterValue added = new RegisterValue(
                epoch,
                1,
                List.of(new RegisterValue.InSync(1, SELF, 99), new RegisterValue.InSync(0, PEER, PEER_PROCESS)),
                List.of(new RegisterValue.Voter(1, SELF)),
                0);
        RegisterMessage accept =
                new RegisterMessage(RegisterMessage.Type.ACCEPT, SELF, 99, new Ballot(2, SELF), Ballot.NONE, added);
        deliver(other, 1, accept, 0);
        assertThat(other.view().role()).isEqualTo(ServerRole.PASSIVE_STANDBY);
        assertThat(offer.ballot().counter()).isGreaterThan(2);
        return other;
    }

    private void endPeer(AppointedElection election) {
        election.onEvidence(new Evidence(Evidence.Kind.CLOSED, 0, PEER_PROCESS, ServerRole.START, 0, 0), 30 * MS);
        election.onEvidence(refused(0), 31 * MS);
        election.doWork(40 * MS);
    }
}
