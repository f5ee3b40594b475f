package org.stoneware.storage.slab;

import org.jspecify.annotations.Nullable;

/**
 * Counts every byte the store takes, on the heap and outside it, against one maximum. What lies on the heap has a second one, see {@link
 * #onHeap}.
 */
public final class MemoryBudget {
    /** The index of sessions takes this part of the heap at most: what else a server has there must fit beside it. */
    private static final int HEAP_SHARE = 4;

    private final long maxBytes;
    private final @Nullable MemoryBudget whole;
    private Reclaimer reclaimer = () -> false;
    private long usedBytes;
    private long reserveBytes;
    private boolean isReserveOpen;
    private boolean isShort;

    public MemoryBudget(long maxBytes) {
        this(maxBytes, null);
    }

    private MemoryBudget(long maxBytes, @Nullable MemoryBudget whole) {
        this.maxBytes = maxBytes;
        this.whole = whole;
    }

    /** Bytes of this process's heap that the index of one store may take. */
    public static long heapShare() {
        return Runtime.getRuntime().maxMemory() / HEAP_SHARE;
    }

    /**
     * The part of this budget that lies on the heap. What is taken from it is taken from this one too, and refused when either has no more:
     * a store whose index outgrew the heap would end the server, one that says it is full goes on.
     */
    public MemoryBudget onHeap(long maxHeapBytes) {
        return new MemoryBudget(maxHeapBytes, this);
    }

    /** Who is asked to give memory back before a request is refused; set once, while the store is built. */
    public void reclaimer(Reclaimer reclaimer) {
        this.reclaimer = reclaimer;
    }

    /** Sets the last part of the memory aside for requests made while the reserve is open. */
    public void reserveBytes(long bytes) {
        reserveBytes = bytes;
    }

    /** Lets requests use the reserve, until closed again. */
    public void isReserveOpen(boolean isOpen) {
        isReserveOpen = isOpen;
    }

    /** Takes memory, or changes nothing and returns false when it is not there even after reclaiming. */
    public boolean tryTake(long bytes) {
        isShort = !hasRoom(bytes);
        if (isShort || whole != null && !whole.tryTake(bytes)) {
            return false;
        }
        usedBytes += bytes;
        return true;
    }

    private boolean hasRoom(long bytes) {
        long limitBytes = limitBytes();
        if (bytes > limitBytes) {
            return false;
        }
        while (bytes > limitBytes - usedBytes) {
            if (!reclaimer.reclaim()) {
                return false;
            }
        }
        return true;
    }

    public void give(long bytes) {
        usedBytes -= bytes;
        isShort = false;
        assert usedBytes >= 0 : "more memory given back than taken: usedBytes=" + usedBytes;
        if (whole != null) {
            whole.give(bytes);
        }
    }

    /**
     * True when what was asked for last was refused by this very budget, and not by the one it is a part of; false again once anything was
     * given back.
     */
    public boolean isShort() {
        return isShort;
    }

    /** What may be taken at present: all, or all but the reserve. */
    public long limitBytes() {
        return isReserveOpen ? maxBytes : maxBytes - reserveBytes;
    }

    /** True when at least this share of the limit is free, in percent. */
    public boolean isFree(int percent) {
        return limitBytes() - usedBytes > limitBytes() / 100 * percent;
    }

    public long usedBytes() {
        return usedBytes;
    }

    public long maxBytes() {
        return maxBytes;
    }

    /** Gives a piece of memory back by moving records together. */
    @FunctionalInterface
    public interface Reclaimer {
        /** @return false when nothing can be gained; true brings {@link #give} calls with it, so that asking again ends. */
        boolean reclaim();
    }
}
