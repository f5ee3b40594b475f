package org.stoneware.liveness;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RunningTimeTest {
    private static final long MS = 1_000_000L;

    private final RunningTime time = new RunningTime(0);

    @Test
    void shouldFollowClockWhileCyclesComeInTime() {
        assertThat(time.advance(50 * MS, 50 * MS)).isEqualTo(50 * MS);
        assertThat(time.advance(149 * MS, 0)).isEqualTo(149 * MS);
        assertThat(time.isStalled()).isFalse();
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
