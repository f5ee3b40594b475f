package org.stoneware.liveness;

/**
 * When one greeted connection owes a heartbeat and when it has been silent for too long.
 * Heartbeats go by the clock; silence goes by {@link RunningTime}.
 * <p>
 * A beat may go ahead of its time when the thread is awake anyway. So beats of all connections leave together, and of two peers the
 * one who hears the other's beat answers with its own instead of waking up once more; waking up is what an idle process pays for.
 */
final class LinkTimer {
    /** Every thread with a link between servers wakes up this often, so beats of rarer rhythms need no wake-up of their own. */
    private static final long MAX_AHEAD_NS = 50_000_000L;

    /** A silence that goes on is told again after this part of the silence time, so that whoever judges it knows how long it is by now. */
    private static final int STEPS = 5;

    private final long heartbeatNs;
    private final long aheadNs;
    private final long silenceNs;
    private long nextBeatNs;
    private long heardRunNs;
    private long nextTellNs;

    LinkTimer(long heartbeatNs, long silenceNs, long nowNs, long runNs) {
        this.heartbeatNs = heartbeatNs;
        // With half an interval, whatever the phases of two peers, one of the two always answers the other.
        this.aheadNs = Math.min(heartbeatNs / 2, MAX_AHEAD_NS);
        this.silenceNs = silenceNs;
        nextBeatNs = nowNs;
        heardRunNs = runNs;
        nextTellNs = silenceNs;
    }

    /** True when a beat is due, or so soon that it may go now. */
    boolean isBeatDue(long nowNs) {
        return nowNs - nextBeatNs + aheadNs >= 0;
    }

    /** Plans the next heartbeat; beats missed are not made up for. */
    void beatSent(long nowNs) {
        nextBeatNs = (nowNs - nextBeatNs < 0 ? nowNs : nextBeatNs) + heartbeatNs;
        if (nowNs - nextBeatNs >= 0) {
            nextBeatNs = nowNs + heartbeatNs;
        }
    }

    void heard(long runNs) {
        heardRunNs = runNs;
        nextTellNs = silenceNs;
    }

    /** @return how long nothing has been heard, when the silence time, or one more step beyond it, has passed and was not told yet; else 0. */
    long silenceToTell(long runNs) {
        long silentNs = runNs - heardRunNs;
        if (silentNs < nextTellNs) {
            return 0;
        }
        long stepNs = Math.max(1, silenceNs / STEPS);
        nextTellNs = (silentNs / stepNs + 1) * stepNs;
        return silentNs;
    }

    /** @return nanoseconds until there is something to do, at least 0. */
    long waitNs(long nowNs, long runNs) {
        long untilBeatNs = nextBeatNs - nowNs;
        long untilSilenceNs = nextTellNs - (runNs - heardRunNs);
        return Math.max(0, Math.min(untilBeatNs, untilSilenceNs));
    }
}
