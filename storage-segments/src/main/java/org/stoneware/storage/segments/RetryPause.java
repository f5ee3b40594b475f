package org.stoneware.storage.segments;

import java.util.concurrent.TimeUnit;

/**
 * When to try again what the device has refused: after a second, then after pauses that double up to five minutes.
 * <p>
 * <b>Threading:</b> agent thread.
 */
final class RetryPause {
    static final long FIRST_NS = TimeUnit.SECONDS.toNanos(1);
    static final long MAX_NS = TimeUnit.MINUTES.toNanos(5);

    private long pauseNs;
    private long againNs;

    boolean isOver(long nowNs) {
        return pauseNs == 0 || nowNs - againNs >= 0;
    }

    /** @return true when it is the first time since {@link #end()}. */
    boolean begin(long nowNs) {
        boolean isFirst = pauseNs == 0;
        pauseNs = isFirst ? FIRST_NS : Math.min(2 * pauseNs, MAX_NS);
        againNs = nowNs + pauseNs;
        return isFirst;
    }

    /** What was refused has been done. */
    void end() {
        pauseNs = 0;
    }
}
