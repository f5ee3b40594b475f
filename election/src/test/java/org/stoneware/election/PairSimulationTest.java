package org.stoneware.election;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.stoneware.testkit.election.ReplicationFault;

class PairSimulationTest {
    private static final int SEEDS = Integer.getInteger("stoneware.election.pair.seeds", 350);

    @ParameterizedTest
    @EnumSource
    void shouldLoseNoAcknowledgedEntryByAnyOneFault(PairSearch search) {
        long acknowledgements = 0;
        for (long seed = 0; seed < SEEDS; seed++) {
            acknowledgements += search.run(PlantedFault.NONE, ReplicationFault.NONE, seed);
        }

        System.out.printf("pair %s: seeds=%d acknowledged=%d%n", search, SEEDS, acknowledgements);
        assertThat(acknowledgements).isGreaterThan(SEEDS);
    }

    /**
     * A standby is chosen in a cut, and its process ends before anybody has heard of it: the active it would have followed holds everything
     * there still is.
     */
    @Test
    void shouldGoOnWhenASuccessorNobodyHeardOfHasEnded() {
        assertThat(runOnce(PairSearch.CONSISTENT_WITH_A_VOTER, 5_838)).isPositive();
    }

    /** The question that would have made it a standby again comes when the active that asked has ended. */
    @Test
    void shouldElectAgainWhenTheActiveEndsWhileItAddsItsStandby() {
        assertThat(runOnce(PairSearch.CONSISTENT_WITHOUT_VOTERS, 4_456)).isPositive();
    }

    private static long runOnce(PairSearch search, long seed) {
        return search.run(PlantedFault.NONE, ReplicationFault.NONE, seed);
    }
}
