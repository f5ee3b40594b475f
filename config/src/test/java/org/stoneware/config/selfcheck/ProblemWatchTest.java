package org.stoneware.config.selfcheck;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.LongPredicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.stoneware.config.selfcheck.ProblemReport.Change;

/** On a clock of its own, without a thread. */
class ProblemWatchTest {
    private static final long PROCESS_START_NS = -7_777_777_777L;
    private static final long NEVER = Long.MAX_VALUE;
    private static final LongPredicate ALWAYS = atMs -> true;

    @ParameterizedTest
    @ValueSource(longs = {900, 1_499, 2_000, 2_999, 3_000, 3_250, 3_500})
    void shouldNameWhatIsBrokenWithinFiveSecondsOfTheStart(long frameworkUpMs) {
        for (long lookTakesMs : new long[] {0, 40, 499}) {
            assertThat(firstWordMs(frameworkUpMs, lookTakesMs, 1_234, ALWAYS))
                    .as("lookTakesMs=%d", lookTakesMs)
                    .isBetween(3_000L, TimeUnit.NANOSECONDS.toMillis(ProblemWatch.LATEST_WORD_NS));
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {3_501, 6_000, 17_345, 29_000})
    void shouldNameWhatIsBrokenSoonAfterASlowStart(long frameworkUpMs) {
        long afterStartMs = TimeUnit.NANOSECONDS.toMillis(ProblemWatch.AFTER_START_NS);

        assertThat(firstWordMs(frameworkUpMs, 100, 900, ALWAYS)).isBetween(frameworkUpMs, frameworkUpMs + afterStartMs);
    }

    @Test
    void shouldNameWhatIsBrokenThoughTheStartHangs() {
        assertThat(firstWordMs(NEVER, 100, 900, ALWAYS)).isBetween(30_000L, 32_000L);
    }

    @Test
    void shouldNameWhatIsBrokenThoughSomethingElseComesAndGoes() {
        assertThat(firstWordMs(1_500, 10, 1_000, atMs -> (atMs / 500) % 2 == 0)).isLessThanOrEqualTo(5_000);
    }

    /**
     * Runs the watch as its thread does.
     *
     * @param frameworkUpMs when the framework has started, from the start of the process, like all times here.
     * @param watchUpMs     when the watch begins.
     * @param hasOther      whether there is another problem at a time.
     * @return when the problem that was there from the start is named.
     */
    private static long firstWordMs(long frameworkUpMs, long lookTakesMs, long watchUpMs, LongPredicate hasOther) {
        ProblemWatch watch = new ProblemWatch(PROCESS_START_NS);
        long nowMs = watchUpMs;
        while (nowMs < 60_000) {
            nowMs += TimeUnit.NANOSECONDS.toMillis(watch.untilNextLookNs(atNs(nowMs)));
            long atMs = nowMs;
            Change change = watch.look(
                    atMs < frameworkUpMs,
                    () -> hasOther.test(atMs) ? List.of("broken", "other") : List.of("broken"),
                    atNs(nowMs));
            nowMs += atMs < frameworkUpMs ? 0 : lookTakesMs;
            if (change.appeared().contains("broken")) {
                assertThat(watch.reported()).contains("broken");
                return nowMs;
            }
        }
        throw new AssertionError("never named");
    }

    private static long atNs(long ms) {
        return PROCESS_START_NS + TimeUnit.MILLISECONDS.toNanos(ms);
    }
}
