package org.stoneware.storage.segments;

import java.util.function.Consumer;

/**
 * Settings of one log; {@link SegmentLog} checks them when it opens.
 *
 * @param files            the directory, the log's alone.
 * @param sync             what {@link SegmentLog#durablePosition()} waits for.
 * @param segmentBytes     size at which a segment is closed and the next one begins.
 * @param maxContentLength bytes of the longest content to be appended.
 * @param maxDiskBytes     bytes of disk to use; 0: as much as the file system gives.
 * @param maxPendingBytes  most bytes appended and not yet written, or two of the longest records if they are more. Memory outside the
 *                         heap follows what is really pending. The log itself moves records only while less than half is pending.
 * @param maxReads         most reads under way at once.
 * @param readThreads      threads that read, delete and write hint files.
 * @param notices          takes one readable line per fact an operator should know. Callable from any thread.
 * @param onProgress       called on threads of the log when there is something for {@link SegmentLog#doWork} to do; must not block.
 */
public record SegmentLogContext(
        SegmentFiles files,
        Sync sync,
        int segmentBytes,
        int maxContentLength,
        long maxDiskBytes,
        int maxPendingBytes,
        int maxReads,
        int readThreads,
        Consumer<String> notices,
        Runnable onProgress) {
    public static final int DEFAULT_SEGMENT_BYTES = 64 << 20;
    public static final int DEFAULT_PENDING_BYTES = 8 << 20;
    public static final int DEFAULT_MAX_READS = 1024;

    /** Settings with the usual sizes. */
    public static SegmentLogContext of(
            SegmentFiles files, Sync sync, int maxContentLength, long maxDiskBytes, Consumer<String> notices) {
        return new SegmentLogContext(
                files,
                sync,
                DEFAULT_SEGMENT_BYTES,
                maxContentLength,
                maxDiskBytes,
                DEFAULT_PENDING_BYTES,
                DEFAULT_MAX_READS,
                2,
                notices,
                () -> {});
    }

    public SegmentLogContext withSegmentBytes(int bytes) {
        return new SegmentLogContext(
                files,
                sync,
                bytes,
                maxContentLength,
                maxDiskBytes,
                maxPendingBytes,
                maxReads,
                readThreads,
                notices,
                onProgress);
    }

    public SegmentLogContext withPendingBytes(int bytes) {
        return new SegmentLogContext(
                files,
                sync,
                segmentBytes,
                maxContentLength,
                maxDiskBytes,
                bytes,
                maxReads,
                readThreads,
                notices,
                onProgress);
    }

    public SegmentLogContext withOnProgress(Runnable wakeUp) {
        return new SegmentLogContext(
                files,
                sync,
                segmentBytes,
                maxContentLength,
                maxDiskBytes,
                maxPendingBytes,
                maxReads,
                readThreads,
                notices,
                wakeUp);
    }

    /** When bytes are forced to the device, and what counts as durable. */
    public enum Sync {
        /** Never forced; the directory is emptied when the log opens. */
        SCRATCH,
        /** Handed to the operating system counts; forced every 10 ms. */
        WRITTEN,
        /** Forced counts; one force for all that is in flight. */
        FORCED
    }
}
