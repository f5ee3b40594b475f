package org.stoneware.api.time;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SleepWatchTest {
    private static final long MS = 1_000_000L;
    private static final long START_MS = 1_700_000_000_000L;
    /** Monotonic time begins anywhere. */
    private static final long START_NS = Long.MAX_VALUE - 50 * MS;

    private final SleepWatch watch = new SleepWatch();

    @BeforeEach
    void begin() {
        assertThat(at(0, 0)).isEqualTo(SleepWatch.AGREED);
    }

    @Test
    void shouldAgreeWhileBothClocksGoOn() {
        assertThat(at(5, 5)).isEqualTo(SleepWatch.AGREED);
        assertThat(at(3_600_000, 3_600_000)).isEqualTo(SleepWatch.AGREED);
    }

    @Test
    void shouldNoticeSleepOnce() {
        assertThat(at(30_000, 5)).isEqualTo(29_995 * MS);
        assertThat(at(30_010, 15)).isEqualTo(SleepWatch.AGREED);
    }

    @Test
    void shouldNoticeManyShortSleepsTogether() {
        assertThat(at(14, 10)).isEqualTo(SleepWatch.AGREED);
        assertThat(at(28, 20)).isEqualTo(8 * MS);
    }

    @Test
    void shouldNoticeWallClockSetBack() {
        assertThat(at(-3_600_000, 10)).isEqualTo(-3_600_010 * MS);
    }

    /** The thread waited between reading the wall clock and reading the other one. */
    @Test
    void shouldAgreeWhenReadingsLieApart() {
        assertThat(at(10, 70)).isEqualTo(SleepWatch.AGREED);
        assertThat(at(80, 80)).isEqualTo(SleepWatch.AGREED);
    }

    /** Or so much could be slept through unnoticed from then on. */
    @Test
    void shouldNotSpareWhatTheClockWasPutBackByWithinBounds() {
        for (int ms = 1; ms <= 20; ms++) {
            assertThat(at(ms - 90, ms)).isEqualTo(SleepWatch.AGREED);
        }

        assertThat(at(21, 21)).isEqualTo(90 * MS);
    }

    private long at(long wallMs, long monotonicMs) {
        return watch.sleptNs(START_MS + wallMs, START_NS + monotonicMs * MS);
    }
}
