package org.stoneware.server.replication;

import java.util.concurrent.TimeUnit;
import org.stoneware.server.session.HeapShares;

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
 * @param readsNeedConnection a standby whose connection is lost is not taken at its word not to take over (ADR 0307).
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
        int maxChangedSessions,
        boolean readsNeedConnection) {
    public static final ReplicationLimits DEFAULTS = new ReplicationLimits(
            64L << 20,
            TimeUnit.SECONDS.toNanos(1),
            TimeUnit.MILLISECONDS.toNanos(500),
            TimeUnit.SECONDS.toNanos(5),
            TimeUnit.MINUTES.toNanos(5),
            HeapShares.LARGEST.logBytes(),
            32L << 20,
            TimeUnit.MILLISECONDS.toNanos(500),
            TimeUnit.MILLISECONDS.toNanos(50),
            HeapShares.LARGEST.changedSessions());

    /** Limits under which the word of a standby counts whether it is connected or not. */
    public ReplicationLimits(
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
        this(
                windowBytes,
                windowNs,
                stallNs,
                holdOffMinNs,
                holdOffMaxNs,
                retainedBytes,
                snapshotBytesPerSec,
                pauseNs,
                heartbeatNs,
                maxChangedSessions,
                false);
    }

    /** These limits, and whether the word of a standby counts only while it is connected. */
    public ReplicationLimits readsNeedConnection(boolean isNeeded) {
        return new ReplicationLimits(
                windowBytes,
                windowNs,
                stallNs,
                holdOffMinNs,
                holdOffMaxNs,
                retainedBytes,
                snapshotBytesPerSec,
                pauseNs,
                heartbeatNs,
                maxChangedSessions,
                isNeeded);
    }

    /** These limits, with as little kept as fits a server's heap. */
    public ReplicationLimits within(HeapShares shares) {
        long retained = Math.min(retainedBytes, shares.logBytes());
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
                Math.min(maxChangedSessions, shares.changedSessions()),
                readsNeedConnection);
    }

    /** These limits, with the rate of a copy halved so many times. */
    ReplicationLimits slowerBy(int halvings) {
        return new ReplicationLimits(
                windowBytes,
                windowNs,
                stallNs,
                holdOffMinNs,
                holdOffMaxNs,
                retainedBytes,
                Math.max(1, snapshotBytesPerSec >> halvings),
                pauseNs,
                heartbeatNs,
                maxChangedSessions,
                readsNeedConnection);
    }
}
