package org.stoneware.election;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.spi.election.Evidence;
import org.stoneware.voting.Ballot;
import org.stoneware.voting.Epoch;

/** Only the link between two servers is cut, of which an operator appoints one; Tomcats reach both. */
class AppointedLinkCutElectionTest extends AppointedElectionFixture {
    /** Only the link between the servers is cut: the active goes on alone, and what it acknowledges is not here. */
    @Test
    void shouldHoldEverythingNoMoreOnceTomcatsSayThatTheActiveHasGoneOnAlone() {
        AppointedElection election = missingStandby();
        election.onEvidence(Evidence.ofWitnesses(Evidence.Kind.WITNESS_SOLO, 0, 1), 700 * MS);
        election.onEvidence(Evidence.ofWitnesses(Evidence.Kind.WITNESS_ALIVE, 0, 2), 700 * MS);
        election.doWork(701 * MS);

        assertThat(election.view().role()).isEqualTo(ServerRole.PASSIVE_UNINITIALIZED);
        assertThat(election.appoint(false, "ann", 60_000 * MS)).contains("may lack sessions");
        assertThat(election.appoint(true, "ann", 60_000 * MS)).isEmpty();
    }

    /** After a cut that has healed it is standby again: what Tomcats said of the active then is of the past. */
    @Test
    void shouldHoldEverythingAtTheActivesDeathAfterACutThatHasHealed() {
        AppointedElection election = missingStandby();
        election.onEvidence(Evidence.ofWitnesses(Evidence.Kind.WITNESS_SOLO, 0, 1), 700 * MS);
        election.doWork(701 * MS);
        ServerRole whileCut = election.view().role();
        election.onEvidence(heartbeat(ServerRole.ACTIVE_COORDINATOR, PEER_EPOCH), 1_000 * MS);
        addAsStandby(election, new Ballot(7, PEER), 1_010 * MS);
        ServerRole whenHealed = election.view().role();

        election.onEvidence(silent(600), 1_610 * MS);
        election.doWork(1_611 * MS);
        ServerRole atDeath = election.view().role();
        election.onEvidence(Evidence.ofWitnesses(Evidence.Kind.WITNESS_DEAD, 0, 2), 1_612 * MS);
        election.doWork(1_613 * MS);

        assertThat(whileCut).isEqualTo(ServerRole.PASSIVE_UNINITIALIZED);
        assertThat(whenHealed).isEqualTo(ServerRole.PASSIVE_STANDBY);
        assertThat(atDeath).isEqualTo(ServerRole.PASSIVE_STANDBY);
        assertThat(election.view().role()).isEqualTo(ServerRole.PASSIVE_STANDBY);
        assertThat(election.appoint(false, "ann", 2_000 * MS)).isEmpty();
    }

    @Test
    void shouldNotBeAppointedUnforcedBesideAnActiveThatTomcatsHear() {
        AppointedElection election = missingStandby();
        String whileAsking = election.appoint(false, "ann", 610 * MS);
        for (long ms = 620; ms < 10_000; ms += 10) {
            election.onEvidence(Evidence.ofWitnesses(Evidence.Kind.WITNESS_ALIVE, 0, 2), ms * MS);
            election.doWork(ms * MS);
        }
        String whileHeard = election.appoint(false, "ann", 10_000 * MS);
        String reason = election.view().reason();
        for (long ms = 10_000; ms < 13_000; ms += 10) {
            election.doWork(ms * MS);
            election.onEvidence(Evidence.ofWitnesses(Evidence.Kind.WITNESS_DEAD, 0, 2), ms * MS);
        }

        assertThat(whileAsking).contains("asking Tomcats whether they hear Server1");
        assertThat(whileHeard).contains("Server1, which Tomcats hear", "force");
        assertThat(reason).contains("Server1, which Tomcats hear");
        assertThat(election.view().role()).isEqualTo(ServerRole.PASSIVE_STANDBY);
        assertThat(election.appoint(false, "ann", 13_000 * MS)).isEmpty();
    }

