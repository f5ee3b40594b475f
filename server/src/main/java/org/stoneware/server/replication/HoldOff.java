package org.stoneware.server.replication;

/** How long a standby that was dropped waits before it is copied again: longer with every drop that follows soon. */
final class HoldOff {
    private final long minNs;
    private final long maxNs;
    private long delayNs;
    private long endNs;
    private boolean isBegun;

    HoldOff(long minNs, long maxNs) {
        this.minNs = minNs;
        this.maxNs = maxNs;
    }

    /** The standby was dropped or its copy failed. */
    void begin(long nowNs) {
        boolean isSoon = isBegun && nowNs - endNs < maxNs;
        delayNs = isSoon ? Math.min(maxNs, delayNs * 2) : minNs;
        endNs = nowNs + delayNs;
        isBegun = true;
    }

    long leftNs(long nowNs) {
        return isOver(nowNs) ? 0 : endNs - nowNs;
    }

    boolean isOver(long nowNs) {
        return !isBegun || nowNs - endNs >= 0;
    }
}
