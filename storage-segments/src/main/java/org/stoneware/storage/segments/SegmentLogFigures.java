package org.stoneware.storage.segments;

/**
 * What a log holds and did since it was opened.
 *
 * @param segments        segment files.
 * @param diskUsedBytes   bytes of all files.
 * @param liveBytes       of these in records that are still held.
 * @param diskMaxBytes    bound; 0: none but the file system's.
 * @param appendedBytes   bytes appended for the owner.
 * @param movedBytes      bytes appended again to empty segments.
 * @param writtenBytes    bytes written to files, headers and hint files included.
 * @param writes          writes of batches.
 * @param forces          forces of segments.
 * @param reads           reads from files.
 * @param damagedReads    reads that found a damaged record.
 * @param droppedSegments segments emptied and deleted.
 * @param memoryBytes     memory outside the heap for what waits to be written.
 */
public record SegmentLogFigures(
        int segments,
        long diskUsedBytes,
        long liveBytes,
        long diskMaxBytes,
        long appendedBytes,
        long movedBytes,
        long writtenBytes,
        long writes,
        long forces,
        long reads,
        long damagedReads,
        long droppedSegments,
        long memoryBytes) {}
