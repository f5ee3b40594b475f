package org.stoneware.storage.slab;

/**
 * Rounds record lengths to the slot sizes of the slab: steps of 32 bytes up to 1 KiB, above that sixteen steps per doubling, so
 * that at most 6 % of a slot is unused (3 % on average).
 */
final class SizeClass {
    /** Records beyond this get a chunk of their own. */
    static final int MAX_SLOT_SIZE = 64 * 1024;

    private static final int SMALL_LIMIT = 1024;
    private static final int SMALL_STEP_BITS = 5;
    private static final int SMALL_CLASSES = (SMALL_LIMIT >> SMALL_STEP_BITS) + 1;
    private static final int SMALL_LIMIT_BITS = 10;
    private static final int STEPS_PER_DOUBLING_BITS = 4;
    private static final int STEPS_PER_DOUBLING = 1 << STEPS_PER_DOUBLING_BITS;

    static final int COUNT = SMALL_CLASSES + 6 * STEPS_PER_DOUBLING;

    private SizeClass() {}

    /** Class of a length from 1 to {@link #MAX_SLOT_SIZE}; classes are dense, 0 to {@link #COUNT} - 1. */
    static int of(int length) {
        if (length <= SMALL_LIMIT) {
            return (length + (1 << SMALL_STEP_BITS) - 1) >> SMALL_STEP_BITS;
        }
        int last = length - 1;
        int doubling = 31 - Integer.numberOfLeadingZeros(last);
        int step = (last >> (doubling - STEPS_PER_DOUBLING_BITS)) - STEPS_PER_DOUBLING;
        return SMALL_CLASSES + (doubling - SMALL_LIMIT_BITS) * STEPS_PER_DOUBLING + step;
    }

    /** Bytes of one slot of a class. */
    static int slotSize(int sizeClass) {
        if (sizeClass < SMALL_CLASSES) {
            return sizeClass << SMALL_STEP_BITS;
        }
        int doubling = (sizeClass - SMALL_CLASSES) / STEPS_PER_DOUBLING + SMALL_LIMIT_BITS;
        int step = (sizeClass - SMALL_CLASSES) % STEPS_PER_DOUBLING;
        return (step + 1 + STEPS_PER_DOUBLING) << (doubling - STEPS_PER_DOUBLING_BITS);
    }
}
