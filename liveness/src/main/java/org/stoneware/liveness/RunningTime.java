package org.stoneware.liveness;

/**
 * Time during which this process really ran. A frozen process (SIGSTOP, a suspended machine, a long pause of the collector) must
 * not blame others for a silence it slept through, so what it overslept is left out.
 */
final class RunningTime {
    /** Oversleeping up to this much is ordinary scheduling. */
    static final long STALL_NS = 100_000_000L;

    private long lastNs;
    private long stalledNs;
    private boolean isStalled;

    RunningTime(long nowNs) {
        lastNs = nowNs;
    }

    /**
     * Notes that a duty cycle began.
     *
     * @param plannedWaitNs how long the thread meant to wait since the call before.
     * @return the time now, without stalls; only differences mean something.
     */
    long advance(long nowNs, long plannedWaitNs) {
        long overslept = nowNs - lastNs - plannedWaitNs;
        isStalled = overslept > STALL_NS;
        if (isStalled) {
            stalledNs += overslept;
        }
        lastNs = nowNs;
        return nowNs - stalledNs;
    }

    /** True when the last cycle began late: read what waits in the sockets before judging anybody. */
    boolean isStalled() {
        return isStalled;
    }
}
