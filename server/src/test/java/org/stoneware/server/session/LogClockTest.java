package org.stoneware.server.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.stoneware.testkit.ManualClock;

class LogClockTest {
    private static final long LAST_MS = ManualClock.START_MS;
    private static final long NOW_NS = TimeUnit.SECONDS.toNanos(7);

    @Test
    void shouldFollowTheMonotonicClock() {
        LogClock clock = new LogClock(LAST_MS, NOW_NS);

        assertThat(clock.logTimeMs(NOW_NS + TimeUnit.MILLISECONDS.toNanos(250))).isEqualTo(LAST_MS + 250);
    }

    @Test
    void shouldNeverGoBack() {
        LogClock clock = new LogClock(LAST_MS, NOW_NS);
        clock.logTimeMs(NOW_NS + TimeUnit.MILLISECONDS.toNanos(250));

        assertThat(clock.logTimeMs(NOW_NS)).isEqualTo(LAST_MS + 250);
    }

    @Test
    void shouldCountTheTimeNoServerRan() {
        assertThat(timeAfterDowntime(LAST_MS + 60_000)).isEqualTo(LAST_MS + 60_000);
    }

    @Test
    void shouldStandStillWhenTheWallClockWasSetBackMeanwhile() {
        assertThat(timeAfterDowntime(LAST_MS - 3_600_000)).isEqualTo(LAST_MS);
    }

    @Test
    void shouldNotBelieveAWallClockThatIsYearsAhead() {
        assertThat(timeAfterDowntime(LAST_MS + TimeUnit.DAYS.toMillis(4_000)))
                .isEqualTo(LAST_MS + TimeUnit.DAYS.toMillis(30));
    }

    private static long timeAfterDowntime(long wallMs) {
        return LogClock.afterDowntime(LAST_MS, wallMs, NOW_NS).logTimeMs(NOW_NS);
    }
}
