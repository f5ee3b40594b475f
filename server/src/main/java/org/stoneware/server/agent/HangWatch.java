package org.stoneware.server.agent;

/**
 * Tells an agent that hangs from one that is not let run. Time counts only while the thread that watches came when it was due: in a
 * process that is frozen, or on a machine whose processors or disks do not keep up, a late agent proves nothing, and ending the servers
 * one after the other would lose what all of them hold.
 * <p>
 * <b>Threading:</b> one thread, the one that watches.
 */
final class HangWatch {
    private final long hangNs;
    private final long intervalNs;
    private long seenCycles;
    private long lastNs;
    private long stuckNs;

    /** @param intervalNs between two looks; one that comes after twice that is late, and the time before it does not count. */
    HangWatch(long hangNs, long intervalNs, long cycles, long nowNs) {
        this.hangNs = hangNs;
        this.intervalNs = intervalNs;
        this.seenCycles = cycles;
        this.lastNs = nowNs;
    }

    /** @return whether the agent has completed no cycle for {@code hangNs} of time that counts. */
    boolean isHanging(long cycles, long nowNs) {
        long sinceNs = nowNs - lastNs;
        lastNs = nowNs;
        if (cycles != seenCycles) {
            seenCycles = cycles;
            stuckNs = 0;
        } else if (sinceNs <= 2 * intervalNs) {
            stuckNs += sinceNs;
        }
        return stuckNs > hangNs;
    }
}
