package org.stoneware.storage.slab;

import java.util.Arrays;

/**
 * One entry per session: what finding and expiring it needs, in primitive arrays. Entries are dense, 0 to {@link #size()} - 1;
 * to take one away, the last is moved to its place. Arrays come in pages, so that growing copies nothing and shrinking gives
 * memory back. An entry is a few longs side by side, because finding a session must not cost a cache miss per field:
 * <pre>
 * word  field
 *    0  hash of the key
 *    1  location in the slab
 *    2  last access, ms of log time
 *    3  max inactive interval in seconds (high half), position in the expiry heap (low half)
 *   4…  what the store that owns the table keeps besides, 0 at first
 * </pre>
 */
public final class EntryTable {
    public static final int NULL_POSITION = -1;

    private static final int PAGE_BITS = 10;
    private static final int PAGE_ENTRIES = 1 << PAGE_BITS;
    private static final int PAGE_MASK = PAGE_ENTRIES - 1;
    private static final int OWN_WORDS = 4;
    private static final int HASH = 0;
    private static final int LOCATION = 1;
    private static final int LAST_ACCESS = 2;
    private static final int INTERVAL_AND_POSITION = 3;
    private static final long LOW_HALF = 0xFFFF_FFFFL;
    private static final int ARRAY_HEADER_BYTES = 16;

    private static final long[] NO_PAGE = {};

    private final MemoryBudget budget;
    private final int words;
    private final long pageBytes;
    private long[][] pages = new long[16][];
    private int pageCount;
    private int size;

    /** @param extraWords longs an entry has beside those of this table. */
    public EntryTable(MemoryBudget budget, int extraWords) {
        this.budget = budget;
        words = OWN_WORDS + extraWords;
        pageBytes = (long) words * Long.BYTES * PAGE_ENTRIES + ARRAY_HEADER_BYTES;
    }

    public int size() {
        return size;
    }

    /** Makes room for one more entry, or returns false when there is no memory. */
    public boolean ensureRoom() {
        if (size < pageCount << PAGE_BITS) {
            return true;
        }
        if (pageCount == Integer.MAX_VALUE >> PAGE_BITS || !budget.tryTake(pageBytes)) {
            return false;
        }
        if (pageCount == pages.length) {
            pages = Arrays.copyOf(pages, pageCount * 2);
        }
        pages[pageCount++] = new long[PAGE_ENTRIES * words];
        return true;
    }

    /** Adds an entry, whose number is the size before; {@link #ensureRoom} was asked. */
    public void add(long hash, long location, long lastAccessedTimeMs, int maxInactiveIntervalSec) {
        int entry = size++;
        long[] page = page(entry);
        int word = word(entry);
        page[word + HASH] = hash;
        page[word + LOCATION] = location;
        page[word + LAST_ACCESS] = lastAccessedTimeMs;
        page[word + INTERVAL_AND_POSITION] = (long) maxInactiveIntervalSec << 32 | (NULL_POSITION & LOW_HALF);
        Arrays.fill(page, word + OWN_WORDS, word + words, 0);
    }

    /** Copies the last entry over another; the caller then calls {@link #removeLast}. */
    public void moveLastTo(int entry) {
        System.arraycopy(page(size - 1), word(size - 1), page(entry), word(entry), words);
    }

    public void removeLast() {
        size--;
        // One empty page is kept, so that a session coming and going at the border costs nothing.
        while (pageCount > 0 && (size == 0 || (pageCount - 2) << PAGE_BITS >= size)) {
            pages[--pageCount] = NO_PAGE;
            budget.give(pageBytes);
        }
    }

    public void clear() {
        Arrays.fill(pages, NO_PAGE);
        budget.give(pageCount * pageBytes);
        pageCount = 0;
        size = 0;
    }

    public long hash(int entry) {
        return page(entry)[word(entry) + HASH];
    }

    public long location(int entry) {
        return page(entry)[word(entry) + LOCATION];
    }

    public void location(int entry, long location) {
        page(entry)[word(entry) + LOCATION] = location;
    }

    public long lastAccessedTimeMs(int entry) {
        return page(entry)[word(entry) + LAST_ACCESS];
    }

    public void lastAccessedTimeMs(int entry, long lastAccessedTimeMs) {
        page(entry)[word(entry) + LAST_ACCESS] = lastAccessedTimeMs;
    }

    public void maxInactiveIntervalSec(int entry, int maxInactiveIntervalSec) {
        long[] page = page(entry);
        int word = word(entry) + INTERVAL_AND_POSITION;
        page[word] = (long) maxInactiveIntervalSec << 32 | (page[word] & LOW_HALF);
    }

    public boolean expires(int entry) {
        return maxInactiveIntervalSec(entry) > 0;
    }

    /** Moment of expiry of an entry that {@link #expires}, in log time; {@link Long#MAX_VALUE} when out of range. */
    public long expiryTimeMs(int entry) {
        long lastAccessedTimeMs = lastAccessedTimeMs(entry);
        long intervalMs = maxInactiveIntervalSec(entry) * 1000L;
        return lastAccessedTimeMs > Long.MAX_VALUE - intervalMs ? Long.MAX_VALUE : lastAccessedTimeMs + intervalMs;
    }

    public int heapPosition(int entry) {
        return (int) page(entry)[word(entry) + INTERVAL_AND_POSITION];
    }

    public void heapPosition(int entry, int position) {
        long[] page = page(entry);
        int word = word(entry) + INTERVAL_AND_POSITION;
        page[word] = (page[word] & ~LOW_HALF) | (position & LOW_HALF);
    }

    /** What the owner keeps, by number from 0. */
    public long extra(int entry, int number) {
        return page(entry)[word(entry) + OWN_WORDS + number];
    }

    public void extra(int entry, int number, long value) {
        page(entry)[word(entry) + OWN_WORDS + number] = value;
    }

    public int maxInactiveIntervalSec(int entry) {
        return (int) (page(entry)[word(entry) + INTERVAL_AND_POSITION] >> 32);
    }

    private long[] page(int entry) {
        assert entry >= 0 && entry < size : "entry=" + entry + " size=" + size;
        return pages[entry >> PAGE_BITS];
    }

    private int word(int entry) {
        return (entry & PAGE_MASK) * words;
    }
}
