package org.stoneware.client;

import java.util.concurrent.TimeUnit;
import org.stoneware.wire.session.SessionProtocol;

/**
 * When to renew the lease, and when the renewals were sent that are answered later. A Tomcat that owns nothing and asks for nothing
 * needs no lease: its rare renewals only keep its place in the server's table.
 * <p>
 * <b>Threading:</b> the agent thread.
 */
final class LeaseRenewals {
    /** Answer to {@link #sentNs} for a renewal that is not remembered. */
    static final long UNKNOWN = Long.MIN_VALUE;

    private static final long INTERVAL_NS = TimeUnit.MILLISECONDS.toNanos(SessionProtocol.RENEW_INTERVAL_MS);
    private static final long IDLE_INTERVAL_NS = TimeUnit.SECONDS.toNanos(1);
    private static final long ACTIVE_NS = TimeUnit.SECONDS.toNanos(2);
    private static final int REMEMBERED = 64;

    private final long[] sentNs = new long[REMEMBERED];
    private long sequence;
    private long nextNs;
    private long lastRequestNs;

    LeaseRenewals(long startNs) {
        lastRequestNs = startNs;
        nextNs = startNs;
    }

    boolean isDue(long nowNs) {
        return nowNs - nextNs >= 0;
    }

    /** The next renewal is due at once. */
    void dueNow(long nowNs) {
        nextNs = nowNs;
    }

    /** Notes a request; true when no lease was kept until now, so that it must be renewed before the request is sent. */
    boolean onRequest(long nowNs, long ownedSessions) {
        boolean wasIdle = !isNeeded(nowNs, ownedSessions);
        lastRequestNs = nowNs;
        return wasIdle;
    }

    private boolean isNeeded(long nowNs, long ownedSessions) {
        return ownedSessions > 0 || nowNs - lastRequestNs < ACTIVE_NS;
    }

    /** Notes a renewal about to be sent and returns its number. */
    long send(long nowNs, long ownedSessions) {
        nextNs = nowNs + (isNeeded(nowNs, ownedSessions) ? INTERVAL_NS : IDLE_INTERVAL_NS);
        sentNs[(int) (++sequence % REMEMBERED)] = nowNs;
        return sequence;
    }

    /** When a renewal was sent, or {@link #UNKNOWN}. */
    long sentNs(long answered) {
        return answered > sequence - REMEMBERED && answered <= sequence && answered > 0
                ? sentNs[(int) (answered % REMEMBERED)]
                : UNKNOWN;
    }
}
