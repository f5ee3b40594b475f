package org.stoneware.server.session;

/**
 * Finds the last entry that would outlive this process, from the position the store had reached after each entry.
 * <p>
 * Where a store promises nothing every entry is durable at once, and nothing is remembered.
 * <p>
 * <b>Threading:</b> the agent thread. <b>Limits:</b> as many entries as are let in before the first of them is durable.
 */
final class DurableIndex {
    private static final int FIRST_CAPACITY = 64;

    private long[] indexes = new long[FIRST_CAPACITY];
    private long[] positions = new long[FIRST_CAPACITY];
    private int head;
    private int size;
    private long durable;

    /** Everything up to an entry is held as the store promises, whatever came before. */
    void restart(long index) {
        head = 0;
        size = 0;
        durable = index;
    }

    /** An entry has been applied; the store has come to this position, and this position is durable. */
    void onApplied(long index, long appendPosition, long durablePosition) {
        if (size == 0 && durablePosition >= appendPosition) {
            durable = index;
            return;
        }
        if (size == indexes.length) {
            grow();
        }
        int at = (head + size) & (indexes.length - 1);
        indexes[at] = index;
        positions[at] = appendPosition;
        size++;
    }

    /** Last entry whose position is not above this one. */
    long upTo(long durablePosition) {
        while (size > 0 && positions[head] <= durablePosition) {
            durable = indexes[head];
            head = (head + 1) & (indexes.length - 1);
            size--;
        }
        return durable;
    }

    /** Entries applied and not known to be durable. */
    int waiting() {
        return size;
    }

    private void grow() {
        long[] moreIndexes = new long[size * 2];
        long[] morePositions = new long[size * 2];
        for (int i = 0; i < size; i++) {
            int from = (head + i) & (indexes.length - 1);
            moreIndexes[i] = indexes[from];
            morePositions[i] = positions[from];
        }
        indexes = moreIndexes;
        positions = morePositions;
        head = 0;
    }
}
