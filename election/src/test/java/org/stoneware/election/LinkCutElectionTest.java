package org.stoneware.election;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.spi.election.Election;
import org.stoneware.spi.election.ElectionContext;
import org.stoneware.spi.election.Evidence;

/** Only the link between two servers is cut, or only this server; Tomcats say which. */
class LinkCutElectionTest extends PairElectionFixture {
    /** Only the link between the servers is cut, for as long as anybody likes: Tomcats reach both. */
    @Test
    void shouldNotBecomeASecondActiveWhileATomcatHearsTheOneThatWentOnAlone() {
        becomeStandby();
        election.onEvidence(Evidence.ofWitnesses(Evidence.Kind.WITNESSES, 0, 2), MS);
        hear(Evidence.Kind.SILENT, PEER_PROCESS, 600 * MS);
        election.onEvidence(Evidence.ofWitnesses(Evidence.Kind.WITNESS_SOLO, 0, 1), 601 * MS);
        for (long ms = 610; ms < 60_000; ms += 10) {
            election.doWork(ms * MS);
            election.onEvidence(Evidence.ofWitnesses(Evidence.Kind.WITNESS_ALIVE, 0, 2), ms * MS);
        }

        assertThat(election.view().role()).isEqualTo(ServerRole.PASSIVE_UNINITIALIZED);
        assertThat(election.view().reason()).contains("waiting for Server1, which Tomcats hear");

        // It dies in the end.
        for (long ms = 60_000; ms < 65_000; ms += 10) {
            election.doWork(ms * MS);
            election.onEvidence(Evidence.ofWitnesses(Evidence.Kind.WITNESS_DEAD, 0, 2), ms * MS);
        }
        assertThat(election.view().role()).isEqualTo(ServerRole.ACTIVE_COORDINATOR);
    }

    /** Starved ones: each answer comes 700 ms after its question. */
    @Test
    void shouldNotBecomeASecondActiveWhileSlowTomcatsHearTheOther() {
        becomeStandby();
        election.onEvidence(Evidence.ofWitnesses(Evidence.Kind.WITNESSES, 0, 2), MS);
        hear(Evidence.Kind.SILENT, PEER_PROCESS, 600 * MS);
        election.onEvidence(Evidence.ofWitnesses(Evidence.Kind.WITNESS_SOLO, 0, 1), 601 * MS);
        int answered = questions;
        long answerMs = 0;
        for (long ms = 610; ms < 60_000; ms += 10) {
            election.doWork(ms * MS);
            if (questions > answered) {
                answered = questions;
                answerMs = ms + 700;
            }
            if (ms == answerMs) {
                election.onEvidence(Evidence.ofWitnesses(Evidence.Kind.WITNESS_ALIVE, 0, 2), ms * MS);
            }
        }

        assertThat(election.view().role()).isEqualTo(ServerRole.PASSIVE_UNINITIALIZED);
    }

    /** Two servers that were started with the link cut and never met: exactly one of them must serve those who reach both. */
    @Test
    void shouldLeaveItToTheFirstOfTwoThatNeverMetToServe() {
        Election first = RegisterElectionProvider.open(
                new ElectionContext(
                        0, List.of("Server1", "Server2"), SELF_PROCESS, 5_000 * MS, Path.of("unused"), false),
                new Output(),
                new MemoryRegisters.MemoryStore(PEER));
        first.onEvidence(Evidence.ofWitnesses(Evidence.Kind.WITNESSES, 0, 2), MS);
        election.onEvidence(Evidence.ofWitnesses(Evidence.Kind.WITNESSES, 0, 2), MS);
        for (long ms = 10; ms < 30_000; ms += 10) {
            first.doWork(ms * MS);
            first.onEvidence(Evidence.ofWitnesses(Evidence.Kind.WITNESS_ALIVE, 1, 2), ms * MS);
            election.doWork(ms * MS);
            election.onEvidence(Evidence.ofWitnesses(Evidence.Kind.WITNESS_ALIVE, 0, 2), ms * MS);
        }

        assertThat(first.view().role()).isEqualTo(ServerRole.ACTIVE_COORDINATOR);
        assertThat(election.view().role()).isNotEqualTo(ServerRole.ACTIVE_COORDINATOR);
    }

    @Test
    void shouldServeWhenNoTomcatAnswersWhetherItHearsTheOther() {
        becomeStandby();
        election.onEvidence(Evidence.ofWitnesses(Evidence.Kind.WITNESSES, 0, 2), MS);
        hear(Evidence.Kind.SILENT, PEER_PROCESS, 600 * MS);
        election.onEvidence(Evidence.ofWitnesses(Evidence.Kind.WITNESS_SOLO, 0, 1), 601 * MS);
        for (long ms = 610; ms < 12_000; ms += 10) {
            election.doWork(ms * MS);
        }

        assertThat(election.view().role()).isEqualTo(ServerRole.ACTIVE_COORDINATOR);
    }

