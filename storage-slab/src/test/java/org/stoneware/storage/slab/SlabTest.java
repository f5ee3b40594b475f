package org.stoneware.storage.slab;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class SlabTest {
    private static final long MAX_BYTES = 8L << 20;

    private final List<Long> locations = new ArrayList<>();
    private final List<Integer> lengths = new ArrayList<>();
    private final MemoryBudget budget = new MemoryBudget(MAX_BYTES);
    private final Slab slab = new Slab(budget, (owner, location) -> locations.set(owner, location));

    @AfterEach
    void release() {
        slab.clear();
        assertThat(budget.usedBytes()).isZero();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void shouldKeepEveryRecordWhateverMoves(long seed) {
        budget.reclaimer(slab::compactUnderPressure);
        Random random = new Random(seed);
        int refused = 0;
        for (int i = 0; i < 20_000; i++) {
            int choice = random.nextInt(10);
            if (choice < 5 + (i / 2000 % 2)) {
                refused += add(random.nextInt(30) == 0 ? random.nextInt(300_000) : random.nextInt(4000)) ? 0 : 1;
            } else if (choice < 9 && !locations.isEmpty()) {
                remove(random.nextInt(locations.size()));
            } else {
                slab.compactIdle();
            }
            assertThat(budget.usedBytes()).isBetween(0L, MAX_BYTES);
            if (i % 1000 == 999) {
                checkAll("seed=" + seed + " i=" + i);
            }
        }
        assertThat(refused).as("memory was short at times").isPositive();
    }

    @Test
    void shouldGiveMemoryBackInIdleTimeWhenMostRecordsAreGone() {
        Random random = new Random(9);
        for (int i = 0; i < 3000; i++) {
            add(2000);
        }
        long before = budget.usedBytes();
        while (locations.size() > 300) {
            remove(random.nextInt(locations.size()));
        }
        for (int i = 0; i < 10_000; i++) {
            slab.compactIdle();
        }

        assertThat(budget.usedBytes()).isLessThan(before / 5);
        checkAll("after compaction");
    }

    @Test
    void shouldGiveAllMemoryBackWhenAllRecordsAreGone() {
        for (int i = 0; i < 2000; i++) {
            add(i * 50);
        }
        while (!locations.isEmpty()) {
            remove(locations.size() - 1);
        }

        assertThat(budget.usedBytes()).isZero();
    }

    @Test
    void shouldUseMemoryOfOneSizeForAnotherBeforeRefusing() {
        budget.reclaimer(slab::compactUnderPressure);
        while (add(1000)) {}
        for (int i = locations.size() - 1; i >= 0; i -= 2) {
            remove(i);
        }

        int added = 0;
        while (add(30_000)) {
            added++;
        }

        assertThat(added * 30_000L).isGreaterThan(MAX_BYTES / 3);
        checkAll("after refilling");
    }

    @Test
    void shouldUseTheSlotAgainThatWasFreedLast() {
        for (int i = 0; i < 1000; i++) {
            add(2000);
        }
        while (slab.freeBytes() > 0) {
            add(2000);
        }
        long first = locations.get(0);
        long last = locations.get(locations.size() - 1);

        slab.free(last);
        slab.free(first);

        assertThat(slab.allocate(2000, 0)).isEqualTo(first);
        assertThat(slab.allocate(2000, locations.size() - 1)).isEqualTo(last);
    }

    @Test
    void shouldFailBoundsCheckOnViewOfFreedMemory() {
        add(100_000);
        UnsafeBuffer view = slab.buffer(locations.get(0));

        remove(0);

        assertThat(view.capacity()).isZero();
    }

    private boolean add(int length) {
        int owner = locations.size();
        long location = slab.allocate(Math.max(length, 1), owner);
        if (location == Slab.NO_ROOM) {
            return false;
        }
        locations.add(location);
        lengths.add(Math.max(length, 1));
        slab.buffer(location).setMemory(Slab.offset(location), Math.max(length, 1), (byte) mark(owner));
        marks.add(mark(owner));
        return true;
    }

    private final List<Integer> marks = new ArrayList<>();

    private static int mark(int owner) {
        return owner % 127 + 1;
    }

    private void remove(int owner) {
        slab.free(locations.get(owner));
        int last = locations.size() - 1;
        if (owner != last) {
            locations.set(owner, locations.get(last));
            lengths.set(owner, lengths.get(last));
            marks.set(owner, marks.get(last));
            slab.owner(locations.get(owner), owner);
        }
        locations.remove(last);
        lengths.remove(last);
        marks.remove(last);
    }

    private void checkAll(String where) {
        for (int owner = 0; owner < locations.size(); owner++) {
            long location = locations.get(owner);
            UnsafeBuffer buffer = slab.buffer(location);
            int length = lengths.get(owner);
            for (int i = 0; i < length; i += Math.max(1, length / 16)) {
                if (buffer.getByte(Slab.offset(location) + i) != marks.get(owner)) {
                    throw new AssertionError(where + " owner=" + owner + " damaged at " + i);
                }
            }
        }
    }
}
