package org.stoneware.storage.segments;

/**
 * Says how much of a segment may be live for it to be emptied: what is moved is written again, what is not moved takes disk.
 * <p>
 * A log that is kept is read when it opens again, and so is held short: it takes at most about {@value #KEPT_FACTOR} times what it holds,
 * as a segment less than half of which is live goes when it takes more. Below that bound a segment goes when less than a quarter is live:
 * when all records are rewritten alike that alone holds the log at 1.85 times, with a third of a byte moved per byte appended instead of
 * up to one, and a device that is busy moving has no time for what users wait for.
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

    /** The same for a log that is kept, from which on more is moved per byte given back. */
    static final int KEPT_FACTOR = 2;

    private static final double SPARING_SHARE = 0.25;
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
        int factor = isKept ? KEPT_FACTOR : SCRATCH_FACTOR;
        boolean isOverBound = room.usedBytes() > factor * liveBytes + SEGMENTS_IN_WORK * segmentBytes;
        if (isOverBound || room.isTight(position)) {
            return USUAL_SHARE;
        }
        return isKept ? SPARING_SHARE : NOTHING_LIVE;
    }

    /** Whether so much may be moved though segments emptied before wait for a force, or for the device, before they are gone. */
    boolean isBesideOthers(long neededBytes, long position) {
        return room.isForMoving(neededBytes, position);
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
