package org.stoneware.liveness;

import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.spi.liveness.Heartbeat;

/**
 * What this process says of itself in heartbeats. Written by the agent, read by the liveness thread, without a lock between them.
 * <p>
 * The agent's age counts time in which the liveness thread ran: a process that was frozen as a whole, or is starved as a whole, has no agent
 * that hangs.
 */
final class AgentStatus {
    private static final long NEVER = Long.MIN_VALUE;

    private final AtomicLong lastCycleRunNs = new AtomicLong(NEVER);
    private final AtomicLong stalledNs = new AtomicLong();
    private volatile @Nullable Heartbeat status;

    void agentCycled(long nowNs) {
        lastCycleRunNs.setRelease(nowNs - stalledNs.getAcquire());
    }

    /** For how long the liveness thread has not run although it wanted to, in all. */
    void stalled(long totalNs) {
        stalledNs.setRelease(totalNs);
    }

    /** @return true when it says something new, whatever age it names. */
    boolean isNew(Heartbeat heartbeat) {
        Heartbeat current = status;
        return current == null
                || current.incarnation() != heartbeat.incarnation()
                || current.role() != heartbeat.role()
                || current.epoch() != heartbeat.epoch()
                || !current.activeAddress().equals(heartbeat.activeAddress());
    }

    void status(Heartbeat heartbeat) {
        status = heartbeat;
    }

    /** The record a heartbeat is made from; a new object exactly when something new is said, null when nothing was said yet. */
    @Nullable
    Heartbeat current() {
        return status;
    }

    /** @param incarnation what the connection's hello or reply named; used until {@link #status(Heartbeat)} was called. */
    Heartbeat heartbeat(@Nullable Heartbeat current, long incarnation, long nowNs) {
        return current == null
                ? new Heartbeat(incarnation, ageMs(nowNs), ServerRole.START, 0, "")
                : new Heartbeat(
                        current.incarnation(), ageMs(nowNs), current.role(), current.epoch(), current.activeAddress());
    }

    /** Time since the agent's last cycle, ms; 0 before the first. Any thread. */
    int ageMs(long nowNs) {
        long cycleRunNs = lastCycleRunNs.getAcquire();
        if (cycleRunNs == NEVER) {
            return 0;
        }
        return (int)
                Math.min(Integer.MAX_VALUE, Math.max(0, (nowNs - stalledNs.getAcquire() - cycleRunNs) / 1_000_000));
    }
}
