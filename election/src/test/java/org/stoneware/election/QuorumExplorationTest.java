package org.stoneware.election;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class QuorumExplorationTest {
    /** Wider bounds for a quiet machine: -Dstoneware.election.explore=deep. */
    private static final boolean IS_DEEP = "deep".equals(System.getProperty("stoneware.election.explore"));

    private static final int WALKS = IS_DEEP ? 2_000_000 : 2_000;

    /** A change of the voters on top of one nobody else has accepted, twice, until the new set has a quorum beside the old one. */
    private static final String UNCHOSEN = "RESEAT0 ASK2 RESEAT0 ASK2 ASK4 RESEAT0 ASK2 ASK4 RESEAT0 ASK2 ASK4"
            + " DROP0 ASK4 ASK3 ASK4 ASK3 WRITE0 LEAD1 ASK12 LEAD1 ASK12 ASK12";

    /** Both voters of the new set and the active on one side, the voter of the old one and the standby on the other. */
    private static final String ONE_STEP =
            "RESEAT0 ASK2 ASK3 ASK4 DROP0 ASK3 ASK4 ASK3 ASK4 WRITE0 LEAD1 ASK12 LEAD1 ASK12 ASK12";

    /** A disk is away while the active begins to replace the identity on it. */
    private static final String DISK_AWAY = "LOSE1 RESEAT0 ASK2";

    private static final QuorumBounds DISK_COMES_BACK =
            new QuorumBounds(1, 4, 0, 1, 1, 1, 0, true, IS_DEEP ? 5_000_000 : 50_000);

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldKeepEveryAcknowledgedWriteInEveryOrderOfEventsWithOneVoter(boolean isPersistent) {
        QuorumExploration exploration = new QuorumExploration(
                QuorumFault.NONE,
                new QuorumBounds(
                        1, IS_DEEP ? 3 : 2, 1, 0, 1, 0, IS_DEEP ? 2 : 1, isPersistent, IS_DEEP ? 20_000_000 : 50_000));

        boolean isExhausted = exploration.run();

        System.out.printf("one voter, persistent=%s: states=%d%n", isPersistent, exploration.states());
        assertThat(isExhausted).isTrue();
    }

    @ParameterizedTest
    @CsvSource({"2,1,0,1", "3,0,0,1", "1,0,1,0"})
    void shouldKeepEveryAcknowledgedWriteWhileVotersChange(int voters, int crashes, int losses, int lostAnswers) {
        QuorumExploration exploration = new QuorumExploration(
                QuorumFault.NONE,
                new QuorumBounds(voters, 3, crashes, losses, 1, 1, lostAnswers, true, IS_DEEP ? 5_000_000 : 8_000));

        boolean isExhausted = exploration.run();

        System.out.printf("%d voters: states=%d exhausted=%s%n", voters, exploration.states(), isExhausted);
        assertThat(exploration.states()).isPositive();
    }

    @ParameterizedTest
    @CsvSource({"2,6,1,0,3,false", "2,8,1,1,4,true", "1,8,1,1,4,true", "3,9,0,0,5,true", "2,9,0,2,5,true"})
    void shouldKeepEveryAcknowledgedWriteOnLongWalks(
            int voters, int rounds, int crashes, int losses, int seatChanges, boolean isPersistent) {
        QuorumExploration exploration = new QuorumExploration(
                QuorumFault.NONE,
                new QuorumBounds(voters, rounds, crashes, losses, 3, seatChanges, 2, isPersistent, 0));

        int walks = exploration.walk(WALKS);

        assertThat(walks).as(exploration.violation()).isEqualTo(WALKS);
    }

    @Test
    void shouldFindEveryPlantedFaultOfTheVotes() {
        Set<QuorumFault> faults =
                EnumSet.of(QuorumFault.ONE_PHASE, QuorumFault.NO_IN_SYNC_CHECK, QuorumFault.SELF_IS_QUORUM);
        faults.add(QuorumFault.FORGOTTEN_VOTE);

        assertThat(faults).allSatisfy(fault -> {
            QuorumExploration exploration =
                    new QuorumExploration(fault, new QuorumBounds(1, 2, 1, 0, 1, 0, 1, true, 20_000));
            assertThatThrownBy(exploration::run).as("%s", fault).isInstanceOf(AssertionError.class);
            System.out.printf("planted fault %-24s after %d states%n", fault, exploration.states());
        });
    }

    @Test
    void shouldKeepEveryAcknowledgedWriteWhenALostDiskComesBackAfterItsIdentityWasReplaced() {
        QuorumExploration exploration = new QuorumExploration(QuorumFault.NONE, DISK_COMES_BACK).after(DISK_AWAY);

        boolean isExhausted = exploration.run();

        System.out.printf("a lost disk comes back: states=%d%n", exploration.states());
        assertThat(isExhausted).isTrue();
    }

    /** The old identity and a Tomcat that was not asked are a quorum of what both know. */
    @Test
    void shouldFindAnIdentityReplacedByTheNewVotersAlone() {
        QuorumExploration exploration =
                new QuorumExploration(QuorumFault.IDENTITY_SWAP_NEW_QUORUM, DISK_COMES_BACK).after(DISK_AWAY);

        assertThatThrownBy(exploration::run)
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("without acknowledged writes");
        System.out.printf("planted fault IDENTITY_SWAP_NEW_QUORUM after %d states%n", exploration.states());
    }

    @Test
    void shouldForkWhenVotersAreChangedOnAValueThatWasNotChosen() {
        assertThatThrownBy(() -> replay(QuorumFault.VOTER_CHANGE_ON_UNCHOSEN, UNCHOSEN))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("without acknowledged writes");
        assertThatCode(() -> replay(QuorumFault.NONE, UNCHOSEN)).doesNotThrowAnyException();
        System.out.println("planted fault VOTER_CHANGE_ON_UNCHOSEN on a scripted way");
    }

    @Test
    void shouldForkWhenAllVotersAreReplacedInOneValue() {
        assertThatThrownBy(() -> replay(QuorumFault.VOTER_SET_IN_ONE_STEP, ONE_STEP))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("without acknowledged writes");
        assertThatCode(() -> replay(QuorumFault.NONE, ONE_STEP)).doesNotThrowAnyException();
        System.out.println("planted fault VOTER_SET_IN_ONE_STEP on a scripted way");
    }

    private static void replay(QuorumFault fault, String story) {
        new QuorumExploration(fault, new QuorumBounds(3, 9, 0, 0, 3, 5, 2, true, 0)).replay(story);
    }
}
