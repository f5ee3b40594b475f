package org.stoneware.election;

import static org.assertj.core.api.Assertions.assertThat;

import org.agrona.DirectBuffer;
import org.junit.jupiter.api.Test;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.spi.election.ElectionOutput;
import org.stoneware.spi.election.ElectionView;
import org.stoneware.spi.election.Evidence;

class WitnessesTest {
    private static final int SUBJECT = 1;
    private static final long MS = 1_000_000;

    private int asked;
    private final Witnesses witnesses = new Witnesses(new ElectionOutput() {
        @Override
        public void send(int memberId, DirectBuffer buffer, int offset, int length) {}

        @Override
        public void onView(ElectionView before, ElectionView now) {}

        @Override
        public void askWitnesses(int memberId) {
            asked++;
        }
    });

    @Test
    void shouldHoldToWhatTheLastRoundSaidUntilTheNextIsOver() {
        tell(Evidence.Kind.WITNESSES, 2);
        witnesses.ask(SUBJECT, true, 0);
        tell(Evidence.Kind.WITNESS_DEAD, 2);
        assertThat(witnesses.confirmSilence(1 * MS)).isTrue();

        witnesses.ask(SUBJECT, true, 100 * MS);

        assertThat(asked).isEqualTo(2);
        assertThat(witnesses.areHeardOut(101 * MS)).isTrue();
        assertThat(witnesses.confirmSilence(101 * MS)).isTrue();
        // Tomcats on a busy machine answer later than that; a server that asks others for their votes meanwhile goes
        // on.
        assertThat(witnesses.confirmSilence(299 * MS)).isTrue();
        // Nobody has answered this time: then this server may be the one that is cut off.
        assertThat(witnesses.confirmSilence(300 * MS)).isFalse();
    }

    @Test
    void shouldBelieveATomcatThatHearsTheServerAtOnce() {
        tell(Evidence.Kind.WITNESSES, 2);
        witnesses.ask(SUBJECT, true, 0);
        tell(Evidence.Kind.WITNESS_DEAD, 2);
        witnesses.ask(SUBJECT, true, 100 * MS);

        tell(Evidence.Kind.WITNESS_ALIVE, 1);

        assertThat(witnesses.confirmSilence(101 * MS)).isFalse();
    }

    @Test
    void shouldNotAskSlowTomcatsAgainBeforeAnyHasAnswered() {
        tell(Evidence.Kind.WITNESSES, 2);
        witnesses.ask(SUBJECT, true, 0);
        witnesses.ask(SUBJECT, true, 999 * MS);
        int unanswered = asked;
        tell(Evidence.Kind.WITNESS_DEAD, 1, 999 * MS);
        witnesses.ask(SUBJECT, true, 999 * MS);

        assertThat(unanswered).isEqualTo(1);
        assertThat(asked).isEqualTo(2);
        assertThat(witnesses.confirmSilence(999 * MS)).isTrue();
    }

    @Test
    void shouldWaitForATomcatThatAnswersLateBeforeItBelievesAnother() {
        tell(Evidence.Kind.WITNESSES, 2);
        witnesses.ask(SUBJECT, true, 0);
        tell(Evidence.Kind.WITNESS_DEAD, 1, 62 * MS);

        assertThat(witnesses.confirmSilence(99 * MS)).isFalse();
        witnesses.ask(SUBJECT, true, 100 * MS);
        tell(Evidence.Kind.WITNESS_DEAD, 1, 162 * MS);
        assertThat(witnesses.confirmSilence(199 * MS)).isFalse();
        assertThat(witnesses.confirmSilence(200 * MS)).isTrue();
    }

    @Test
    void shouldBelieveATomcatThatHeardTheServerLatelyMoreThanRoundsWithoutItsAnswer() {
        tell(Evidence.Kind.WITNESSES, 2);
        witnesses.ask(SUBJECT, true, 0);
        tell(Evidence.Kind.WITNESS_ALIVE, 1, 90 * MS);
        for (long ms = 100; ms < 500; ms += 100) {
            witnesses.ask(SUBJECT, true, ms * MS);
            tell(Evidence.Kind.WITNESS_DEAD, 1, ms * MS + 62 * MS);
            assertThat(witnesses.confirmSilence(ms * MS + 70 * MS))
                    .as("after %d ms", ms)
                    .isEqualTo(ms >= 400);
        }
    }

