package org.stoneware.server.replication;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The last entries of the log, kept for standbys that have not received them yet.
 * <p>
 * Entries lie one behind the other in segments, each behind the numbers that belong to it, so that an entry of a few bytes takes
 * little more than its bytes: a server sees millions of those, and what it keeps of them has to fit its heap.
 * <pre>
 * offset  length  field
 *      0       8  epoch
 *      8       8  log time, ms
 *     16       8  when it was appended, ns
 *     24       8  outcome, see {@link ResultHash}
 *     32       8  bytes of all entries up to this one, {@link #OVERHEAD_BYTES} each included
 *     40       4  length of the entry n
 *     44       n  the entry
 * </pre>
 * <b>Threading:</b> the agent thread.
 * <p>
 * <b>Limits:</b> {@code maxBytes} of entries, {@link #OVERHEAD_BYTES} each included; the oldest go first, the last entry is always kept.
 * Memory taken is an eighth and two segments, or the longest entry, more.
 */
final class EntryRing {
    /** Bytes an entry takes besides its own: the numbers before it, and its place in the segment. */
    static final int OVERHEAD_BYTES = 52;

    private static final int SEGMENT_LENGTH = 256 * 1024;
    /** Longer entries have a segment of their own size: what they would leave unused at the end of one is memory nobody counts. */
    private static final int MAX_SHARED_LENGTH = SEGMENT_LENGTH / 8;

    private static final int LOG_TIME = 8;
    private static final int APPENDED = 16;
    private static final int OUTCOME = 24;
    private static final int END_POSITION = 32;
    private static final int LENGTH = 40;
    private static final int HEADER_LENGTH = 44;

    private final long maxBytes;
    private long firstIndex;
    private long nextIndex;
    /** Epoch of the entry before the first. */
    private long epochBefore;

    private long appendedBytes;
    private long evictedBytes;
    /** Oldest first; empty before the first entry. */
    private final List<Segment> segments = new ArrayList<>();

    private long memoryBytes;
    /** Where the last entry asked for was found: the next one is mostly there too. */
    private Segment found = new Segment(0, 0);

    /** Some entries one behind the other. */
    private static final class Segment {
        private final UnsafeBuffer bytes;
        private final long firstIndex;
        private int[] offsets = new int[16];
        private int count;
        private int end;

        Segment(long firstIndex, int length) {
            this.firstIndex = firstIndex;
            bytes = new UnsafeBuffer(new byte[length]);
        }

        boolean has(long index) {
            return index >= firstIndex && index - firstIndex < count;
        }

        boolean hasRoom(int length) {
            return length <= bytes.capacity() - end;
        }

        /** Returns the offset of the new entry's numbers. */
        int add(int length) {
            if (count == offsets.length) {
                offsets = Arrays.copyOf(offsets, count * 2);
            }
            int offset = end;
            offsets[count++] = offset;
            end += length;
            return offset;
        }

        int offset(long index) {
            return offsets[(int) (index - firstIndex)];
        }

        long memoryBytes() {
            return bytes.capacity() + (long) Integer.BYTES * offsets.length;
        }
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
        int needed = HEADER_LENGTH + length;
        if (segments.isEmpty() || !newest().hasRoom(needed)) {
            segments.add(new Segment(nextIndex, needed > MAX_SHARED_LENGTH ? needed : SEGMENT_LENGTH));
            memoryBytes += newest().bytes.capacity();
        }
        appendedBytes += OVERHEAD_BYTES + length;
        UnsafeBuffer bytes = newest().bytes;
        int at = newest().add(needed);
        bytes.putLong(at, epoch, LITTLE_ENDIAN);
        bytes.putLong(at + LOG_TIME, logTimeMs, LITTLE_ENDIAN);
        bytes.putLong(at + APPENDED, nowNs, LITTLE_ENDIAN);
        bytes.putLong(at + OUTCOME, outcome, LITTLE_ENDIAN);
        bytes.putLong(at + END_POSITION, appendedBytes, LITTLE_ENDIAN);
        bytes.putInt(at + LENGTH, length, LITTLE_ENDIAN);
        bytes.putBytes(at + HEADER_LENGTH, entry, offset, length);
        nextIndex++;
        while (isOverBound() && nextIndex - firstIndex > 1) {
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
        return index == firstIndex - 1 ? epochBefore : number(index, 0);
    }

    long logTimeMsAt(long index) {
        return number(index, LOG_TIME);
    }

    /** When the entry was appended. */
    long appendedNsAt(long index) {
        return number(index, APPENDED);
    }

    long outcomeAt(long index) {
        return number(index, OUTCOME);
    }

    DirectBuffer bufferAt(long index) {
        return segment(index).bytes;
    }

    int offsetAt(long index) {
        return segment(index).offset(index) + HEADER_LENGTH;
    }

    int lengthAt(long index) {
        Segment segment = segment(index);
        return segment.bytes.getInt(segment.offset(index) + LENGTH, LITTLE_ENDIAN);
    }

    /** Bytes of the entries after one, their overhead included; entries no longer here count as far as they are known. */
    long bytesAfter(long index) {
        if (index >= nextIndex - 1) {
            return 0;
        }
        return appendedBytes - (index < firstIndex ? evictedBytes : number(index, END_POSITION));
    }

    /** Bytes of the heap taken, but for a few per segment. */
    long memoryBytes() {
        return segments.stream().mapToLong(Segment::memoryBytes).sum();
    }

    /** By what the entries take, or by the segments they lie in: long and short ones in turn leave much of those unused. */
    private boolean isOverBound() {
        return appendedBytes - evictedBytes > maxBytes || memoryBytes > maxBytes + maxBytes / 8 + 2L * SEGMENT_LENGTH;
    }

    private void evictFirst() {
        epochBefore = epochAt(firstIndex);
        evictedBytes += OVERHEAD_BYTES + lengthAt(firstIndex);
        firstIndex++;
        if (!segments.get(0).has(firstIndex)) {
            memoryBytes -= segments.remove(0).bytes.capacity();
            found = segments.get(0);
        }
    }

    private Segment newest() {
        return segments.get(segments.size() - 1);
    }

    private long number(long index, int field) {
        Segment segment = segment(index);
        return segment.bytes.getLong(segment.offset(index) + field, LITTLE_ENDIAN);
    }

    private Segment segment(long index) {
        assert index >= firstIndex && index < nextIndex : "index=" + index;
        if (!found.has(index)) {
            int low = 0;
            int high = segments.size() - 1;
            while (low < high) {
                int middle = (low + high + 1) >>> 1;
                if (segments.get(middle).firstIndex <= index) {
                    low = middle;
                } else {
                    high = middle - 1;
                }
            }
            found = segments.get(low);
        }
        return found;
    }
}
