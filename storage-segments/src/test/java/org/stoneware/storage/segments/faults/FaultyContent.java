package org.stoneware.storage.segments.faults;

import java.util.Arrays;
import java.util.Random;

/** What one file holds, and what of it was forced. The directory's monitor guards it. */
final class FaultyContent {
    static final int PAGE = 4096;

    byte[] bytes = new byte[PAGE];
    int length;
    byte[] forced = {};
    int forcedLength;
    /** Where bytes were changed since they were last forced. */
    private int changedFrom = Integer.MAX_VALUE;

    private int changedTo;

    void write(int offset, byte[] source, int count) {
        int end = offset + count;
        if (end > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.max(end, bytes.length * 2));
        }
        System.arraycopy(source, 0, bytes, offset, count);
        onChanged(Math.min(offset, length), end);
        length = Math.max(length, end);
    }

    void onChanged(int from, int to) {
        changedFrom = Math.min(changedFrom, from);
        changedTo = Math.max(changedTo, to);
    }

    /** Copies what was changed only: a segment is large, and forced after every few records. */
    void force() {
        if (length > forced.length) {
            forced = Arrays.copyOf(forced, Math.max(length, forced.length * 2));
        }
        int to = Math.min(changedTo, length);
        if (changedFrom < to) {
            System.arraycopy(bytes, changedFrom, forced, changedFrom, to - changedFrom);
        }
        forcedLength = length;
        changedFrom = Integer.MAX_VALUE;
        changedTo = 0;
    }

    void losePower(Random random) {
        int keptLength = forcedLength;
        if (length > forcedLength) {
            keptLength += random.nextInt(length - forcedLength + 1);
        } else if (random.nextBoolean()) {
            keptLength = length;
        }
        byte[] kept = Arrays.copyOf(Arrays.copyOf(forced, forcedLength), keptLength);
        for (int page = 0; page < keptLength; page += PAGE) {
            int end = Math.min(page + PAGE, Math.min(keptLength, length));
            if (random.nextBoolean() && end > page) {
                System.arraycopy(bytes, page, kept, page, end - page);
            }
        }
        bytes = kept;
        length = keptLength;
        onChanged(0, length);
        force();
    }
}
