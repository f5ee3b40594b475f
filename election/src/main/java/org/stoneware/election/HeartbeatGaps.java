package org.stoneware.election;

import java.util.concurrent.TimeUnit;

/**
 * How long a peer is usually silent between two heartbeats, and how long it may be before that is worth a thought: four times what all
 * but one in a thousand gaps stay below, within bounds. A noisy machine is given more time instead of a false failover.
 */
final class HeartbeatGaps {
    /** Least silence that is worth a thought. */
    static final long MIN_DETECTION_NS = TimeUnit.MILLISECONDS.toNanos(500);

    /** Most; beyond it failover would take too long, however noisy the machine is. */
    static final long MAX_DETECTION_NS = TimeUnit.MILLISECONDS.toNanos(800);

    private static final int WINDOW = 1_000;
    private static final int FACTOR = 4;

    private int count;
    private long longestNs;
    private long secondNs;
    private long beforeNs;

    /** Takes in the time between two heartbeats, without the stalls of this server. */
    void onGap(long gapNs) {
        if (gapNs > longestNs) {
            secondNs = longestNs;
            longestNs = gapNs;
        } else if (gapNs > secondNs) {
            secondNs = gapNs;
        }
        if (++count == WINDOW) {
            beforeNs = secondNs;
            count = 0;
            longestNs = 0;
            secondNs = 0;
        }
    }

    /** Silence from which on the peer is missed. */
    long detectionNs() {
        // The second longest of a thousand: one in a thousand may be longer.
        long usualNs = Math.max(beforeNs, secondNs);
        return Math.min(MAX_DETECTION_NS, Math.max(MIN_DETECTION_NS, FACTOR * usualNs));
    }

    /** Whether the peer's heartbeats are so irregular that more time would be needed than there is. */
    boolean isDegraded() {
        return detectionNs() == MAX_DETECTION_NS;
    }
}
