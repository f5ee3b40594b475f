package org.stoneware.server.agent;

import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/**
 * Tells why sessions do not move. A server that asks again by itself every few seconds is answered the same again and again, but for
 * how many bytes are free just then: that is told once, then every {@link #AGAIN_NS}, so that the list of events has room for others.
 * <p>
 * <b>Threading:</b> the agent thread.
 */
final class RefusalNotices {
    static final long AGAIN_NS = TimeUnit.MINUTES.toNanos(10);

    /** A number that stands for itself; those of a version, or in a name, tell what is refused. */
    private static final Pattern NUMBER = Pattern.compile("(?<![\\w.])\\d++(?![\\w.]*\\w)");

    private final EventLog events;
    private String told = "";
    private long toldNs;

    RefusalNotices(EventLog events) {
        this.events = events;
    }

    /** @param isAskedAgain nobody waits for the answer, and it is asked again soon. */
    void tell(String mode, String reason, boolean isAskedAgain, long nowNs) {
        String refusal = "sessions do not move to " + mode + ": " + reason;
        String kind = NUMBER.matcher(refusal).replaceAll("n");
        if (!isAskedAgain || !kind.equals(told) || nowNs - toldNs >= AGAIN_NS) {
            events.warning("store-exchange-refused", refusal);
            told = kind;
            toldNs = nowNs;
        }
    }
}
