package org.stoneware.storage.engine;

import org.stoneware.spi.storage.StoreContext;
import org.stoneware.storage.segments.SegmentFiles;
import org.stoneware.storage.segments.SegmentLogContext;
import org.stoneware.storage.slab.MemoryBudget;

/**
 * Settings of a {@link SegmentSessionStore}.
 *
 * @param mode          persistence mode, as messages name it.
 * @param policy        what the log is for.
 * @param store         what the server wants.
 * @param files         the directory of the log.
 * @param segmentBytes  size of a segment of the log.
 * @param maxIndexBytes bytes of heap for the index of sessions.
 */
public record EngineContext(
        String mode, StorePolicy policy, StoreContext store, SegmentFiles files, int segmentBytes, long maxIndexBytes) {
    /** With segments of the usual size, or smaller ones where the bounds of disk or, when sessions leave it, memory ask for them. */
    public EngineContext(String mode, StorePolicy policy, StoreContext store, SegmentFiles files) {
        this(mode, policy, store, files, segmentBytes(policy, store), MemoryBudget.heapShare());
    }

    private static final int MIN_SEGMENT_BYTES = 1 << 20;
    private static final int DISK_SHARE = 16;
    private static final int MEMORY_SHARE = 8;

    private static int segmentBytes(StorePolicy policy, StoreContext store) {
        long most = SegmentLogContext.DEFAULT_SEGMENT_BYTES;
        if (store.maxDiskBytes() != 0) {
            most = Math.min(most, store.maxDiskBytes() / DISK_SHARE);
        }
        if (policy == StorePolicy.SPILL) {
            // What left memory lies in many segments then, and one of them is little beside the bound of all.
            most = Math.min(most, store.maxMemoryBytes() / MEMORY_SHARE);
        }
        return (int) Math.max(MIN_SEGMENT_BYTES, most);
    }
}
