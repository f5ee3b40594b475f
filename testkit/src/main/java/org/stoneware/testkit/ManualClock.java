package org.stoneware.testkit;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Time that passes only when a test says so: a monotonic clock in nanoseconds and a wall clock in milliseconds.
 * <p>
 * <b>Threading:</b> any thread may read, any thread may advance.
 */
public final class ManualClock {
    /** Wall time of a new clock: an ordinary moment, so that differences of signs and lengths show. */
    public static final long START_MS = 1_700_000_000_000L;

    private static final long NANOS_PER_MS = 1_000_000L;

    private final AtomicLong elapsedNs = new AtomicLong();
    private final AtomicLong wallOffsetMs = new AtomicLong(START_MS);

    /** Monotonic time; starts at 0. */
    public long nowNs() {
        return elapsedNs.get();
    }

    /** Wall time since the epoch. */
    public long nowMs() {
        return wallOffsetMs.get() + elapsedNs.get() / NANOS_PER_MS;
    }

    public ManualClock advanceNs(long ns) {
        if (ns < 0) {
            throw new IllegalArgumentException("time does not go back: ns=" + ns);
        }
        elapsedNs.addAndGet(ns);
        return this;
    }

    public ManualClock advanceMs(long ms) {
        return advanceNs(Math.multiplyExact(ms, NANOS_PER_MS));
    }

    /** Sets the wall clock forward or back, as an operator or NTP does; monotonic time stays. */
    public ManualClock jumpWallMs(long ms) {
        wallOffsetMs.addAndGet(ms);
        return this;
    }
}
