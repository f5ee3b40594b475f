package org.stoneware.server.replication;

import java.util.ArrayDeque;
import java.util.Iterator;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Entries a standby has received and can't apply yet, since a session one of them changes is not in memory; and digests between them, which
 * say something about the state after the entry before. All in the order they came.
 * <p>
 * <b>Threading:</b> the agent thread. <b>Limits:</b> as given; one entry is always taken.
 */
final class ReceivedEntries {
    static final int MAX_WAITING = 200_000;

    private static final int BYTES_PER_ENTRY = 128;

    private final long maxBytes;
    private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();
    private long bytes;

    /** An entry, or a digest when {@code digest} is not null. */
    record Waiting(
            long index,
            long epoch,
            long commitIndex,
            long logTimeMs,
            long outcome,
            long sentNs,
            DirectBuffer content,
            @Nullable StateDigest digest) {}

    /** @param maxBytes of heap; more than an active sends without an acknowledgement. */
    ReceivedEntries(long maxBytes) {
        this.maxBytes = maxBytes;
    }

    /** @return false when there is no room. */
    boolean addEntry(
            long index,
            long epoch,
            long commitIndex,
            long logTimeMs,
            long outcome,
            long sentNs,
            DirectBuffer content,
            int offset,
            int length) {
        if (!hasRoom(length)) {
            return false;
        }
        UnsafeBuffer copy = new UnsafeBuffer(new byte[length]);
        copy.putBytes(0, content, offset, length);
        waiting.addLast(new Waiting(index, epoch, commitIndex, logTimeMs, outcome, sentNs, copy, null));
        bytes += BYTES_PER_ENTRY + length;
        return true;
    }

    /** @return false when there is no room. */
    boolean addDigest(StateDigest digest) {
        if (!hasRoom(0)) {
            return false;
        }
        waiting.addLast(new Waiting(digest.index(), 0, 0, 0, 0, 0, new UnsafeBuffer(new byte[0]), digest));
        bytes += BYTES_PER_ENTRY;
        return true;
    }

    private boolean hasRoom(int length) {
        return waiting.isEmpty() || (waiting.size() < MAX_WAITING && bytes + BYTES_PER_ENTRY + length <= maxBytes);
    }

    boolean isEmpty() {
        return waiting.isEmpty();
    }

    int size() {
        return waiting.size();
    }

    @Nullable
    Waiting first() {
        return waiting.peekFirst();
    }

    /** Index of the last one; the given one when there is none. */
    long lastIndex(long otherwise) {
        Waiting last = waiting.peekLast();
        return last == null ? otherwise : last.index;
    }

    void removeFirst() {
        Waiting first = waiting.removeFirst();
        bytes -= BYTES_PER_ENTRY + first.content.capacity();
    }

    /** In the order they came. */
    Iterator<Waiting> iterator() {
        return waiting.iterator();
    }

    void clear() {
        waiting.clear();
        bytes = 0;
    }
}
