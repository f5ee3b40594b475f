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
}
