package org.stoneware.storage.memory;

/** Counts every byte the store takes, on the heap and outside it, against one maximum. */
final class MemoryBudget {
    private final long maxBytes;
    private Reclaimer reclaimer = () -> false;
    private long usedBytes;

    MemoryBudget(long maxBytes) {
        this.maxBytes = maxBytes;
    }

    /** Who is asked to give memory back before a request is refused; set once, while the store is built. */
    void reclaimer(Reclaimer reclaimer) {
        this.reclaimer = reclaimer;
    }

    /** Takes memory, or changes nothing and returns false when it is not there even after reclaiming. */
    boolean tryTake(long bytes) {
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

    void give(long bytes) {
        usedBytes -= bytes;
        assert usedBytes >= 0 : "more memory given back than taken: usedBytes=" + usedBytes;
    }

    long usedBytes() {
        return usedBytes;
    }

    long maxBytes() {
        return maxBytes;
    }

    /** Gives a piece of memory back by moving records together. */
    @FunctionalInterface
    interface Reclaimer {
        /** @return false when nothing can be gained; true brings {@link #give} calls with it, so that asking again ends. */
        boolean reclaim();
    }
}
