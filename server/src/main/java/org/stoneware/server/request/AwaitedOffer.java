package org.stoneware.server.request;

import java.util.concurrent.TimeUnit;

/**
 * Whether another server that was active at the same time as this one is about to offer what it acknowledged alone, so that a session as it
 * is here may be the older one of two. Until the offer is decided about, requests for sessions not changed in this epoch wait; see ADR 0300.
 * <p>
 * <b>Threading:</b> the agent thread. Time is a parameter.
 * <p>
 * <b>Limits:</b> no request waits longer than {@link #BOUND_NS}, and nothing waits once nothing of the offer has come for as long.
 */
public final class AwaitedOffer {
    /** About what it takes two servers to find each other again, twice over. */
    static final long BOUND_NS = TimeUnit.SECONDS.toNanos(2);
    /** How often those that wait are served again, since what they wait for may have been decided; the more wait, the less often. */
    static final long RETRY_NS = TimeUnit.MILLISECONDS.toNanos(10);

    private static final long RETRY_NS_EACH = TimeUnit.MICROSECONDS.toNanos(20);

    private final RequestEvents events;
    private boolean isAwaited;
    private boolean isRetryDue;
    /** What Tomcats say of a split is news once; the other server itself is believed each time. */
    private boolean isTomcatBelieved = true;

    private long sinceNs;
    private long progressNs;
    private long retriedNs;
    private long waited;
    private long overdue;

    AwaitedOffer(RequestEvents events) {
        this.events = events;
    }

    /** True while requests may have to wait; all that is asked on the ordinary way of a request. */
    boolean isAwaited() {
        return isAwaited;
    }

    /** Another server that acknowledged alone, or may have, can be reached again. */
    public void begin(long nowNs) {
        isTomcatBelieved = false;
        progressNs = nowNs;
        if (!isAwaited) {
            isAwaited = true;
            sinceNs = nowNs;
            waited = 0;
            overdue = 0;
        }
    }

    /** A Tomcat comes from a server that acknowledged alone. */
    void onTomcatOfOtherSide(long nowNs) {
        if (isTomcatBelieved) {
            begin(nowNs);
        }
    }

    /** Something of the offer has come. */
    public void onProgress(long nowNs) {
        progressNs = nowNs;
    }

    /** Nothing more is to come: all of it is decided about and committed, or there was none. */
    public void end(long nowNs) {
        isTomcatBelieved = false;
        if (!isAwaited) {
            return;
        }
        isAwaited = false;
        isRetryDue = true;
        if (overdue > 0) {
            tellOverdue("it took longer than ", nowNs);
        } else if (waited > 0) {
            events.info("split-awaited", inWords(nowNs) + "; no request was answered before that was decided about");
        }
    }

    /**
     * Whether a request must wait.
     *
     * @param isNew the request has not waited for the offer yet.
     */
    boolean holds(long arrivedNs, boolean isNew, long nowNs) {
        if (nowNs - arrivedNs >= BOUND_NS) {
            overdue++;
            return false;
        }
        waited += isNew ? 1 : 0;
        return true;
    }

    /** Lets time pass; true when those that wait, so many, are to be served again. */
    boolean doWork(int waiting, long nowNs) {
        if (isAwaited && nowNs - progressNs >= BOUND_NS) {
            isAwaited = false;
            isRetryDue = true;
            if (waited > 0) {
                overdue = Math.max(overdue, 1);
                tellOverdue("nothing came for ", nowNs);
            }
        }
        boolean isDue = isRetryDue || isAwaited && nowNs - retriedNs >= RETRY_NS + waiting * RETRY_NS_EACH;
        if (isDue) {
            isRetryDue = false;
            retriedNs = nowNs;
        }
        return isDue;
    }

    private void tellOverdue(String why, long nowNs) {
        events.warning(
                "split-awaited",
                inWords(nowNs) + "; " + why + TimeUnit.NANOSECONDS.toMillis(BOUND_NS)
                        + " ms, so requests were answered from what is here, and may have changed what is older");
    }

    private String inWords(long nowNs) {
        return waited + " requests waited, for up to "
                + TimeUnit.NANOSECONDS.toMillis(Math.min(nowNs - sinceNs, BOUND_NS))
                + " ms, for what another server acknowledged alone while both were active";
    }
}
