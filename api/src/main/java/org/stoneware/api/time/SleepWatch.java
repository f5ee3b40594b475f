package org.stoneware.api.time;

import java.util.concurrent.TimeUnit;

/**
 * Notices that the machine slept while its monotonic clock stood still, as that of a suspended virtual machine does: the wall clock has gone on
 * without it. Whoever relies on another's word for a while must know, since for the others that while has gone by. See docs/adr/0306.
 * <p>
 * A wall clock that somebody sets looks the same. So what is noticed may end trust early, and must never decide anything else. A hypervisor that
 * stops the wall clock too, and never sets it right, leaves nothing to notice.
 * <p>
 * <b>Threading:</b> not safe; whoever shares one holds a lock around each call.
 */
public final class SleepWatch {
    /**
     * The wall clock may gain this much in all before it is noticed: less than those who give their word keep it longer than others rely on it
     * (420 ms for 400 ms, 315 ms for 300 ms, by clocks that differ by 1 %).
     */
    public static final long MAX_GAINED_NS = TimeUnit.MILLISECONDS.toNanos(5);

    /** The wall clock may lose this much: a thread that waits for the processor between its two readings sees it lose. */
    public static final long MAX_LOST_NS = TimeUnit.MILLISECONDS.toNanos(100);

    /** Both clocks agree. */
    public static final long AGREED = 0;

    /** A clock that was put back lags at every reading, a thread that waits between two readings at one. */
    private static final int READINGS = 8;

    private boolean isBegun;
    private long aheadNs;
    private int readings;
    private long mostGainedNs;

    /**
     * Compares the two clocks with what they said when they disagreed last.
     *
     * @param wallMs read <em>before</em> {@code nowNs}: a sleep between the readings is then noticed at the next call, with a time that lies
     *               behind everything done before the sleep.
     * @param nowNs  monotonic time; only differences mean something.
     * @return {@link #AGREED}, or by how much the wall clock has gained, in ns; negative when it has lost.
     */
    public long sleptNs(long wallMs, long nowNs) {
        long ahead = TimeUnit.MILLISECONDS.toNanos(wallMs) - nowNs;
        long gained = ahead - aheadNs;
        if (!isBegun) {
            isBegun = true;
            aheadNs = ahead;
            return AGREED;
        }
        if (gained <= MAX_GAINED_NS && gained >= -MAX_LOST_NS) {
            settle(gained);
            return AGREED;
        }
        readings = 0;
        aheadNs = ahead;
        return gained;
    }

    /** What the clock was put back by within bounds is not there to be gained again. */
    private void settle(long gained) {
        mostGainedNs = readings == 0 ? gained : Math.max(mostGainedNs, gained);
        if (++readings == READINGS) {
            readings = 0;
            aheadNs += Math.min(0, mostGainedNs);
        }
    }
}