    /** This server is paused for so long that what the Tomcats said before is old: they are asked anew and heard out first. */
    @Test
    void shouldNotTakeItsOwnPauseForTomcatsThatHearNothing() {
        waitUntilTheOtherIsHeardElsewhere(20_000);

        election.onEvidence(
                new Evidence(Evidence.Kind.LOCAL_STALL, 1, 0, ServerRole.START, 0, 3_000 * MS), 23_000 * MS);
        election.doWork(23_000 * MS);

        assertThat(election.view().role()).isEqualTo(ServerRole.PASSIVE_UNINITIALIZED);
        assertThat(election.view().reason()).contains("waiting for Server1, which Tomcats hear");
    }

    /** As with a pause that is told of nowhere, in which answers have waited too. */
    @Test
    void shouldAskTomcatsAnewWhenTheirLastWordIsOld() {
        waitUntilTheOtherIsHeardElsewhere(20_000);

        election.onEvidence(Evidence.ofWitnesses(Evidence.Kind.WITNESS_DEAD, 0, 1), 23_000 * MS);
        ServerRole whileReading = election.view().role();
        election.doWork(23_000 * MS);
        ServerRole whenAsked = election.view().role();
        for (long ms = 23_001; ms < 23_400; ms++) {
            election.onEvidence(Evidence.ofWitnesses(Evidence.Kind.WITNESS_DEAD, 0, 2), ms * MS);
            election.doWork(ms * MS);
        }

        assertThat(whileReading).isEqualTo(ServerRole.PASSIVE_UNINITIALIZED);
        assertThat(whenAsked).isEqualTo(ServerRole.PASSIVE_UNINITIALIZED);
        assertThat(election.view().role()).isEqualTo(ServerRole.ACTIVE_COORDINATOR);
    }

    /** The last word is old, and the answers of the newest round lie in the inbox behind one that brings bad news. */
    @Test
    void shouldProposeOnlyWhenEverythingIsRead() {
        waitUntilTheOtherIsHeardElsewhere(20_000);
        for (long ms = 20_000; ms < 22_050; ms += 10) {
            election.doWork(ms * MS);
        }

        election.onEvidence(Evidence.ofWitnesses(Evidence.Kind.WITNESS_DEAD, 0, 2), 22_050 * MS);
        ServerRole whileReading = election.view().role();
        election.onEvidence(Evidence.ofWitnesses(Evidence.Kind.WITNESS_ALIVE, 0, 1), 22_050 * MS);
        election.doWork(22_050 * MS);

        assertThat(whileReading).isEqualTo(ServerRole.PASSIVE_UNINITIALIZED);
        assertThat(election.view().role()).isEqualTo(ServerRole.PASSIVE_UNINITIALIZED);
    }

    /** The machine with the active and all Tomcats has lost its power, or this one is cut off: nobody can tell. */
    @Test
    void shouldSayWhatItWaitsForWhenNoTomcatIsReached() {
        becomeStandby();
        election.onEvidence(Evidence.ofWitnesses(Evidence.Kind.WITNESSES, 0, 2), MS);
        hear(Evidence.Kind.UNREACHABLE, 0, 500 * MS);
        election.onEvidence(
                new Evidence(Evidence.Kind.SILENT, 0, PEER_PROCESS, ServerRole.START, 0, 600 * MS), 600 * MS);
        hear(Evidence.Kind.CLOSED, PEER_PROCESS, 700 * MS);
        for (long ms = 700; ms < 60_000; ms += 10) {
            election.doWork(ms * MS);
        }

        assertThat(election.view().role()).isEqualTo(ServerRole.PASSIVE_STANDBY);
        assertThat(election.view().reason()).contains("no Tomcat is reached", "bin/force-active");
        assertThat(election.forceActive("ann", 60_000 * MS)).isEmpty();
        assertThat(election.view().role()).isEqualTo(ServerRole.ACTIVE_COORDINATOR);
    }

    private void waitUntilTheOtherIsHeardElsewhere(long untilMs) {
        becomeStandby();
        election.onEvidence(Evidence.ofWitnesses(Evidence.Kind.WITNESSES, 0, 2), MS);
        hear(Evidence.Kind.SILENT, PEER_PROCESS, 600 * MS);
        election.onEvidence(Evidence.ofWitnesses(Evidence.Kind.WITNESS_SOLO, 0, 1), 601 * MS);
        for (long ms = 610; ms < untilMs; ms += 10) {
            election.doWork(ms * MS);
            election.onEvidence(Evidence.ofWitnesses(Evidence.Kind.WITNESS_ALIVE, 0, 2), ms * MS);
        }
    }
}