    /** Only those that are registered can say that a server is gone; what a server is, any Tomcat can tell. */
    @Test
    void shouldNotTakeTheRoleOfAServerForAnAnswer() {
        witnesses.ask(SUBJECT, true, 0);
        assertThat(asked).isZero();
        witnesses.askAll(SUBJECT, true, 0);
        assertThat(asked).isEqualTo(1);
        tell(Evidence.Kind.WITNESSES, 1);

        witnesses.onEvidence(Evidence.ofWitnessedRole(SUBJECT, 7, ServerRole.ACTIVE_COORDINATOR, 6), MS);

        assertThat(witnesses.confirmSilence(300 * MS)).isFalse();
        assertThat(witnesses.isAnyReachable(300 * MS)).isFalse();
        assertThat(witnesses.isHeardLately()).isFalse();
        assertThat(witnesses.isAnswerDue(300 * MS)).isFalse();
        assertThat(witnesses.role().isActive()).isTrue();
        assertThat(witnesses.role().epoch()).isEqualTo(6);
    }

    @Test
    void shouldBelieveOneTomcatThatHearsAnActiveForTwoSeconds() {
        witnesses.askAll(SUBJECT, true, 0);
        witnesses.onEvidence(Evidence.ofWitnessedRole(SUBJECT, 7, ServerRole.ACTIVE_COORDINATOR, 6), MS);
        witnesses.onEvidence(Evidence.ofWitnessedRole(SUBJECT, 7, ServerRole.PASSIVE_STANDBY, 5), 2 * MS);
        witnesses.askAll(SUBJECT, true, 2_000 * MS);
        assertThat(witnesses.role().isActive()).isTrue();
        // Not by time alone: Tomcats are asked anew first.
        witnesses.askAll(SUBJECT, false, 2_001 * MS);
        assertThat(witnesses.role().isActive()).isTrue();
        witnesses.askAll(SUBJECT, true, 2_001 * MS);
        assertThat(witnesses.role().isActive()).isFalse();
        assertThat(witnesses.role().isHeard()).isFalse();
        assertThat(asked).isEqualTo(3);
    }

    @Test
    void shouldForgetWhatTomcatsHearOfAServerWhenAnotherOneIsAskedAbout() {
        witnesses.askAll(SUBJECT, true, 0);
        witnesses.onEvidence(Evidence.ofWitnessedRole(SUBJECT, 7, ServerRole.PASSIVE_STANDBY, 5), MS);
        assertThat(witnesses.role().isHeard()).isTrue();

        witnesses.askAll(SUBJECT + 1, true, 2 * MS);

        assertThat(witnesses.role().isHeard()).isFalse();
    }

    /** One that dials a moment later is asked at once, and heard out, although others have answered. */
    @Test
    void shouldAskATomcatThatHasComeSince() {
        tell(Evidence.Kind.WITNESSES_LINKED, 1);
        witnesses.askAll(SUBJECT, true, 0);
        assertThat(witnesses.isAnswerDue(199 * MS)).isTrue();
        assertThat(witnesses.isAnswerDue(200 * MS)).isFalse();

        tell(Evidence.Kind.WITNESSES_LINKED, 2);
        witnesses.askAll(SUBJECT, true, 201 * MS);

        assertThat(asked).isEqualTo(2);
        assertThat(witnesses.isAnswerDue(400 * MS)).isTrue();
        assertThat(witnesses.isAnswerDue(401 * MS)).isFalse();
    }

    @Test
    void shouldForgetWhatWasSaidOfTheServerOnceItIsHeard() {
        tell(Evidence.Kind.WITNESSES, 1);
        witnesses.ask(SUBJECT, true, 0);
        tell(Evidence.Kind.WITNESS_SOLO, 1);
        assertThat(witnesses.hasGoneOnAlone()).isTrue();

        witnesses.end();
        witnesses.ask(SUBJECT, true, 5_000 * MS);

        assertThat(witnesses.hasGoneOnAlone()).isFalse();
        assertThat(witnesses.areHeardOut(5_001 * MS)).isFalse();
    }

    private void tell(Evidence.Kind kind, int count) {
        tell(kind, count, 0);
    }

    private void tell(Evidence.Kind kind, int count, long nowNs) {
        witnesses.onEvidence(Evidence.ofWitnesses(kind, SUBJECT, count), nowNs);
    }
}
