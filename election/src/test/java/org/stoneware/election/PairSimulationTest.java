package org.stoneware.election;

import static org.assertj.core.api.Assertions.assertThat;

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
}
