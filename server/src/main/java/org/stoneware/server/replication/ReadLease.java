package org.stoneware.server.replication;

import java.util.concurrent.TimeUnit;

/**
 * The word of one standby not to take over for a while, as its active may rely on it: from the moment the active <em>sent</em> what
 * the standby has acknowledged. From receipt would be wrong: an acknowledgement can be underway for as long as it likes, and an
 * active that was stopped finds old ones waiting when it goes on.
 */
final class ReadLease {
    static final long LEASE_NS = TimeUnit.MILLISECONDS.toNanos(300);

    private boolean isGiven;
    private long incarnation;
    private long sentNs;
    private boolean isDistrusted;
    private long distrustedNs;

    /** @param sentNs when the newest frame was sent that this process had received when it acknowledged. */
    void renewed(long fromIncarnation, long sentNs) {
        boolean isOfBefore = isDistrusted && sentNs - distrustedNs < 0;
        if (isOfBefore) {
            return;
        }
        if (!isGiven || fromIncarnation != incarnation || sentNs - this.sentNs > 0) {
            isGiven = true;
            incarnation = fromIncarnation;
            this.sentNs = sentNs;
        }
    }

    /** What was sent before this time may be older than it says: the clock stood still while the machine slept. */
    void distrust(long nowNs) {
        isGiven = false;
        isDistrusted = true;
        distrustedNs = nowNs;
    }

    /** @param nowNs read after what depends on the answer has arrived. */
    boolean holds(long ofIncarnation, long nowNs) {
        return isGiven && ofIncarnation == incarnation && nowNs - sentNs < LEASE_NS;
    }
}
