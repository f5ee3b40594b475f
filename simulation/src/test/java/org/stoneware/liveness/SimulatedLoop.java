package org.stoneware.liveness;

import org.stoneware.spi.liveness.Heartbeat;

/** The clocks of one process's liveness thread, as they ship, without selector and sockets: those are the test's. */
public final class SimulatedLoop {
    private static final long LONGEST_WAIT_NS = 250_000_000L;

    private final RunningTime runningTime;
    private final AgentStatus status = new AgentStatus();
    private long nowNs;
    private long runNs;
    private long waitNs;

    public SimulatedLoop(long nowNs) {
        this.nowNs = nowNs;
        this.runNs = nowNs;
        this.runningTime = new RunningTime(nowNs);
    }

    /** Begins a cycle; returns whether anybody may be judged in it. */
    public boolean begin(long cycleNs) {
        nowNs = cycleNs;
        runNs = runningTime.advance(cycleNs, waitNs);
        status.stalled(runningTime.stalledNs());
        waitNs = LONGEST_WAIT_NS;
        return !runningTime.isStalled();
    }

    /** Ends a cycle; returns how long the thread waits. */
    public long end(boolean isAgain) {
        waitNs = isAgain ? 0 : (waitNs + 999_999) / 1_000_000 * 1_000_000;
        runningTime.waiting(nowNs);
        return waitNs;
    }

    public void agentCycled(long cycleNs) {
        status.agentCycled(cycleNs);
    }

    public int agentAgeMs(long atNs) {
        return status.ageMs(atNs);
    }

    public void status(Heartbeat heartbeat) {
        status.status(heartbeat);
    }

    /** What a connection says now. */
    public Heartbeat heartbeat() {
        return status.heartbeat(status.current(), 1, nowNs);
    }

    /** The times of a connection that is greeted now. */
    public Timer timer(long heartbeatNs, long silenceNs) {
        return new Timer(new LinkTimer(heartbeatNs, silenceNs, nowNs, runNs));
    }

    /** When one connection beats and how long it has been silent. */
    public final class Timer {
        private final LinkTimer timer;

        private Timer(LinkTimer timer) {
            this.timer = timer;
        }

        public void heard() {
            timer.heard(runNs);
        }

        /** Whether a heartbeat is to be sent now; then it counts as sent. */
        public boolean beats() {
            boolean isDue = timer.isBeatDue(nowNs);
            if (isDue) {
                timer.beatSent(nowNs);
            }
            return isDue;
        }

        /** Silence to tell now, or 0. */
        public long silence(boolean isJudging) {
            long silentNs = isJudging ? timer.silenceToTell(runNs) : 0;
            waitNs = Math.min(waitNs, timer.waitNs(nowNs, runNs));
            return silentNs;
        }
    }
}
