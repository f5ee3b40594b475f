package org.stoneware.server.session;

import org.stoneware.server.replication.EndedSessions;

/**
 * What each part of a server may take of its heap: one table for all that grows with the traffic and not with what is held. The sum of an
 * active's parts fits half of the heap, and so does the sum of a passive's, see {@link #activeBytes()} and {@link #passiveBytes()}; ADR 0245
 * says what the other half is for. No share exceeds what is of use, however large the heap.
 * <p>
 * Every part takes one message, entry or session of the greatest length allowed, though that is more than its share: else such a session
 * would never get through.
 * <p>
 * <b>Threading:</b> immutable.
 *
 * @param logBytes            the last of the log, kept by an active for standbys that come back.
 * @param changedSessions     sessions changed and not sent yet, for each standby being copied.
 * @param copiedStandbys      standbys an active may be copying at a time.
 * @param waitingRequestBytes requests that wait, both large queues of an active together.
 * @param clientBytes         answers that Tomcats have not taken yet, and requests that are not whole, of all Tomcats together.
 * @param copyBytes           parts of a copy that wait for the store of a passive.
 * @param removedSessions     sessions removed during a copy that a passive remembers, the latest.
 * @param receivedBytes       entries of the log that wait for the store of a passive.
 * @param ownedSessions       sessions Tomcats have before an active asks for those used longest ago; part of what is held, see ADR 0241.
 */
public record HeapShares(
        long logBytes,
        int changedSessions,
        int copiedStandbys,
        long waitingRequestBytes,
        long clientBytes,
        long copyBytes,
        int removedSessions,
        long receivedBytes,
        int ownedSessions) {
    /** A request on its way in and an answer on its way out, each of the longest session: less would shut its Tomcat out for ever. */
    static final long MIN_CLIENT_BYTES = 64L << 20;

    /** What a session's key takes in a map of the heap: node, value, key and its two arrays, with names of usual length. */
    static final int BYTES_PER_KEY = 176;

    /** Who has a session takes its key, a row and a place in a map in order of use; names somewhat longer than usual. */
    private static final int BYTES_PER_OWNED_SESSION = 256;

    private static final int MAX_OWNED_SESSIONS = 100_000_000;

    /** No heap is so large that more would be of use. */
    public static final HeapShares LARGEST = of(Long.MAX_VALUE, 1);

    private static final long MIB = 1L << 20;

    /**
     * The table.
     *
     * @param maxHeapBytes most bytes the heap may grow to.
     * @param standbys     servers that may be copied at a time, at least 1.
     */
    public static HeapShares of(long maxHeapBytes, int standbys) {
        int copied = Math.max(1, standbys);
        return new HeapShares(
                share(maxHeapBytes, 8, 8 * MIB, 256 * MIB),
                keys(maxHeapBytes / 32 / copied),
                copied,
                share(maxHeapBytes, 16, 2 * MIB, 128 * MIB),
                share(maxHeapBytes, 8, MIN_CLIENT_BYTES, 1_024 * MIB),
                share(maxHeapBytes, 8, 2 * MIB, 128 * MIB),
                keys(maxHeapBytes / 16),
                share(maxHeapBytes, 8, 2 * MIB, 72 * MIB),
                (int) Math.min(MAX_OWNED_SESSIONS, maxHeapBytes / 8 / BYTES_PER_OWNED_SESSION));
    }

    private static long share(long maxHeapBytes, int part, long min, long max) {
        return Math.min(max, Math.max(min, maxHeapBytes / part));
    }

    private static int keys(long bytes) {
        return (int) Math.min(1_000_000, Math.max(1_024, bytes / BYTES_PER_KEY));
    }

    /** All an active takes at worst, but for what it holds. */
    long activeBytes() {
        return logBytes
                + (long) changedSessions * copiedStandbys * BYTES_PER_KEY
                + waitingRequestBytes
                + clientBytes
                + inEveryRoleBytes();
    }

    /** All a passive takes at worst, but for what it holds. */
    long passiveBytes() {
        return copyBytes + (long) removedSessions * BYTES_PER_KEY + receivedBytes + inEveryRoleBytes();
    }

    /** Of servers that replace each other these must be equal or say what is missing, so they do not follow the heap. */
    private static long inEveryRoleBytes() {
        return ExpiryJobs.MAX_BYTES + EndedSessions.MAX_BYTES;
    }
}
