package org.stoneware.liveness;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RunningTimeTest {
    private static final long MS = 1_000_000L;

    private final RunningTime time = new RunningTime(0);

    @Test
    void shouldFollowClockWhileCyclesComeInTime() {
        assertThat(time.advance(50 * MS, 50 * MS)).isEqualTo(50 * MS);
        assertThat(time.advance(110 * MS, 50 * MS)).isEqualTo(110 * MS);
        assertThat(time.isStalled()).isFalse();
    }

    @Test
    void shouldLeaveOutWhatAStarvedThreadOversleepsInSmallPieces() {
        long runNs = 0;
        for (int cycle = 1; cycle <= 10; cycle++) {
            runNs = time.advance(cycle * 100 * MS, 25 * MS);
            time.waiting(cycle * 100 * MS);
            assertThat(time.isStalled()).isFalse();
        }

        assertThat(runNs).isEqualTo(250 * MS);
        assertThat(time.stalledNs()).isEqualTo(750 * MS);
    }

    /** With very many connections a cycle takes its time, and whoever says no hello must not be waited for all the longer. */
    @Test
    void shouldNotTakeWorkForOversleeping() {
        for (int cycle = 1; cycle <= 10; cycle++) {
            time.waiting(cycle * 100 * MS - 5 * MS);
            assertThat(time.advance(cycle * 100 * MS, 5 * MS)).isEqualTo(cycle * 100 * MS);
        }
    }

    @Test
    void shouldLeaveOutWhatWasOverslept() {
        time.advance(50 * MS, 50 * MS);

        assertThat(time.advance(10_100 * MS, 50 * MS)).isEqualTo(100 * MS);
        assertThat(time.isStalled()).isTrue();
        assertThat(time.advance(10_150 * MS, 50 * MS)).isEqualTo(150 * MS);
        assertThat(time.isStalled()).isFalse();
    }

    @Test
    void shouldSubtractEveryStallRatherThanStartAgain() {
        time.advance(1000 * MS, 50 * MS);
        time.advance(1050 * MS, 50 * MS);

        assertThat(time.advance(2050 * MS, 50 * MS)).isEqualTo(150 * MS);
    }
}
