package org.stoneware.server.replication;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.stoneware.server.session.HeapShares;

class EntryRingTest {
    @Test
    void shouldKeepEveryEntryWithItsNumbersWhileThereIsRoom() {
        EntryRing ring = new EntryRing(1 << 20, 10, 3);
        for (int i = 0; i < 1_000; i++) {
            append(ring, i, 8);
        }

        for (int i = 0; i < 1_000; i++) {
            long index = 11 + i;
            assertThat(ring.bufferAt(index).getLong(ring.offsetAt(index))).isEqualTo(i);
            assertThat(ring.logTimeMsAt(index)).isEqualTo(i);
            assertThat(ring.epochAt(index)).isEqualTo(4);
        }
        assertThat(ring.bytesAfter(10)).isEqualTo(1_000 * taken(8));
        assertThat(ring.bytesAfter(1_009)).isEqualTo(taken(8));
    }

    /** A session that is only touched makes an entry of some ten bytes; a server keeps millions of them before the oldest go. */
    @Test
    void shouldTakeNoMoreMemoryThanItsBoundHoweverSmallTheEntries() {
        int maxBytes = 4 << 20;
        EntryRing ring = new EntryRing(maxBytes, 0, 3);
        long mostBytes = 0;
        for (int i = 0; i < 300_000; i++) {
            append(ring, i, 8);
            mostBytes = Math.max(mostBytes, i % 1_000 == 0 ? ring.memoryBytes() : 0);
        }

        assertThat(mostBytes).isLessThan(maxBytes + (512 << 10));
        assertThat(ring.lastIndex() - ring.firstIndex()).isGreaterThan(60_000);
        assertThat(ring.bufferAt(ring.firstIndex()).getLong(ring.offsetAt(ring.firstIndex())))
                .isEqualTo(ring.firstIndex() - 1);
    }

    /** An entry longer than half of a segment leaves as much unused. */
    @ParameterizedTest
    @ValueSource(ints = {20_000, 30_000, 40_000, 88_000, 132_000, 300_000})
    void shouldTakeLittleMoreMemoryThanItsBoundHoweverLongTheEntries(int length) {
        int maxBytes = 8 << 20;
        EntryRing ring = new EntryRing(maxBytes, 0, 3);
        for (int i = 0; i < 1_000; i++) {
            append(ring, i, length);
        }

        assertThat(ring.memoryBytes()).isLessThan(maxBytes + maxBytes / 8 + (768 << 10));
    }

    @ParameterizedTest
    @ValueSource(ints = {40_000, 300_000})
    void shouldTakeLittleMoreMemoryThanItsBoundWhenLongAndShortEntriesTakeTurns(int length) {
        int maxBytes = 8 << 20;
        EntryRing ring = new EntryRing(maxBytes, 0, 3);
        for (int i = 0; i < 2_000; i++) {
            append(ring, i, i % 2 == 0 ? length : 8);
        }

        assertThat(ring.memoryBytes()).isLessThan(maxBytes + maxBytes / 8 + (1 << 20));
    }

    @Test
    void shouldFindEveryEntryOfManySegmentsInAnyOrder() {
        EntryRing ring = new EntryRing(8 << 20, 0, 3);
        for (int i = 0; i < 3_000; i++) {
            append(ring, i, i % 100 == 0 ? 300_000 : 8 + i % 2_000);
        }

        Random random = new Random(1);
        long count = ring.lastIndex() - ring.firstIndex() + 1;
        assertThat(count).isGreaterThan(1_000);
        for (int i = 0; i < 5_000; i++) {
            long index = ring.firstIndex() + random.nextInt((int) count);
            int value = (int) index - 1;
            assertThat(ring.bufferAt(index).getLong(ring.offsetAt(index))).isEqualTo(value);
            assertThat(ring.logTimeMsAt(index)).isEqualTo(value);
            assertThat(ring.lengthAt(index)).isEqualTo(value % 100 == 0 ? 300_000 : 8 + value % 2_000);
        }
    }

    @Test
    void shouldKeepNoMoreThanFitsTheHeap() {
        ReplicationLimits small = ReplicationLimits.DEFAULTS.within(HeapShares.of(192L << 20, 1));
        assertThat(small.retainedBytes()).isEqualTo(24L << 20);
        assertThat(small.windowBytes()).isEqualTo(12L << 20);

        ReplicationLimits large = ReplicationLimits.DEFAULTS.within(HeapShares.of(64L << 30, 1));
        assertThat(large).isEqualTo(ReplicationLimits.DEFAULTS);
    }

    @Test
    void shouldLetOldestGoAndKeepTheLastHoweverLong() {
        EntryRing ring = new EntryRing(10 * taken(10), 0, 3);
        for (int i = 0; i < 20; i++) {
            append(ring, i, 10);
        }
        assertThat(ring.firstIndex()).isEqualTo(11);

        append(ring, 20, 2_000);

        assertThat(ring.firstIndex()).isEqualTo(21);
        assertThat(ring.lastIndex()).isEqualTo(21);
        assertThat(ring.epochAt(20)).isEqualTo(4);
    }

    @Test
    void shouldContinueOnlyAfterEntryOfSameLogThatIsStillKept() {
        EntryRing ring = new EntryRing(3 * taken(10), 5, 3);
        assertThat(ring.continuesAfter(5, 3)).isTrue();
        for (int i = 0; i < 5; i++) {
            append(ring, i, 10);
        }

        assertThat(ring.continuesAfter(5, 3)).isFalse();
        assertThat(ring.continuesAfter(7, 4)).isTrue();
        assertThat(ring.continuesAfter(7, 3)).isFalse();
        assertThat(ring.continuesAfter(10, 4)).isTrue();
        assertThat(ring.continuesAfter(11, 4)).isFalse();
        assertThat(ring.continuesAfter(-1, 0)).isFalse();
    }

    private static long taken(int length) {
        return length + EntryRing.OVERHEAD_BYTES;
    }

    private static void append(EntryRing ring, long value, int length) {
        UnsafeBuffer entry = new UnsafeBuffer(new byte[length]);
        entry.putLong(0, value);
        ring.append(4, value, value, 0, entry, 0, length);
    }
}
