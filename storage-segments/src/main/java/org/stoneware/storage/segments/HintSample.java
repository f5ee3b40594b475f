package org.stoneware.storage.segments;

import java.util.function.LongPredicate;

/**
 * An even sample of removals or touches of a segment: enough to estimate how many of them are still needed without keeping all.
 * <p>
 * <b>Threading:</b> agent thread.
 */
final class HintSample {
    private static final int CAPACITY = 64;
    private static final int FIELDS = 4;
    private static final long[] NONE = {};

    private long[] kept = NONE;
    private int size;
    private int stride = 1;
    private int untilNext = 1;
    private int count;
    private float neededShare = 1;
    private final RecordHint hint = new RecordHint();

    /** Records seen, sampled or not. */
    int count() {
        return count;
    }

    void clear() {
        kept = NONE;
        size = 0;
        stride = 1;
        untilNext = 1;
        count = 0;
        neededShare = 1;
    }

    void add(long location, RecordHint seen) {
        count++;
        if (--untilNext > 0) {
            return;
        }
        if (size == CAPACITY) {
            // Every other one goes, and from here on half as many are taken.
            for (int i = 1; i < CAPACITY / 2; i++) {
                System.arraycopy(kept, i * 2 * FIELDS, kept, i * FIELDS, FIELDS);
            }
            size = CAPACITY / 2;
            stride *= 2;
        }
        untilNext = stride;
        if (kept.length == size * FIELDS) {
            kept = java.util.Arrays.copyOf(kept, Math.max(8, size * 2) * FIELDS);
        }
        int at = size++ * FIELDS;
        kept[at] = location;
        kept[at + 1] = seen.keyHash64();
        kept[at + 2] = seen.fingerprint();
        kept[at + 3] = seen.lastAccessedTimeMs();
    }

    /** Asks of each in the sample whether it is needed; {@link #hint()} is the one asked for, the argument its location. */
    void estimate(LongPredicate isNeeded) {
        if (size == 0) {
            return;
        }
        int found = 0;
        for (int i = 0; i < size; i++) {
            int at = i * FIELDS;
            hint.set(kept[at + 1], kept[at + 2], 0, kept[at + 3], 0, 0);
            found += isNeeded.test(kept[at]) ? 1 : 0;
        }
        neededShare = (float) found / size;
    }

    /** Estimated number of those that are needed: all, until it was asked for. */
    int needed() {
        return (int) (count * neededShare);
    }

    RecordHint hint() {
        return hint;
    }
}
