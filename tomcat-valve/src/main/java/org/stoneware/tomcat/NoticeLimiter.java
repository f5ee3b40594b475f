package org.stoneware.tomcat;

/**
 * Lets one message in a while through and counts the others, so that an array that is away does not fill the log.
 * <p>
 * <b>Threading:</b> callable from any thread.
 */
final class NoticeLimiter {
    private final long intervalNs;
    private boolean hasSpoken;
    private long lastNs;
    private long suppressed;

    NoticeLimiter(long intervalNs) {
        this.intervalNs = intervalNs;
    }

    /**
     * Asks to speak.
     *
     * @return negative when the caller stays silent, else how many did so since the last one spoke.
     */
    synchronized long admit(long nowNs) {
        if (hasSpoken && nowNs - lastNs < intervalNs) {
            suppressed++;
            return -1;
        }
        hasSpoken = true;
        lastNs = nowNs;
        long count = suppressed;
        suppressed = 0;
        return count;
    }
}
