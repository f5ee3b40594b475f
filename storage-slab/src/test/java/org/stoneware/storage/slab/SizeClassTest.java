package org.stoneware.storage.slab;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class SizeClassTest {
    @Test
    void shouldChooseTheSmallestSlotThatHoldsTheRecord() {
        int previous = 0;
        for (int length = 1; length <= SizeClass.MAX_SLOT_SIZE; length++) {
            int sizeClass = SizeClass.of(length);
            int slotSize = SizeClass.slotSize(sizeClass);

            assertThat(slotSize).isGreaterThanOrEqualTo(length);
            assertThat(SizeClass.slotSize(sizeClass - 1)).isLessThan(length);
            assertThat(sizeClass).isBetween(previous, previous + 1);
            previous = sizeClass;
        }
        assertThat(previous).isLessThan(SizeClass.COUNT);
    }

    @Test
    void shouldWasteAtMostASixteenthOfLongRecords() {
        for (int length = 1025; length <= SizeClass.MAX_SLOT_SIZE; length++) {
            int waste = SizeClass.slotSize(SizeClass.of(length)) - length;

            assertThat(waste).isLessThanOrEqualTo(length / 16);
        }
    }
}
