package org.stoneware.storage.slab;

/** Counts every byte the store takes, on the heap and outside it, against one maximum. */
public final class MemoryBudget {
    private final long maxBytes;
    private Reclaimer reclaimer = () -> false;
    private long usedBytes;
    private long reserveBytes;
    private boolean isReserveOpen;

    public MemoryBudget(long maxBytes) {
        this.maxBytes = maxBytes;
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
        long limitBytes = isReserveOpen ? maxBytes : maxBytes - reserveBytes;
        if (bytes > limitBytes) {
            return false;
        }
        while (bytes > limitBytes - usedBytes) {
            if (!reclaimer.reclaim()) {
                return false;
            }
        }
        usedBytes += bytes;
        return true;
    }

    public void give(long bytes) {
        usedBytes -= bytes;
        assert usedBytes >= 0 : "more memory given back than taken: usedBytes=" + usedBytes;
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
