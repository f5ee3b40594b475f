package org.stoneware.storage.slab;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Orders sessions by moment of expiry without being told of every access: a 4-ary heap whose keys are lower bounds. A touch
 * moves the true moment away from its key and leaves the heap alone; when the key comes up, it is set right and sinks. So a
 * touch is O(1), and a session costs one O(log n) step per interval at most.
 */
public final class ExpiryHeap {
    private static final int PAGE_BITS = 10;
    private static final int PAGE_ENTRIES = 1 << PAGE_BITS;
    private static final int PAGE_MASK = PAGE_ENTRIES - 1;
    private static final long PAGE_BYTES = ((long) Long.BYTES + Integer.BYTES) * PAGE_ENTRIES + 64;

    private final MemoryBudget budget;
    private final EntryTable entries;
    private @Nullable Page[] pages = new Page[16];
    private int pageCount;
    private int size;

    public ExpiryHeap(MemoryBudget budget, EntryTable entries) {
        this.budget = budget;
        this.entries = entries;
    }

    /**
     * Makes room for a number of entries, or returns false when there is no memory. Asked for all sessions, those that never
     * expire included, so that giving one of them an interval can't fail.
     */
    public boolean ensureRoom(int count) {
        while (count > pageCount << PAGE_BITS) {
            if (!budget.tryTake(PAGE_BYTES)) {
                return false;
            }
            if (pageCount == pages.length) {
                pages = Arrays.copyOf(pages, pageCount * 2);
            }
            pages[pageCount++] = new Page();
        }
        return true;
    }

    /** Gives back what is not needed for a number of entries, but for one page. */
    public void trim(int count) {
        while (pageCount > 0 && (count == 0 || (pageCount - 2) << PAGE_BITS >= count)) {
            pages[--pageCount] = null;
            budget.give(PAGE_BYTES);
        }
    }

    /** Puts an entry in, out, or into better order, after its last access or its interval has changed. */
    public void update(int entry) {
        int position = entries.heapPosition(entry);
        if (!entries.expires(entry)) {
            if (position != EntryTable.NULL_POSITION) {
                remove(entry);
            }
            return;
        }
        long keyMs = entries.expiryTimeMs(entry);
        if (position == EntryTable.NULL_POSITION) {
            assert size < pageCount << PAGE_BITS : "no room asked for";
            size++;
            rise(size - 1, keyMs, entry);
        } else if (keyMs < keyMs(position)) {
            rise(position, keyMs, entry);
        }
    }

    /**
     * Sets what the moment of expiry follows from. Like a touch it leaves the heap alone, whose keys no cache holds, unless the moment comes
     * earlier or the entry expires from now on, or no longer.
     */
    public void describe(int entry, long lastAccessedTimeMs, int maxInactiveIntervalSec) {
        boolean isIn = entries.heapPosition(entry) != EntryTable.NULL_POSITION;
        long beforeMs = entries.expiryTimeMs(entry);
        entries.lastAccessedTimeMs(entry, lastAccessedTimeMs);
        entries.maxInactiveIntervalSec(entry, maxInactiveIntervalSec);
        if (isIn != entries.expires(entry) || isIn && entries.expiryTimeMs(entry) < beforeMs) {
            update(entry);
        }
    }

    /** Takes an entry out, if it is in. */
    public void remove(int entry) {
        int position = entries.heapPosition(entry);
        if (position == EntryTable.NULL_POSITION) {
            return;
        }
        entries.heapPosition(entry, EntryTable.NULL_POSITION);
        int last = size - 1;
        long lastKeyMs = keyMs(last);
        int lastEntry = entryAt(last);
        size--;
        if (position != last) {
            if (position > 0 && lastKeyMs < keyMs(parent(position))) {
                rise(position, lastKeyMs, lastEntry);
            } else {
                sink(position, lastKeyMs, lastEntry);
            }
        }
    }

    /** Tells the heap that an entry has another number now. */
    public void renumbered(int entry) {
        int position = entries.heapPosition(entry);
        if (position != EntryTable.NULL_POSITION) {
            page(position).entries[position & PAGE_MASK] = entry;
        }
    }

    /**
     * The entry that expires first, if it does so before {@code nowMs}; sets right the keys that stand in front of it.
     *
     * @return {@link SlotIndex#NONE} when there is none.
     */
    public int firstBefore(long nowMs) {
        while (size > 0 && keyMs(0) < nowMs) {
            int entry = entryAt(0);
            long trueMs = entries.expiryTimeMs(entry);
            if (trueMs == keyMs(0)) {
                return entry;
            }
            sink(0, trueMs, entry);
        }
        return SlotIndex.NONE;
    }

    public void clear() {
        Arrays.fill(pages, null);
        budget.give(pageCount * PAGE_BYTES);
        pageCount = 0;
        size = 0;
    }

    private void rise(int from, long keyMs, int entry) {
        int position = from;
        while (position > 0) {
            int parent = parent(position);
            if (keyMs(parent) <= keyMs) {
                break;
            }
            set(position, keyMs(parent), entryAt(parent));
            position = parent;
        }
        set(position, keyMs, entry);
    }

    private void sink(int from, long keyMs, int entry) {
        int position = from;
        while (true) {
            int first = position * 4 + 1;
            if (first >= size || first < 0) {
                break;
            }
            int least = first;
            int end = Math.min(first + 4, size);
            for (int child = first + 1; child < end; child++) {
                if (keyMs(child) < keyMs(least)) {
                    least = child;
                }
            }
            if (keyMs(least) >= keyMs) {
                break;
            }
            set(position, keyMs(least), entryAt(least));
            position = least;
        }
        set(position, keyMs, entry);
    }

    private static int parent(int position) {
        return (position - 1) >> 2;
    }

    private void set(int position, long keyMs, int entry) {
        Page page = page(position);
        page.keysMs[position & PAGE_MASK] = keyMs;
        page.entries[position & PAGE_MASK] = entry;
        entries.heapPosition(entry, position);
    }

    private long keyMs(int position) {
        return page(position).keysMs[position & PAGE_MASK];
    }

    private int entryAt(int position) {
        return page(position).entries[position & PAGE_MASK];
    }

    private Page page(int position) {
        Page page = pages[position >> PAGE_BITS];
        assert page != null : "position=" + position;
        return page;
    }

    private static final class Page {
        private final long[] keysMs = new long[PAGE_ENTRIES];
        private final int[] entries = new int[PAGE_ENTRIES];
    }
}
