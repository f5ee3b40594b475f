package org.stoneware.liveness;

/**
 * Time during which this process really ran. A frozen process (SIGSTOP, a long pause of the collector, a machine it had to share) must
 * not blame others for a silence it slept through, so what it overslept is left out. A suspended virtual machine oversleeps nothing here: its
 * monotonic clock stands still, so no silence grows either. Who relied on others meanwhile learns it from the wall clock (ADR 0306). So is what a starved one overslept in small
 * pieces: on a machine that gives a thread half of the time it asks for, others need twice the time to be heard.
 */
final class RunningTime {
    /** After oversleeping more than this at once, what waits in the sockets is read before anybody is judged. */
    static final long STALL_NS = 100_000_000L;

    /** Oversleeping up to this much is ordinary scheduling. */
    static final long ORDINARY_NS = 10_000_000L;

    private long lastNs;
    private long waitBeganNs;
    private long stalledNs;
    private boolean isStalled;

    RunningTime(long nowNs) {
        lastNs = nowNs;
        waitBeganNs = nowNs;
    }

    /** Notes that a wait begins: what a cycle takes until then is work, and no oversleeping unless it is very long. */
    void waiting(long nowNs) {
        waitBeganNs = nowNs;
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
        long lateNs = nowNs - waitBeganNs - plannedWaitNs;
        if (isStalled) {
            stalledNs += overslept;
        } else if (lateNs > ORDINARY_NS) {
            stalledNs += lateNs;
        }
        lastNs = nowNs;
        waitBeganNs = nowNs;
        return nowNs - stalledNs;
    }

    /** What has been left out so far. */
    long stalledNs() {
        return stalledNs;
    }

    /** True when the last cycle began late: read what waits in the sockets before judging anybody. */
    boolean isStalled() {
        return isStalled;
    }
}
