package org.stoneware.storage.memory;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One entry per session: what finding and expiring it needs, in primitive arrays. Entries are dense, 0 to {@link #size()} - 1;
 * to take one away, the last is moved to its place. Arrays come in pages, so that growing copies nothing and shrinking gives
 * memory back.
 */
final class EntryTable {
    static final int NULL_POSITION = -1;

    private static final int PAGE_BITS = 10;
    private static final int PAGE_ENTRIES = 1 << PAGE_BITS;
    private static final int PAGE_MASK = PAGE_ENTRIES - 1;
    private static final long PAGE_BYTES = (3L * Long.BYTES + 2L * Integer.BYTES) * PAGE_ENTRIES + 128;

    private final MemoryBudget budget;
    private @Nullable Page[] pages = new Page[16];
    private int pageCount;
    private int size;

    EntryTable(MemoryBudget budget) {
        this.budget = budget;
    }

    int size() {
        return size;
    }

    /** Makes room for one more entry, or returns false when there is no memory. */
    boolean ensureRoom() {
        if (size < pageCount << PAGE_BITS) {
            return true;
        }
        if (pageCount == Integer.MAX_VALUE >> PAGE_BITS || !budget.tryTake(PAGE_BYTES)) {
            return false;
        }
        if (pageCount == pages.length) {
            pages = Arrays.copyOf(pages, pageCount * 2);
        }
        pages[pageCount++] = new Page();
        return true;
    }

    /** Adds an entry, whose number is the size before; {@link #ensureRoom} was asked. */
    void add(long hash, long location, long lastAccessedTimeMs, int maxInactiveIntervalSec) {
        int entry = size++;
        Page page = page(entry);
        int i = entry & PAGE_MASK;
        page.hashes[i] = hash;
        page.locations[i] = location;
        page.lastAccessedTimesMs[i] = lastAccessedTimeMs;
        page.maxInactiveIntervalsSec[i] = maxInactiveIntervalSec;
        page.heapPositions[i] = NULL_POSITION;
    }

    /** Copies the last entry over another; the caller then calls {@link #removeLast}. */
    void moveLastTo(int entry) {
        Page from = page(size - 1);
        Page to = page(entry);
        int i = (size - 1) & PAGE_MASK;
        int k = entry & PAGE_MASK;
        to.hashes[k] = from.hashes[i];
        to.locations[k] = from.locations[i];
        to.lastAccessedTimesMs[k] = from.lastAccessedTimesMs[i];
        to.maxInactiveIntervalsSec[k] = from.maxInactiveIntervalsSec[i];
        to.heapPositions[k] = from.heapPositions[i];
    }

    void removeLast() {
        size--;
        // One empty page is kept, so that a session coming and going at the border costs nothing.
        while (pageCount > 0 && (size == 0 || (pageCount - 2) << PAGE_BITS >= size)) {
            pages[--pageCount] = null;
            budget.give(PAGE_BYTES);
        }
    }

    void clear() {
        Arrays.fill(pages, null);
        budget.give(pageCount * PAGE_BYTES);
        pageCount = 0;
        size = 0;
    }

    long hash(int entry) {
        return page(entry).hashes[entry & PAGE_MASK];
    }

    long location(int entry) {
        return page(entry).locations[entry & PAGE_MASK];
    }

    void location(int entry, long location) {
        page(entry).locations[entry & PAGE_MASK] = location;
    }

    long lastAccessedTimeMs(int entry) {
        return page(entry).lastAccessedTimesMs[entry & PAGE_MASK];
    }

    void lastAccessedTimeMs(int entry, long lastAccessedTimeMs) {
        page(entry).lastAccessedTimesMs[entry & PAGE_MASK] = lastAccessedTimeMs;
    }

    void maxInactiveIntervalSec(int entry, int maxInactiveIntervalSec) {
        page(entry).maxInactiveIntervalsSec[entry & PAGE_MASK] = maxInactiveIntervalSec;
    }

    boolean expires(int entry) {
        return page(entry).maxInactiveIntervalsSec[entry & PAGE_MASK] > 0;
    }

    /** Moment of expiry of an entry that {@link #expires}, in log time; {@link Long#MAX_VALUE} when out of range. */
    long expiryTimeMs(int entry) {
        Page page = page(entry);
        long lastAccessedTimeMs = page.lastAccessedTimesMs[entry & PAGE_MASK];
        long intervalMs = page.maxInactiveIntervalsSec[entry & PAGE_MASK] * 1000L;
        return lastAccessedTimeMs > Long.MAX_VALUE - intervalMs ? Long.MAX_VALUE : lastAccessedTimeMs + intervalMs;
    }

    int heapPosition(int entry) {
        return page(entry).heapPositions[entry & PAGE_MASK];
    }

    void heapPosition(int entry, int position) {
        page(entry).heapPositions[entry & PAGE_MASK] = position;
    }

    private Page page(int entry) {
        Page page = pages[entry >> PAGE_BITS];
        assert page != null : "entry=" + entry;
        return page;
    }

    private static final class Page {
        private final long[] hashes = new long[PAGE_ENTRIES];
        private final long[] locations = new long[PAGE_ENTRIES];
        private final long[] lastAccessedTimesMs = new long[PAGE_ENTRIES];
        private final int[] maxInactiveIntervalsSec = new int[PAGE_ENTRIES];
        private final int[] heapPositions = new int[PAGE_ENTRIES];
    }
}
