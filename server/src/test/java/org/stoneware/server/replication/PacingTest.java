package org.stoneware.server.replication;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** How fast a copy goes, and how long a dropped standby waits. */
class PacingTest {
    private static final long MS = TimeUnit.MILLISECONDS.toNanos(1);

    @Test
    void shouldSendNoMoreThanItsRateOverTime() {
        TokenBucket tokens = new TokenBucket(1_000_000, 0);
        long sent = 0;
        for (long nowNs = 0; nowNs < 1_000 * MS; nowNs += MS) {
            while (tokens.hasTokens(nowNs)) {
                tokens.take(5_000);
                sent += 5_000;
            }
        }

        assertThat(sent).isBetween(990_000L, 1_030_000L);
    }

    @Test
    void shouldPayDebtBeforeAnythingElseGoes() {
        TokenBucket tokens = new TokenBucket(1_000_000, 0);
        tokens.take(120_000);

        assertThat(tokens.hasTokens(99 * MS)).isFalse();
        assertThat(tokens.hasTokens(101 * MS)).isTrue();
    }

    @Test
    void shouldDoubleHoldOffUpToItsMaximumAndForgetAfterQuietTime() {
        HoldOff holdOff = new HoldOff(5, 40);
        long nowNs = 0;
        for (long expected : new long[] {5, 10, 20, 40, 40}) {
            holdOff.begin(nowNs);
            assertThat(holdOff.isOver(nowNs + expected - 1)).isFalse();
            assertThat(holdOff.isOver(nowNs + expected)).isTrue();
            nowNs += expected;
        }

        holdOff.begin(nowNs + 40);

        assertThat(holdOff.isOver(nowNs + 45)).isTrue();
    }
}
