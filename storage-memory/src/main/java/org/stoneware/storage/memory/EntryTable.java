package org.stoneware.storage.memory;

import java.util.Arrays;

/**
 * One entry per session: what finding and expiring it needs, in primitive arrays. Entries are dense, 0 to {@link #size()} - 1;
 * to take one away, the last is moved to its place. Arrays come in pages, so that growing copies nothing and shrinking gives
 * memory back. An entry is four longs side by side, because finding a session must not cost a cache miss per field:
 * <pre>
 * word  field
 *    0  hash of the key
 *    1  location in the slab
 *    2  last access, ms of log time
 *    3  max inactive interval in seconds (high half), position in the expiry heap (low half)
 * </pre>
 */
final class EntryTable {
    static final int NULL_POSITION = -1;

    private static final int PAGE_BITS = 10;
    private static final int PAGE_ENTRIES = 1 << PAGE_BITS;
    private static final int PAGE_MASK = PAGE_ENTRIES - 1;
    private static final int WORDS_BITS = 2;
    private static final int WORDS = 1 << WORDS_BITS;
    private static final int HASH = 0;
    private static final int LOCATION = 1;
    private static final int LAST_ACCESS = 2;
    private static final int INTERVAL_AND_POSITION = 3;
    private static final long LOW_HALF = 0xFFFF_FFFFL;
    private static final long PAGE_BYTES = (long) WORDS * Long.BYTES * PAGE_ENTRIES + 16;

    private static final long[] NO_PAGE = {};

    private final MemoryBudget budget;
    private long[][] pages = new long[16][];
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
        pages[pageCount++] = new long[PAGE_ENTRIES * WORDS];
        return true;
    }

    /** Adds an entry, whose number is the size before; {@link #ensureRoom} was asked. */
    void add(long hash, long location, long lastAccessedTimeMs, int maxInactiveIntervalSec) {
        int entry = size++;
        long[] page = page(entry);
        int word = word(entry);
        page[word + HASH] = hash;
        page[word + LOCATION] = location;
        page[word + LAST_ACCESS] = lastAccessedTimeMs;
        page[word + INTERVAL_AND_POSITION] = (long) maxInactiveIntervalSec << 32 | (NULL_POSITION & LOW_HALF);
    }

    /** Copies the last entry over another; the caller then calls {@link #removeLast}. */
    void moveLastTo(int entry) {
        System.arraycopy(page(size - 1), word(size - 1), page(entry), word(entry), WORDS);
    }

    void removeLast() {
        size--;
        // One empty page is kept, so that a session coming and going at the border costs nothing.
        while (pageCount > 0 && (size == 0 || (pageCount - 2) << PAGE_BITS >= size)) {
            pages[--pageCount] = NO_PAGE;
            budget.give(PAGE_BYTES);
        }
    }

    void clear() {
        Arrays.fill(pages, NO_PAGE);
        budget.give(pageCount * PAGE_BYTES);
        pageCount = 0;
        size = 0;
    }

    long hash(int entry) {
        return page(entry)[word(entry) + HASH];
    }

    long location(int entry) {
        return page(entry)[word(entry) + LOCATION];
    }

    void location(int entry, long location) {
        page(entry)[word(entry) + LOCATION] = location;
    }

    long lastAccessedTimeMs(int entry) {
        return page(entry)[word(entry) + LAST_ACCESS];
    }

    void lastAccessedTimeMs(int entry, long lastAccessedTimeMs) {
        page(entry)[word(entry) + LAST_ACCESS] = lastAccessedTimeMs;
    }

    void maxInactiveIntervalSec(int entry, int maxInactiveIntervalSec) {
        long[] page = page(entry);
        int word = word(entry) + INTERVAL_AND_POSITION;
        page[word] = (long) maxInactiveIntervalSec << 32 | (page[word] & LOW_HALF);
    }

    boolean expires(int entry) {
        return maxInactiveIntervalSec(entry) > 0;
    }

    /** Moment of expiry of an entry that {@link #expires}, in log time; {@link Long#MAX_VALUE} when out of range. */
    long expiryTimeMs(int entry) {
        long lastAccessedTimeMs = lastAccessedTimeMs(entry);
        long intervalMs = maxInactiveIntervalSec(entry) * 1000L;
        return lastAccessedTimeMs > Long.MAX_VALUE - intervalMs ? Long.MAX_VALUE : lastAccessedTimeMs + intervalMs;
    }

    int heapPosition(int entry) {
        return (int) page(entry)[word(entry) + INTERVAL_AND_POSITION];
    }

    void heapPosition(int entry, int position) {
        long[] page = page(entry);
        int word = word(entry) + INTERVAL_AND_POSITION;
        page[word] = (page[word] & ~LOW_HALF) | (position & LOW_HALF);
    }

    private int maxInactiveIntervalSec(int entry) {
        return (int) (page(entry)[word(entry) + INTERVAL_AND_POSITION] >> 32);
    }

    private long[] page(int entry) {
        assert entry >= 0 && entry < size : "entry=" + entry + " size=" + size;
        return pages[entry >> PAGE_BITS];
    }

    private static int word(int entry) {
        return (entry & PAGE_MASK) << WORDS_BITS;
    }
}
