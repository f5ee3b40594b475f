package org.stoneware.api.session;

import java.util.Arrays;
import org.agrona.DirectBuffer;

/**
 * Finds the last entry of a delta for an attribute, which is the one that counts.
 * <p>
 * Few entries are compared one by one without allocation; more go through an open-addressing table, so that merging stays
 * linear with thousands of attributes.
 */
final class DeltaNames {
    static final int NOT_NAMED = -1;

    private static final int MAX_ENTRIES_COMPARED_ONE_BY_ONE = 8;
    private static final int[] NO_TABLE = {};

    private final DirectBuffer buffer;
    private final int firstEntry;
    private final int count;
    private final int[] table;

    DeltaNames(SessionDelta delta) {
        buffer = delta.buffer();
        firstEntry = delta.offset() + SessionDelta.HEADER_LENGTH;
        count = delta.entryCount();
        table = count <= MAX_ENTRIES_COMPARED_ONE_BY_ONE ? NO_TABLE : build();
    }

    /** Offset of the last entry in the delta that names the same attribute, or {@link #NOT_NAMED}. */
    int lastEntryFor(DirectBuffer wanted, int wantedEntry) {
        if (table.length == 0) {
            return compareOneByOne(wanted, wantedEntry);
        }
        return table[cellOf(table, wanted, wantedEntry)];
    }

    private int compareOneByOne(DirectBuffer wanted, int wantedEntry) {
        int last = NOT_NAMED;
        int entry = firstEntry;
        for (int i = 0; i < count; i++) {
            if (AttributeEntries.sameName(buffer, entry, wanted, wantedEntry)) {
                last = entry;
            }
            entry += AttributeEntries.entryLength(buffer, entry);
        }
        return last;
    }

    private int[] build() {
        // An entry takes 12 bytes at least, so the table stays below the size of the delta times 4/3 whatever the
        // count.
        int[] cells = new int[Integer.highestOneBit(Math.max(count, 1)) * 4];
        Arrays.fill(cells, NOT_NAMED);
        int entry = firstEntry;
        for (int i = 0; i < count; i++) {
            cells[cellOf(cells, buffer, entry)] = entry;
            entry += AttributeEntries.entryLength(buffer, entry);
        }
        return cells;
    }

    /** The cell that holds this name, or the empty cell where it would go. */
    private int cellOf(int[] cells, DirectBuffer wanted, int wantedEntry) {
        int mask = cells.length - 1;
        int cell = AttributeEntries.nameHash(wanted, wantedEntry) & mask;
        while (cells[cell] != NOT_NAMED && !AttributeEntries.sameName(buffer, cells[cell], wanted, wantedEntry)) {
            cell = (cell + 1) & mask;
        }
        return cell;
    }
}
