package org.stoneware.storage.segments;

/**
 * How much the log may still write. Some room is always kept back: one segment, to move what is needed out of segments that are to be
 * emptied, and half of one for removals and the like.
 * <p>
 * <b>Threading:</b> agent thread.
 */
final class DiskRoom {
    private static final int SHORT_SEGMENTS = 4;
    private static final int TIGHT_SEGMENTS = 8;

    private final long maxBytes;
    private final long segmentBytes;
    private long usedBytes;
    private long idleBytes;
    /** Moved out of segments whose files are still there. */
    private long movedBytes;

    private long usableBytes = Long.MAX_VALUE;
    private long usableAtPosition;

    /** @param maxBytes 0: as much as the file system gives. */
    DiskRoom(long maxBytes, long segmentBytes) {
        this.maxBytes = maxBytes;
        this.segmentBytes = segmentBytes;
    }

    void use(long bytes) {
        usedBytes += bytes;
    }

    /** Bytes on disk, or soon to be, that belong to segments. */
    long usedBytes() {
        return usedBytes;
    }

    /** Bytes of files that are allocated and hold nothing yet. */
    void idle(long bytes) {
        idleBytes += bytes;
    }

    /** What is needed of a segment is moved: the room that is kept back for it is in use until the segment is gone. */
    void move(long bytes) {
        movedBytes += bytes;
    }

    /** A segment from which something may have been moved is gone. */
    void segmentGone(long bytes) {
        usedBytes -= bytes;
        movedBytes = Math.max(0, movedBytes - bytes);
    }

    /** All that the files take. */
    long takenBytes() {
        return usedBytes + idleBytes;
    }

    /** What the file system said when everything before a position was written. */
    void usable(long bytes, long position) {
        usableBytes = bytes;
        usableAtPosition = position;
    }

    boolean isForRecord(int length, long position) {
        return left(position) >= length + segmentBytes + segmentBytes / 2;
    }

    boolean isForSparing(int length, long position) {
        return left(position) >= length + Math.max(0, segmentBytes - movedBytes);
    }

    /**
     * Whether so much may be moved while segments emptied before are still there: into free room, or into what of the room kept back for
     * this they have left.
     */
    boolean isForMoving(long length, long position) {
        return movedBytes + length <= segmentBytes || left(position) >= length + segmentBytes + segmentBytes / 2;
    }

    /** Room enough to say that there is room again. */
    boolean isAmple(int length, long position) {
        return left(position) >= length + 2 * segmentBytes;
    }

    /** So little that segments are emptied though most of them is live. */
    boolean isShort(long position) {
        return left(position) < SHORT_SEGMENTS * segmentBytes;
    }

    /** So little that what is not live is not left lying. */
    boolean isTight(long position) {
        return left(position) < TIGHT_SEGMENTS * segmentBytes;
    }

    String text(long position) {
        return "usedBytes=" + takenBytes() + " maxBytes=" + (maxBytes == 0 ? "none" : maxBytes)
                + " leftOnFileSystemBytes="
                + (usableBytes == Long.MAX_VALUE ? "unknown" : leftOnFileSystem(position)) + " keptBackBytes="
                + (segmentBytes + segmentBytes / 2);
    }

    private long left(long position) {
        long bound = maxBytes == 0 ? Long.MAX_VALUE : maxBytes - takenBytes();
        return Math.min(bound, leftOnFileSystem(position));
    }

    private long leftOnFileSystem(long position) {
        return usableBytes == Long.MAX_VALUE ? usableBytes : usableBytes - (position - usableAtPosition);
    }
}
