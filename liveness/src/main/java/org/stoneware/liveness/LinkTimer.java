package org.stoneware.liveness;

/**
 * When one greeted connection owes a heartbeat and when it has been silent for too long.
 * Heartbeats go by the clock; silence goes by {@link RunningTime}.
 */
final class LinkTimer {
    private final long heartbeatNs;
    private final long silenceNs;
    private long nextBeatNs;
    private long heardRunNs;
    private long toldMultiple;

    LinkTimer(long heartbeatNs, long silenceNs, long nowNs, long runNs) {
        this.heartbeatNs = heartbeatNs;
        this.silenceNs = silenceNs;
        nextBeatNs = nowNs;
        heardRunNs = runNs;
    }

    boolean isBeatDue(long nowNs) {
        return nowNs - nextBeatNs >= 0;
    }

    /** Plans the next heartbeat; beats missed are not made up for. */
    void beatSent(long nowNs) {
        nextBeatNs = nextBeatNs + heartbeatNs;
        if (nowNs - nextBeatNs >= 0) {
            nextBeatNs = nowNs + heartbeatNs;
        }
    }

    void heard(long runNs) {
        heardRunNs = runNs;
        toldMultiple = 0;
    }

    /** @return how long nothing has been heard, when a multiple of the silence time has passed that was not told yet; else 0. */
    long silenceToTell(long runNs) {
        long silentNs = runNs - heardRunNs;
        long multiple = silentNs / silenceNs;
        if (multiple <= toldMultiple) {
            return 0;
        }
        toldMultiple = multiple;
        return silentNs;
    }

    /** @return nanoseconds until there is something to do, at least 0. */
    long waitNs(long nowNs, long runNs) {
        long untilBeatNs = nextBeatNs - nowNs;
        long untilSilenceNs = (toldMultiple + 1) * silenceNs - (runNs - heardRunNs);
        return Math.max(0, Math.min(untilBeatNs, untilSilenceNs));
    }
}
