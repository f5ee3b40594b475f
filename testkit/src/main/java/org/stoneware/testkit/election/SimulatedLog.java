package org.stoneware.testkit.election;

import java.util.BitSet;
import org.agrona.collections.IntArrayList;

/** The entries one server holds, in order. Entries are numbers that are never used twice. */
final class SimulatedLog {
    private final IntArrayList entries = new IntArrayList();
    private final BitSet held = new BitSet();

    int size() {
        return entries.size();
    }

    int entry(int index) {
        return entries.getInt(index);
    }

    void append(int entry) {
        entries.addInt(entry);
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
        SimulatedLog copy = new SimulatedLog();
        for (int i = 0; i < entries.size(); i++) {
            copy.append(entries.getInt(i));
        }
        return copy;
    }
}
