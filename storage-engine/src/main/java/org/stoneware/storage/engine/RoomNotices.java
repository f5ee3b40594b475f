package org.stoneware.storage.engine;

import java.util.function.Consumer;
import org.stoneware.spi.storage.StoreHealth;
import org.stoneware.storage.segments.SegmentLog;
import org.stoneware.storage.slab.MemoryBudget;
import org.stoneware.storage.slab.RoomWatch;

/** Tells people once when there is no room and once when there is again, and sums up the health of a store. */
final class RoomNotices {
    private final String mode;
    private final boolean isKeeping;
    private final Consumer<String> notices;
    /** With less than this free of the index's share of the heap, in percent, people are told that it needs more. */
    private static final int SCARCE_PERCENT = 10;

    private final MemoryBudget budget;
    private final MemoryBudget heap;
    private final SegmentLog log;
    private final RoomWatch watch = new RoomWatch();

    /** @param heap the part of the budget that is the index's. */
    RoomNotices(
            String mode,
            boolean isKeeping,
            Consumer<String> notices,
            MemoryBudget budget,
            MemoryBudget heap,
            SegmentLog log) {
        this.mode = mode;
        this.isKeeping = isKeeping;
        this.notices = notices;
        this.budget = budget;
        this.heap = heap;
        this.log = log;
    }

    void onRefused(int length, int sessions) {
        // A full disk of a store that keeps sessions is told by the log.
        boolean isDisk = isKeeping && log.isFull();
        if (!isDisk && watch.onRefused()) {
            notices.accept(
                    "storage is full: mode=" + mode + " sessions=" + sessions + " usedBytes=" + budget.usedBytes()
                            + " maxBytes=" + budget.maxBytes() + " refusedLength=" + length + needsHeap()
                            + (log.reason().isEmpty() ? "" : " disk: " + log.reason())
                            + "; changes that need more memory are refused");
        }
    }

    /** Looks whether there is room again. */
    void doWork(Residency residency, long nowNs) {
        if (watch.doWork(nowNs, percent -> heap.isFree(percent) && residency.isFree(percent))) {
            notices.accept("storage has room again: mode=" + mode + " usedBytes=" + budget.usedBytes() + " maxBytes="
                    + budget.maxBytes());
        }
    }

    private String needsHeap() {
        return heap.isFree(SCARCE_PERCENT)
                ? ""
                : " indexBytes=" + heap.usedBytes() + " maxIndexBytes=" + heap.limitBytes()
                        + "; the index of sessions needs a larger heap: raise -Xmx";
    }

    void onFailed(String reason) {
        if (!isKeeping) {
            notices.accept("the disk for sessions that do not fit memory has failed: mode=" + mode + " reason=" + reason
                    + "; the store goes on with what memory holds until the server is started again");
        }
    }

    StoreHealth health() {
        if (isKeeping && log.isFailed()) {
            return new StoreHealth(StoreHealth.State.FAILED, log.reason());
        }
        if (isKeeping && log.isFull()) {
            return new StoreHealth(StoreHealth.State.FULL, log.reason());
        }
        if (watch.isFull()) {
            return new StoreHealth(
                    StoreHealth.State.FULL,
                    "memory is full: usedBytes=" + budget.usedBytes() + " maxBytes=" + budget.maxBytes() + needsHeap()
                            + (log.reason().isEmpty() ? "" : ", and the disk takes nothing: " + log.reason()));
        }
        return log.isFailed() || log.isFull()
                ? new StoreHealth(StoreHealth.State.OK, "sessions are kept in memory only: " + log.reason())
                : StoreHealth.OK;
    }
}
