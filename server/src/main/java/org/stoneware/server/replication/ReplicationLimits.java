package org.stoneware.server.replication;

import java.util.concurrent.TimeUnit;

/**
 * Bounds of replication on the active side.
 *
 * @param windowBytes         most bytes of entries a counted standby may owe acknowledgements for; one entry is always let in.
 * @param windowNs            longest time a counted standby may owe one.
 * @param stallNs             how long the window may stay full before the standby is to be dropped.
 * @param holdOffMinNs        shortest time a dropped standby waits before it is copied again.
 * @param holdOffMaxNs        longest such time; doubled from drop to drop.
 * @param retainedBytes       bytes of entries kept for standbys that come back.
 * @param snapshotBytesPerSec most bytes of snapshot sent in a second.
 * @param pauseNs             longest pause of commits while a standby catches the last entries.
 * @param heartbeatNs         interval of signs of life.
 * @param maxChangedSessions  most sessions changed and not sent yet while a snapshot goes on.
 */
public record ReplicationLimits(
        long windowBytes,
        long windowNs,
        long stallNs,
        long holdOffMinNs,
        long holdOffMaxNs,
        long retainedBytes,
        long snapshotBytesPerSec,
        long pauseNs,
        long heartbeatNs,
        int maxChangedSessions) {
    private static final long MAX_RETAINED_BYTES = 256L << 20;
    private static final long MIN_RETAINED_BYTES = 8L << 20;
    /** The log is the largest thing an active has on its heap that does not depend on what it holds; it takes this share at most. */
    private static final int HEAP_SHARE = 8;

    public static final ReplicationLimits DEFAULTS = new ReplicationLimits(
            64L << 20,
            TimeUnit.SECONDS.toNanos(1),
            TimeUnit.MILLISECONDS.toNanos(500),
            TimeUnit.SECONDS.toNanos(5),
            TimeUnit.MINUTES.toNanos(5),
            MAX_RETAINED_BYTES,
            32L << 20,
            TimeUnit.MILLISECONDS.toNanos(500),
            TimeUnit.MILLISECONDS.toNanos(50),
            1_000_000);

    /**
     * These limits, with as little kept of the log as fits a server's heap.
     *
     * @param maxHeapBytes most bytes the heap may grow to.
     */
    public ReplicationLimits forHeap(long maxHeapBytes) {
        long retained = Math.min(retainedBytes, Math.max(MIN_RETAINED_BYTES, maxHeapBytes / HEAP_SHARE));
        return new ReplicationLimits(
                Math.min(windowBytes, retained / 2),
                windowNs,
                stallNs,
                holdOffMinNs,
                holdOffMaxNs,
                retained,
                snapshotBytesPerSec,
                pauseNs,
                heartbeatNs,
                maxChangedSessions);
    }
}
