package org.stoneware.storage.slab;

import java.util.Arrays;
import org.stoneware.api.session.SessionKey;

/**
 * Finds the entries of a session id: one small open-addressing table of entry numbers per slot, so that a slot can be walked
 * alone and growing one table never stalls the rest.
 */
public final class SlotIndex {
    public static final int NONE = -1;

    private static final int[] EMPTY = {};
    private static final int MIN_CELLS = 4;
    private static final int ARRAY_HEADER_BYTES = 16;

    private final MemoryBudget budget;
    private final EntryTable entries;
    private final int[][] tables = new int[SessionKey.SLOT_COUNT][];
    private final int[] sizes = new int[SessionKey.SLOT_COUNT];

    public SlotIndex(MemoryBudget budget, EntryTable entries) {
        this.budget = budget;
        this.entries = entries;
        Arrays.fill(tables, EMPTY);
    }

    public static int slotOf(long hash) {
        return (int) (hash & (SessionKey.SLOT_COUNT - 1));
    }

    /** Makes room for one more entry in a slot, or returns false when there is no memory. */
    public boolean ensureRoom(int slot) {
        int cells = tables[slot].length;
        return (sizes[slot] + 1) * 4L <= cells * 3L || resize(slot, Math.max(MIN_CELLS, cells * 2));
    }

    /** First cell to look at for a hash; entries of that hash follow until {@link #entryAt} says {@link #NONE}. */
    public int firstCell(long hash) {
        return (int) (hash >>> 32) & (tables[slotOf(hash)].length - 1);
    }

    public int nextCell(int slot, int cell) {
        return (cell + 1) & (tables[slot].length - 1);
    }

    /** Number of cells of a slot, some of them empty. */
    public int cellCount(int slot) {
        return tables[slot].length;
    }

    public int size(int slot) {
        return sizes[slot];
    }

    /** Entry in a cell, or {@link #NONE}. */
    public int entryAt(int slot, int cell) {
        int[] table = tables[slot];
        return table.length == 0 ? NONE : table[cell];
    }

    /** Adds an entry; {@link #ensureRoom} was asked. */
    public void add(long hash, int entry) {
        int slot = slotOf(hash);
        tables[slot][freeCell(tables[slot], hash)] = entry;
        sizes[slot]++;
    }

    /** Names an entry by another number; its hash is the same. */
    public void renumber(long hash, int from, int to) {
        tables[slotOf(hash)][cellOf(hash, from)] = to;
    }

    /** Takes an entry away, while the table of entries still knows it. */
    public void remove(long hash, int entry) {
        int slot = slotOf(hash);
        int[] table = tables[slot];
        int mask = table.length - 1;
        int hole = cellOf(hash, entry);
        int cell = hole;
        // Closes the gap (Knuth 6.4, algorithm R), so that no markers of removed entries are needed.
        while (true) {
            cell = (cell + 1) & mask;
            int candidate = table[cell];
            if (candidate == NONE) {
                break;
            }
            int home = (int) (entries.hash(candidate) >>> 32) & mask;
            if (((cell - home) & mask) >= ((cell - hole) & mask)) {
                table[hole] = candidate;
                hole = cell;
            }
        }
        table[hole] = NONE;
        sizes[slot]--;
        if (sizes[slot] == 0 || (table.length > MIN_CELLS && sizes[slot] * 8L <= table.length)) {
            shrink(slot);
        }
    }

    public void clear() {
        for (int slot = 0; slot < tables.length; slot++) {
            budget.give(bytes(tables[slot].length));
            tables[slot] = EMPTY;
            sizes[slot] = 0;
        }
    }

    private void shrink(int slot) {
        if (sizes[slot] == 0) {
            budget.give(bytes(tables[slot].length));
            tables[slot] = EMPTY;
        } else {
            // Refused only when memory is so short that old and new table can't stand side by side; the old one serves.
            resize(slot, tables[slot].length / 2);
        }
    }

    private boolean resize(int slot, int cells) {
        if (!budget.tryTake(bytes(cells))) {
            return false;
        }
        int[] old = tables[slot];
        int[] table = new int[cells];
        Arrays.fill(table, NONE);
        for (int entry : old) {
            if (entry != NONE) {
                table[freeCell(table, entries.hash(entry))] = entry;
            }
        }
        tables[slot] = table;
        budget.give(bytes(old.length));
        return true;
    }

    private int cellOf(long hash, int entry) {
        int[] table = tables[slotOf(hash)];
        int cell = (int) (hash >>> 32) & (table.length - 1);
        while (table[cell] != entry) {
            assert table[cell] != NONE : "entry not indexed: entry=" + entry;
            cell = (cell + 1) & (table.length - 1);
        }
        return cell;
    }

    private static int freeCell(int[] table, long hash) {
        int cell = (int) (hash >>> 32) & (table.length - 1);
        while (table[cell] != NONE) {
            cell = (cell + 1) & (table.length - 1);
        }
        return cell;
    }

    private static long bytes(int cells) {
        return cells == 0 ? 0 : (long) cells * Integer.BYTES + ARRAY_HEADER_BYTES;
    }
}
