package org.stoneware.storage.engine;

import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * What must go to the log because a place of the disk can't be read, and the log had no room for it when that was found: records of sessions
 * that memory still holds, and removals of those that are lost, so that no restart shows an older version of them.
 * <p>
 * <b>Limits:</b> as many as there were sessions in the damaged places.
 */
final class OwedRecords {
    private final Deque<Owed> waiting = new ArrayDeque<>();

    /** One of them, by the hashes of its key: entries of the index move. */
    record Owed(boolean isRemoval, long hash, long fingerprint, long lastAccessedTimeMs, int maxInactiveIntervalSec) {}

    void addRecord(SessionIndex index, int entry) {
        add(false, index, entry);
    }

    void addRemoval(SessionIndex index, int entry) {
        add(true, index, entry);
    }

    private void add(boolean isRemoval, SessionIndex index, int entry) {
        waiting.addLast(new Owed(
                isRemoval,
                index.hash(entry),
                index.fingerprint(entry),
                index.lastAccessedTimeMs(entry),
                index.maxInactiveIntervalSec(entry)));
    }

    @Nullable
    Owed first() {
        return waiting.peekFirst();
    }

    void removeFirst() {
        waiting.removeFirst();
    }

    int size() {
        return waiting.size();
    }
}
