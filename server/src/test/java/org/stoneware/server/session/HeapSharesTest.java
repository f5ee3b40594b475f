package org.stoneware.server.session;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HeapSharesTest {
    private static final long MIB = 1L << 20;

    @ParameterizedTest
    @CsvSource({"192, 1", "512, 1", "4096, 1", "192, 3", "512, 3", "4096, 3", "65536, 1"})
    void shouldFitHalfOfTheHeapWithAllThatGrowsWithTheTraffic(long heapMib, int standbys) {
        long heap = heapMib * MIB;
        HeapShares shares = HeapShares.of(heap, standbys);
        // What one of the longest sessions needs to get through is counted where it is used: a small heap is for small
        // sessions.
        long oneLongest = Math.max(0, HeapShares.MIN_CLIENT_BYTES - heap / 8);

        assertThat(shares.activeBytes() - oneLongest).isPositive().isLessThanOrEqualTo(heap / 2);
        assertThat(shares.passiveBytes()).isPositive().isLessThanOrEqualTo(heap / 2);
    }

    @Test
    void shouldLetTheDefaultHeapServeTheLongestSessions() {
        HeapShares shares = HeapShares.of(512 * MIB, 1);

        assertThat(shares.clientBytes()).isEqualTo(64 * MIB);
        assertThat(shares.activeBytes()).isLessThanOrEqualTo(256 * MIB);
    }

    @Test
    void shouldTakeNoMoreOfALargeHeapThanIsOfUse() {
        HeapShares shares = HeapShares.of(1L << 40, 1);

        assertThat(shares).isEqualTo(HeapShares.LARGEST);
        assertThat(shares.logBytes()).isEqualTo(256 * MIB);
        assertThat(shares.changedSessions()).isEqualTo(1_000_000);
        assertThat(shares.receivedBytes()).isEqualTo(72 * MIB);
    }

    @Test
    void shouldShareTheKeysOfChangedSessionsAmongStandbys() {
        assertThat(HeapShares.of(512 * MIB, 3).changedSessions())
                .isEqualTo(HeapShares.of(512 * MIB, 1).changedSessions() / 3);
    }
}
