package org.stoneware.election;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class FirstStartExplorationTest {
    /** Wider bounds for a quiet machine: -Dstoneware.election.explore=deep. */
    private static final boolean IS_DEEP = "deep".equals(System.getProperty("stoneware.election.explore"));

    @Test
    void shouldHaveOneActiveInEveryOrderOfEvents() {
        FirstStartExploration exploration =
                new FirstStartExploration(PlantedFault.NONE, 1, IS_DEEP ? 2 : 1, 0, IS_DEEP ? 2_000_000 : 100_000);

        boolean isExhausted = exploration.run();

        System.out.printf("first start: states=%d ends=%d%n", exploration.states(), exploration.finished());
        assertThat(isExhausted).isTrue();
    }

    @Test
    void shouldHaveOneActiveWhereverOneServerCrashes() {
        FirstStartExploration exploration =
                new FirstStartExploration(PlantedFault.NONE, 0, 0, 1, IS_DEEP ? 2_000_000 : 5_000);

        boolean isExhausted = exploration.run();

        System.out.printf("with a crash: states=%d ends=%d%n", exploration.states(), exploration.finished());
        assertThat(isExhausted).isEqualTo(IS_DEEP);
    }
}
