package org.stoneware.server.replication;

import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The last entries of the log, kept for standbys that have not received them yet.
 * <p>
 * <b>Threading:</b> the agent thread.
 * <p>
 * <b>Limits:</b> {@code maxBytes} of entries; the oldest go first, the last entry is always kept.
 */
final class EntryRing {
    private static final int SEGMENT_LENGTH = 256 * 1024;
    private static final int FIRST_CAPACITY = 64;
    private static final UnsafeBuffer NO_SEGMENT = new UnsafeBuffer(new byte[0]);

    private final long maxBytes;
    private long firstIndex;
    private long nextIndex;
    /** Epoch of the entry before the first. */
    private long epochBefore;

    private long appendedBytes;
    private long evictedBytes;
    private UnsafeBuffer segment = NO_SEGMENT;
    private int segmentEnd;

    /** Reused; the one of an entry is at its index modulo the capacity. */
    private Place[] places = newPlaces(FIRST_CAPACITY);

    /** Where an entry lies, and what belongs to it. */
    private static final class Place {
        private UnsafeBuffer segment = NO_SEGMENT;
        private int offset;
        private int length;
        private long epoch;
        private long logTimeMs;
        private long appendedNs;
        private long outcome;
        private long endPosition;
    }

    /** @param lastEpoch epoch of the entry at {@code lastIndex}, after which the log goes on. */
    EntryRing(long maxBytes, long lastIndex, long lastEpoch) {
        this.maxBytes = maxBytes;
        this.firstIndex = lastIndex + 1;
        this.nextIndex = firstIndex;
        this.epochBefore = lastEpoch;
    }

    /** @param outcome {@link ResultHash} of applying it here. */
    void append(long epoch, long logTimeMs, long nowNs, long outcome, DirectBuffer entry, int offset, int length) {
        if (nextIndex - firstIndex == places.length) {
            grow();
        }
        if (segmentEnd + length > segment.capacity()) {
            segment = new UnsafeBuffer(new byte[Math.max(SEGMENT_LENGTH, length)]);
            segmentEnd = 0;
        }
        segment.putBytes(segmentEnd, entry, offset, length);
        appendedBytes += length;
        Place place = place(nextIndex);
        place.segment = segment;
        place.offset = segmentEnd;
        place.length = length;
        place.epoch = epoch;
        place.logTimeMs = logTimeMs;
        place.appendedNs = nowNs;
        place.outcome = outcome;
        place.endPosition = appendedBytes;
        segmentEnd += length;
        nextIndex++;
        while (appendedBytes - evictedBytes > maxBytes && nextIndex - firstIndex > 1) {
            evictFirst();
        }
    }

    long firstIndex() {
        return firstIndex;
    }

    long lastIndex() {
        return nextIndex - 1;
    }

    /** True when a replica whose last entry is this one has the same log so far, and everything after it is here. */
    boolean continuesAfter(long index, long epoch) {
        return index >= firstIndex - 1 && index < nextIndex && epochAt(index) == epoch;
    }

    /** Epoch of an entry that is here, or of the one before the first. */
    long epochAt(long index) {
        assert index >= firstIndex - 1 && index < nextIndex : "index=" + index;
        return index == firstIndex - 1 ? epochBefore : place(index).epoch;
    }

    long logTimeMsAt(long index) {
        return place(index).logTimeMs;
    }

    /** When the entry was appended. */
    long appendedNsAt(long index) {
        return place(index).appendedNs;
    }

    long outcomeAt(long index) {
        return place(index).outcome;
    }

    DirectBuffer bufferAt(long index) {
        return place(index).segment;
    }

    int offsetAt(long index) {
        return place(index).offset;
    }

    int lengthAt(long index) {
        return place(index).length;
    }

    /** Bytes of the entries after one; entries no longer here count as far as they are known. */
    long bytesAfter(long index) {
        if (index >= nextIndex - 1) {
            return 0;
        }
        return appendedBytes - (index < firstIndex ? evictedBytes : place(index).endPosition);
    }

    private void evictFirst() {
        Place place = place(firstIndex);
        epochBefore = place.epoch;
        evictedBytes += place.length;
        place.segment = NO_SEGMENT;
        firstIndex++;
    }

    private void grow() {
        Place[] old = places;
        places = newPlaces(old.length * 2);
        for (long index = firstIndex; index < nextIndex; index++) {
            places[(int) (index & (places.length - 1))] = old[(int) (index & (old.length - 1))];
        }
    }

    private Place place(long index) {
        return places[(int) (index & (places.length - 1))];
    }

    private static Place[] newPlaces(int capacity) {
        Place[] places = new Place[capacity];
        for (int i = 0; i < capacity; i++) {
            places[i] = new Place();
        }
        return places;
    }
}
