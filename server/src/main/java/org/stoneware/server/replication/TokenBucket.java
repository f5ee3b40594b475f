package org.stoneware.server.replication;

import java.util.concurrent.TimeUnit;

/**
 * Bytes that may be sent, refilled at a constant rate. What must go out at once is taken also when nothing is left; the debt is
 * paid before anything else goes.
 */
final class TokenBucket {
    private static final long BURST_NS = TimeUnit.MILLISECONDS.toNanos(20);

    private final long bytesPerSec;
    private final long maxBytes;
    private long bytes;
    private long filledNs;

    TokenBucket(long bytesPerSec, long nowNs) {
        this.bytesPerSec = bytesPerSec;
        this.maxBytes = Math.max(1, bytesIn(BURST_NS));
        this.bytes = maxBytes;
        this.filledNs = nowNs;
    }

    /** True while something may be sent. */
    boolean hasTokens(long nowNs) {
        long more = bytesIn(Math.min(nowNs - filledNs, TimeUnit.SECONDS.toNanos(10)));
        if (more > 0) {
            bytes = Math.min(maxBytes, bytes + more);
            filledNs = nowNs;
        }
        return bytes > 0;
    }

    void take(int length) {
        bytes -= length;
    }

    private long bytesIn(long intervalNs) {
        return (long) (bytesPerSec * (intervalNs / (double) TimeUnit.SECONDS.toNanos(1)));
    }
}
