package org.stoneware.server.session;

import java.util.concurrent.TimeUnit;

/**
 * Log time: the time entries carry, set by the active only, the same on every replica, never going back.
 * <p>
 * It starts at a wall time and then follows the monotonic clock, so a wall clock that jumps changes nothing.
 * <p>
 * <b>Threading:</b> the agent thread.
 */
public final class LogClock {
    private static final long MAX_DOWNTIME_MS = TimeUnit.DAYS.toMillis(30);

    private final long baseMs;
    private final long baseNs;
    private long lastMs;

    /**
     * @param startMs log time to continue from, or wall time for the first active.
     * @param nowNs   monotonic time now.
     */
    public LogClock(long startMs, long nowNs) {
        this.baseMs = startMs;
        this.baseNs = nowNs;
        this.lastMs = startMs;
    }

    /**
     * A clock that goes on where no server ran for a while: with the wall clock, as far as that can be believed.
     *
     * @param lastMs log time of the last entry.
     * @param wallMs wall time now.
     * @param nowNs  monotonic time now.
     */
    public static LogClock afterDowntime(long lastMs, long wallMs, long nowNs) {
        return new LogClock(Math.max(lastMs, Math.min(wallMs, lastMs + MAX_DOWNTIME_MS)), nowNs);
    }

    /** Log time in milliseconds. */
    public long logTimeMs(long nowNs) {
        lastMs = Math.max(lastMs, baseMs + TimeUnit.NANOSECONDS.toMillis(nowNs - baseNs));
        return lastMs;
    }
}
