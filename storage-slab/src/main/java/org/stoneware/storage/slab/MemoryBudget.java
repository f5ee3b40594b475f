package org.stoneware.storage.slab;

/** Counts every byte the store takes, on the heap and outside it, against one maximum. */
public final class MemoryBudget {
    private final long maxBytes;
    private Reclaimer reclaimer = () -> false;
    private long usedBytes;

    public MemoryBudget(long maxBytes) {
        this.maxBytes = maxBytes;
    }

    /** Who is asked to give memory back before a request is refused; set once, while the store is built. */
    public void reclaimer(Reclaimer reclaimer) {
        this.reclaimer = reclaimer;
    }

    /** Takes memory, or changes nothing and returns false when it is not there even after reclaiming. */
    public boolean tryTake(long bytes) {
        if (bytes > maxBytes) {
            return false;
        }
        while (bytes > maxBytes - usedBytes) {
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
