package org.stoneware.server.agent;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class HangWatchTest {
    private static final long MS = 1_000_000L;

    private final HangWatch watch = new HangWatch(5_000 * MS, 500 * MS, 7, 0);
    private long nowNs;

    @Test
    void shouldTellAnAgentThatCompletesNoCycleWhileTheWatchRuns() {
        assertThat(look(10, 500, 7)).isFalse();
        assertThat(look(1, 500, 7)).isTrue();
    }

    @Test
    void shouldBeginAnewWithEveryCycle() {
        look(10, 500, 7);

        assertThat(look(1, 500, 8)).isFalse();
        assertThat(look(10, 500, 8)).isFalse();
    }

    /** A machine that lets nobody run in time: the watch comes late again and again. */
    @Test
    void shouldNotBlameAnAgentOnAMachineThatDoesNotKeepUp() {
        assertThat(look(60, 1_400, 7)).isFalse();
    }

    @Test
    void shouldNotForgetHowLongItHasBeenStuckForOneLateLook() {
        look(10, 500, 7);
        look(1, 9_000, 7);

        assertThat(look(1, 500, 7)).isTrue();
    }

    private boolean look(int times, long everyMs, long cycles) {
        boolean isHanging = false;
        for (int i = 0; i < times; i++) {
            nowNs += everyMs * MS;
            isHanging = watch.isHanging(cycles, nowNs);
        }
        return isHanging;
    }
}
