package org.stoneware.testkit.election;

import java.util.BitSet;
import org.agrona.collections.IntArrayList;
import org.agrona.collections.LongArrayList;

/** The entries one server holds, in order. Entries are numbers that are never used twice. */
final class SimulatedLog {
    private final IntArrayList entries = new IntArrayList();
    private final LongArrayList epochs = new LongArrayList();
    private final BitSet held = new BitSet();

    int size() {
        return entries.size();
    }

    int entry(int index) {
        return entries.getInt(index);
    }

    /** Epoch an entry was written in. */
    long epoch(int index) {
        return epochs.getLong(index);
    }

    /** Epoch of the last entry; 0 when there is none. */
    long lastEpoch() {
        return epochs.isEmpty() ? 0 : epochs.getLong(epochs.size() - 1);
    }

    void append(int entry, long epoch) {
        entries.addInt(entry);
        epochs.addLong(epoch);
        held.set(entry);
    }

    boolean holds(int entry) {
        return held.get(entry);
    }

    /** Entries of the set that are not held; empty when all are. */
    BitSet missing(BitSet wanted) {
        BitSet missing = (BitSet) wanted.clone();
        missing.andNot(held);
        return missing;
    }

    SimulatedLog copy() {
        return upTo(size());
    }

    /** A copy of so many entries. */
    SimulatedLog upTo(int size) {
        SimulatedLog copy = new SimulatedLog();
        for (int i = 0; i < size; i++) {
            copy.append(entries.getInt(i), epochs.getLong(i));
        }
        return copy;
    }
}
