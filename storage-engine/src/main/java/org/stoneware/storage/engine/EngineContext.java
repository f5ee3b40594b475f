package org.stoneware.storage.engine;

import org.stoneware.spi.storage.StoreContext;
import org.stoneware.storage.segments.SegmentFiles;
import org.stoneware.storage.segments.SegmentLogContext;

/**
 * Settings of a {@link SegmentSessionStore}.
 *
 * @param mode         persistence mode, as messages name it.
 * @param policy       what the log is for.
 * @param store        what the server wants.
 * @param files        the directory of the log.
 * @param segmentBytes size of a segment of the log.
 */
public record EngineContext(String mode, StorePolicy policy, StoreContext store, SegmentFiles files, int segmentBytes) {
    /** With segments of the usual size, or smaller ones where the disk bound asks for them. */
    public EngineContext(String mode, StorePolicy policy, StoreContext store, SegmentFiles files) {
        this(mode, policy, store, files, segmentBytes(store.maxDiskBytes()));
    }

    private static final int MIN_SEGMENT_BYTES = 1 << 20;
    private static final int SEGMENTS_AT_LEAST = 16;

    private static int segmentBytes(long maxDiskBytes) {
        int usual = SegmentLogContext.DEFAULT_SEGMENT_BYTES;
        return maxDiskBytes == 0
                ? usual
                : (int) Math.max(MIN_SEGMENT_BYTES, Math.min(usual, maxDiskBytes / SEGMENTS_AT_LEAST));
    }
}