    /** It was started again beyond the cut and appointed with force, and died: what it acknowledged meanwhile is not here. */
    @Test
    void shouldHoldEverythingNoMoreOnceTomcatsHaveHeardTheOtherServeInALaterEpoch() {
        AppointedElection election = missingStandby();
        for (long ms = 610; ms < 5_000; ms += 10) {
            election.onEvidence(
                    Evidence.ofWitnessedRole(0, PEER_PROCESS + 1, ServerRole.ACTIVE_COORDINATOR, PEER_EPOCH + 1),
                    ms * MS);
            election.onEvidence(Evidence.ofWitnesses(Evidence.Kind.WITNESS_DEAD, 0, 2), ms * MS);
            election.doWork(ms * MS);
        }
        for (long ms = 5_000; ms < 10_000; ms += 10) {
            election.onEvidence(Evidence.ofWitnesses(Evidence.Kind.WITNESS_DEAD, 0, 2), ms * MS);
            election.doWork(ms * MS);
        }

        assertThat(election.view().role()).isEqualTo(ServerRole.PASSIVE_UNINITIALIZED);
        assertThat(election.appoint(false, "ann", 10_000 * MS)).contains("may lack sessions");
    }

    /** Each question makes Tomcats dial a server that is dead, and an operator takes his time. */
    @Test
    void shouldAskOnceASecondWhileItWaitsForAnOperator() {
        AppointedElection election = missingStandby();
        for (long ms = 610; ms < 10_000; ms += 10) {
            election.onEvidence(Evidence.ofWitnesses(Evidence.Kind.WITNESS_DEAD, 0, 2), ms * MS);
            election.doWork(ms * MS);
        }
        int before = questions;
        for (long ms = 10_000; ms < 20_000; ms += 10) {
            election.onEvidence(Evidence.ofWitnesses(Evidence.Kind.WITNESS_DEAD, 0, 2), ms * MS);
            election.doWork(ms * MS);
        }

        assertThat(questions - before).isBetween(9, 11);
        assertThat(election.appoint(false, "ann", 20_000 * MS)).isEmpty();
    }

    /** Forced alone, then its machine died and an operator forced the other; it begins again while the link is still cut. */
    @Test
    void shouldNotResumeWhileTomcatsHearTheServerThatWasForcedMeanwhile() {
        AppointedElection restarted = restartedAlone();
        restarted.onEvidence(unreachable(), MS);
        restarted.onEvidence(linked(), 2 * MS);
        for (long ms = 10; ms < 10_000; ms += 10) {
            restarted.doWork(ms * MS);
            tellRole(restarted, ServerRole.ACTIVE_COORDINATOR, PEER_EPOCH, ms);
        }
        ServerRole whileHeard = restarted.view().role();
        String reason = restarted.view().reason();
        for (long ms = 10_000; ms < 20_000; ms += 10) {
            restarted.doWork(ms * MS);
        }

        assertThat(whileHeard).isEqualTo(ServerRole.START);
        assertThat(reason).contains("waiting for Server2, which Tomcats hear");
        // Its sessions are older than those of the one that has died now: that is for the operator.
        assertThat(restarted.view().role()).isEqualTo(ServerRole.START);
        assertThat(restarted.view().reason()).contains("waiting for an operator");
        assertThat(restarted.appoint(true, "ann", 20_000 * MS)).isEmpty();
        assertThat(restarted.view().epoch()).isGreaterThan(PEER_EPOCH);
    }

    /** A firewall may refuse, and Tomcats that hear the other need a moment to dial. */
    @Test
    void shouldLetTomcatsDialBeforeItResumesAfterARefusal() {
        AppointedElection restarted = restartedAlone();
        restarted.onEvidence(refused(1), MS);
        for (long ms = 10; ms < 1_500; ms += 10) {
            restarted.doWork(ms * MS);
        }
        restarted.onEvidence(linked(), 1_500 * MS);
        for (long ms = 1_500; ms < 10_000; ms += 10) {
            restarted.doWork(ms * MS);
            tellRole(restarted, ServerRole.ACTIVE_COORDINATOR, PEER_EPOCH, ms);
        }

        assertThat(restarted.view().role()).isEqualTo(ServerRole.START);
        assertThat(restarted.view().reason()).contains("waiting for Server2, which Tomcats hear");
    }

