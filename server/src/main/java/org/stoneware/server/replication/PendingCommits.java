package org.stoneware.server.replication;

/** Entries applied here whose commit has not been reported, oldest first: correlation id and index of each. */
final class PendingCommits {
    private static final int FIRST_CAPACITY = 64;

    private long[] correlationIds = new long[FIRST_CAPACITY];
    private long[] indexes = new long[FIRST_CAPACITY];
    private int head;
    private int size;

    void add(long correlationId, long index) {
        if (size == indexes.length) {
            grow();
        }
        int at = (head + size) & (indexes.length - 1);
        correlationIds[at] = correlationId;
        indexes[at] = index;
        size++;
    }

    boolean isEmpty() {
        return size == 0;
    }

    /** Index of the oldest; only when not empty. */
    long firstIndex() {
        return indexes[head];
    }

    /** Correlation id of the oldest, which is taken away; only when not empty. */
    long removeFirst() {
        long correlationId = correlationIds[head];
        head = (head + 1) & (indexes.length - 1);
        size--;
        return correlationId;
    }

    private void grow() {
        long[] ids = new long[size * 2];
        long[] all = new long[size * 2];
        for (int i = 0; i < size; i++) {
            int from = (head + i) & (indexes.length - 1);
            ids[i] = correlationIds[from];
            all[i] = indexes[from];
        }
        correlationIds = ids;
        indexes = all;
        head = 0;
    }
}
