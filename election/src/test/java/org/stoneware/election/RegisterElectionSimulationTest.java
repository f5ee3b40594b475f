package org.stoneware.election;

import org.junit.jupiter.api.Test;

class RegisterElectionSimulationTest {
    private static final int SEEDS = Integer.getInteger("stoneware.election.seeds", 1_000);

    @Test
    void shouldSettleOnOneActiveHoweverTwoServersStartTogether() {
        run(ElectionSearch.FIRST_START, SEEDS);
    }

    @Test
    void shouldKeepTheRulesThroughCrashesCutsAndFreezes() {
        run(ElectionSearch.CHAOS, SEEDS);
    }

    /** A third server that was active alone comes back between question and answers. */
    @Test
    void shouldNotBeElectedInAnEpochBelowOneHeardOfMeanwhile() {
        ElectionSearch.CHAOS_OF_THREE.run(PlantedFault.NONE, 14_348);
    }

    @Test
    void shouldKeepTheRulesWithThreeServers() {
        run(ElectionSearch.CHAOS_OF_THREE, SEEDS / 4);
    }

    /** A connection refused before the other ran is told after the other's hello. */
    @Test
    void shouldNeverHaveTwoActivesBecauseARefusalComesLate() {
        ElectionSearch.FIRST_START.run(PlantedFault.NONE, 2_464);
    }

    private static void run(ElectionSearch search, int seeds) {
        for (long seed = 0; seed < seeds; seed++) {
            search.run(PlantedFault.NONE, seed);
        }
    }
}
