package org.stoneware.storage.segments;

import java.io.Closeable;
import java.io.IOException;
import java.security.SecureRandom;
import java.util.Map;
import java.util.function.Consumer;

/** Checks and first steps of a log. */
final class LogStart {
    private static final int MIN_SEGMENT_BYTES = 64 << 10;
    private static final int MAX_SEGMENT_BYTES = 1 << 30;
    private static final int MAX_CONTENT_BYTES = 128 << 20;
    /** A bounded disk holds at least so many segments, so that what is kept back stays a small part of it. */
    private static final int MIN_SEGMENTS = 16;

    private LogStart() {}

    static void check(SegmentLogContext context) throws SegmentLogException {
        require(context.segmentBytes(), MIN_SEGMENT_BYTES, MAX_SEGMENT_BYTES, "segmentBytes");
        require(context.maxContentLength(), 1, MAX_CONTENT_BYTES, "maxContentLength");
        require(context.maxPendingBytes(), 1, MAX_SEGMENT_BYTES, "maxPendingBytes");
        require(context.maxReads(), 1, 1 << 16, "maxReads");
        require(context.readThreads(), 1, 64, "readThreads");
        long least = 2L * MIN_SEGMENTS * MIN_SEGMENT_BYTES;
        if (context.maxDiskBytes() != 0 && context.maxDiskBytes() < least) {
            throw new SegmentLogException("disk for sessions is too small: maxDiskBytes=" + context.maxDiskBytes()
                    + " min=" + least + "; raise it, or give no bound");
        }
    }

    private static void require(long value, long min, long max, String name) throws SegmentLogException {
        if (value < min || value > max) {
            throw new SegmentLogException(name + " is out of range " + min + ".." + max + ": " + name + "=" + value);
        }
    }

    static Closeable lock(SegmentFiles files, String name) throws SegmentLogException {
        try {
            return files.lock(name);
        } catch (IOException e) {
            throw new SegmentLogException("directory can't be taken: " + e.getMessage(), e);
        }
    }

    static void unlock(Closeable lock, Consumer<String> notices) {
        try {
            lock.close();
        } catch (IOException e) {
            notices.accept("lock of the directory was not given back: " + e.getMessage());
        }
    }

    /** Deletes the files of a log, and nothing else. */
    static void empty(SegmentFiles files) throws SegmentLogException {
        try {
            for (String name : files.list()) {
                if (Segment.numberOf(name, Segment.SUFFIX) > 0
                        || Segment.numberOf(name, Segment.HINTS_SUFFIX) > 0
                        || name.endsWith(Segment.SUFFIX + NewFile.SUFFIX)
                        || name.endsWith(Segment.SUFFIX + DeleteTask.DAMAGED_SUFFIX)) {
                    files.delete(name);
                }
            }
        } catch (IOException e) {
            throw new SegmentLogException(
                    "directory can't be emptied: directory=" + files.name() + ": " + e.getMessage(), e);
        }
    }

    /** The log's id: that of the files, or a new one. */
    static long logId(SegmentLogContext context, SegmentDirectory directory) throws SegmentLogException {
        if (directory.logId() != 0 && directory.damages().stream().noneMatch(damage -> damage.segment() == 0)) {
            return directory.logId();
        }
        long logId = directory.logId();
        while (logId == 0) {
            logId = new SecureRandom().nextLong();
        }
        if (context.sync() != SegmentLogContext.Sync.SCRATCH) {
            try {
                LogFile.write(context.files(), logId);
            } catch (IOException e) {
                throw new SegmentLogException(
                        "directory can't be written: directory="
                                + context.files().name() + ": " + e.getMessage(),
                        e);
            }
        }
        return logId;
    }

    /** Size of segments: as wished, or less where the disk is small. */
    static int segmentBytes(SegmentLogContext context, SegmentDirectory directory) throws SegmentLogException {
        long disk;
        try {
            disk = context.files().usableBytes();
        } catch (IOException e) {
            throw new SegmentLogException(
                    "room on disk is not known: directory=" + context.files().name() + ": " + e.getMessage(), e);
        }
        for (SegmentDirectory.Entry entry : directory.segments().values()) {
            disk += entry.length();
        }
        if (context.maxDiskBytes() > 0) {
            disk = Math.min(disk, context.maxDiskBytes());
        }
        return (int) Math.max(MIN_SEGMENT_BYTES, Math.min(context.segmentBytes(), disk / MIN_SEGMENTS));
    }

    /**
     * A sequence number greater than any in the files, since each record takes more bytes than one: first number of the newest segment
     * plus length of its file. {@link SegmentLoader#missingEnd} relies on it.
     */
    static long nextSequence(SegmentDirectory directory, Map<Integer, Segment> segments) {
        SegmentDirectory.Entry newest = directory.newestWithHeader();
        if (newest == null || newest.header() == null) {
            return 0;
        }
        Segment segment = segments.get(newest.number());
        return newest.header().sequence() + (segment == null ? newest.length() : segment.length);
    }

    /** Bytes from which on appends are refused: two of the longest records always find a place. */
    static int maxWaitingBytes(SegmentLogContext context) {
        return Math.max(context.maxPendingBytes(), 2 * Frame.length(context.maxContentLength()));
    }
}