    /** Its own disk is new, the array is not. */
    @Test
    void shouldNotBeFirstOfANewArrayWhileTomcatsHearAnActive() {
        AppointedElection election = open(0, 99);
        election.onEvidence(unreachable(), MS);
        election.onEvidence(linked(), 2 * MS);
        for (long ms = 10; ms < 10_000; ms += 10) {
            election.doWork(ms * MS);
            tellRole(election, ServerRole.ACTIVE_COORDINATOR, PEER_EPOCH, ms);
        }

        assertThat(election.view().role()).isEqualTo(ServerRole.START);
        assertThat(election.view().reason()).contains("waiting for Server2, which Tomcats hear");
    }

    @Test
    void shouldResumeWhileTomcatsHearAServerThatIsNotActive() {
        AppointedElection restarted = restartedAlone();
        restarted.onEvidence(unreachable(), MS);
        restarted.onEvidence(linked(), 2 * MS);
        for (long ms = 10; ms < 6_000; ms += 10) {
            restarted.doWork(ms * MS);
            tellRole(restarted, ServerRole.PASSIVE_UNINITIALIZED, PEER_EPOCH, ms);
        }

        assertThat(restarted.view().role()).isEqualTo(ServerRole.ACTIVE_COORDINATOR);
    }

    /** What a Tomcat says lies in the inbox behind the news that one is linked, and behind the end of the wait. */
    @Test
    void shouldResumeOnlyWhenEverythingIsRead() {
        AppointedElection restarted = restartedAlone();
        restarted.onEvidence(unreachable(), MS);
        restarted.onEvidence(linked(), 2 * MS);
        restarted.doWork(10 * MS);
        restarted.onEvidence(unreachable(), 6_000 * MS);
        ServerRole whileReading = restarted.view().role();
        tellRole(restarted, ServerRole.ACTIVE_COORDINATOR, PEER_EPOCH, 6_000);
        restarted.doWork(6_001 * MS);

        assertThat(whileReading).isEqualTo(ServerRole.START);
        assertThat(restarted.view().role()).isEqualTo(ServerRole.START);
    }

    @Test
    void shouldRefuseAnEpochNobodyCanHaveReachedAlsoFromTomcats() {
        AppointedElection restarted = restartedAlone();
        restarted.onEvidence(unreachable(), MS);
        restarted.onEvidence(linked(), 2 * MS);
        restarted.doWork(3 * MS);
        tellRole(restarted, ServerRole.ACTIVE_COORDINATOR, Epoch.of(Epoch.MAX_COUNTER, 1, PEER), 4);
        restarted.doWork(6_000 * MS);

        assertThat(restarted.refusedMessages()).isEqualTo(1);
        assertThat(restarted.view().epoch()).isLessThan(PEER_EPOCH);
    }

    /** The first server, which served alone. */
    private AppointedElection restartedAlone() {
        assertThat(open(0, 99).appoint(false, "ann", 0)).isEmpty();
        return open(0, 100);
    }

    private static Evidence unreachable() {
        return new Evidence(Evidence.Kind.UNREACHABLE, 1, 0, ServerRole.START, 0, 0);
    }

    private static Evidence linked() {
        return Evidence.ofWitnesses(Evidence.Kind.WITNESSES_LINKED, 1, 1);
    }

    private static void tellRole(AppointedElection election, ServerRole role, long epoch, long ms) {
        election.onEvidence(Evidence.ofWitnessedRole(1, PEER_PROCESS, role, epoch), ms * MS);
    }

    private AppointedElection missingStandby() {
        AppointedElection election = standby();
        election.onEvidence(Evidence.ofWitnesses(Evidence.Kind.WITNESSES, 0, 2), MS);
        election.onEvidence(silent(600), 600 * MS);
        election.doWork(601 * MS);
        return election;
    }
}
