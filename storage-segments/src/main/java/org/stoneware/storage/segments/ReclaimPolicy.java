package org.stoneware.storage.segments;

/**
 * Says how much of a segment may be live for it to be emptied: what is moved is written again, what is not moved takes disk.
 * <p>
 * A log that is kept is read whole when it opens again, and so is held short: a segment goes when less than half of it is live, so in
 * steady use at most one byte is moved per byte appended and the log takes about twice what it holds.
 * <p>
 * A scratch log is never read whole, and disk costs it nothing but room: nothing is moved before the files take {@value #SCRATCH_FACTOR}
 * times what is live. When all records are rewritten alike the segment with the least live part is some 6 % live then.
 * <p>
 * Where the disk has little room left, both give it back earlier.
 * <p>
 * <b>Threading:</b> agent thread.
 */
final class ReclaimPolicy {
    /** Bytes of files per live byte from which on a scratch log moves what is live. */
    static final int SCRATCH_FACTOR = 3;

    private static final double USUAL_SHARE = 0.5;
    private static final double SHORT_SHARE = 0.9;
    private static final double NOTHING_LIVE = 0;
    /** Segments that are being written and being emptied: no part of the bound. */
    private static final int SEGMENTS_IN_WORK = 2;

    private final DiskRoom room;
    private final long segmentBytes;
    private final boolean isKept;

    ReclaimPolicy(DiskRoom room, long segmentBytes, boolean isKept) {
        this.room = room;
        this.segmentBytes = segmentBytes;
        this.isKept = isKept;
    }

    /**
     * Share below which a segment is worth being emptied; 0 for none of which anything is live.
     *
     * @param liveBytes of all segments.
     * @param position  of the log.
     */
    double maxShare(long liveBytes, long position) {
        if (room.isShort(position)) {
            return SHORT_SHARE;
        }
        boolean isWorthIt = isKept
                || room.isTight(position)
                || room.usedBytes() > SCRATCH_FACTOR * liveBytes + SEGMENTS_IN_WORK * segmentBytes;
        return isWorthIt ? USUAL_SHARE : NOTHING_LIVE;
    }

    /** Whether a segment is so short that it is better one with others. */
    boolean isSmall(int length) {
        return length < segmentBytes / 4;
    }

    /** Whether one segment follows the other at once: small ones, and none waits for a force. */
    boolean isWithoutPause() {
        return !isKept;
    }
}
