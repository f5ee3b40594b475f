package org.stoneware.server.replication;

import static org.assertj.core.api.Assertions.assertThat;

import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

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
        assertThat(ring.bytesAfter(10)).isEqualTo(8_000);
        assertThat(ring.bytesAfter(1_009)).isEqualTo(8);
    }

    @Test
    void shouldLetOldestGoAndKeepTheLastHoweverLong() {
        EntryRing ring = new EntryRing(100, 0, 3);
        for (int i = 0; i < 20; i++) {
            append(ring, i, 10);
        }
        assertThat(ring.firstIndex()).isEqualTo(11);

        append(ring, 20, 1_000);

        assertThat(ring.firstIndex()).isEqualTo(21);
        assertThat(ring.lastIndex()).isEqualTo(21);
        assertThat(ring.epochAt(20)).isEqualTo(4);
    }

    @Test
    void shouldContinueOnlyAfterEntryOfSameLogThatIsStillKept() {
        EntryRing ring = new EntryRing(30, 5, 3);
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

    private static void append(EntryRing ring, long value, int length) {
        UnsafeBuffer entry = new UnsafeBuffer(new byte[length]);
        entry.putLong(0, value);
        ring.append(4, value, value, 0, entry, 0, length);
    }
}
