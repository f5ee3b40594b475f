package org.stoneware.client;

import java.util.concurrent.TimeUnit;
import org.stoneware.api.time.SleepWatch;
import org.stoneware.wire.session.SessionProtocol;

/**
 * Until when this Tomcat may use what it owns without asking. It counts from the moment a renewal is <em>sent</em>, and is over at once
 * when the machine has slept without the monotonic clock (ADR 0306).
 * <p>
 * <b>Threading:</b> with the monitor of {@link OwnedSessions} held.
 */
final class Lease {
    private static final long LEASE_NS = TimeUnit.MILLISECONDS.toNanos(SessionProtocol.LEASE_MS);

    private final SleepWatch watch = new SleepWatch();
    private int sleeps;
    private long awokeNs;
    private long untilNs;
    private boolean isHeld;

    boolean isValid(long nowNs) {
        return isHeld && nowNs - untilNs < 0;
    }

    /** True when there was one that is over, and nobody has said so yet with {@link #end}. */
    boolean hasLapsed(long nowNs) {
        return isHeld && nowNs - untilNs >= 0;
    }

    void end() {
        isHeld = false;
    }

    /** Takes notice of what both clocks of this machine show, the wall clock read first; true when they disagree. */
    boolean hasSlept(long wallMs, long nowNs) {
        if (watch.sleptNs(wallMs, nowNs) == SleepWatch.AGREED) {
            return false;
        }
        sleeps++;
        awokeNs = nowNs;
        return true;
    }

    /** How often the clocks have disagreed. */
    int sleeps() {
        return sleeps;
    }

    /** A renewal sent at the given time was answered; one from before a sleep counts for nothing. */
    void onRenewed(long sentNs) {
        boolean isFromBeforeASleep = sleeps > 0 && sentNs - awokeNs < 0;
        if (isFromBeforeASleep) {
            return;
        }
        if (!isHeld || sentNs + LEASE_NS - untilNs > 0) {
            untilNs = sentNs + LEASE_NS;
            isHeld = true;
        }
    }
}
