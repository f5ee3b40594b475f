package org.stoneware.storage.engine;

import java.util.concurrent.TimeUnit;
import org.agrona.DirectBuffer;
import org.agrona.collections.Long2ObjectHashMap;
import org.agrona.collections.LongArrayList;

/**
 * Sessions whose record the device would not read. That says nothing of the record, so they are kept, are on their way for whoever asks, and
 * are read again by this object with growing pauses until the device gives them. One that has been refused for {@link #GIVE_UP_NS} by a
 * device that meanwhile read other places and took what was written lies in a place that has gone bad, and is given up as if it were
 * damaged, see docs/adr/0280. Walks wait {@link #WALK_NS} for one that is not.
 * <p>
 * <b>Threading:</b> the agent thread.
 * <p>
 * <b>Limits:</b> {@link #MAX} of them are remembered; with so many nothing is read for others, since it is the device that fails.
 */
final class FailedReads implements ReadTarget {
    static final long GIVE_UP_NS = TimeUnit.MINUTES.toNanos(2);
    /** Then a walk over all sessions ends without it, and says so. */
    static final long WALK_NS = TimeUnit.MINUTES.toNanos(10);

    static final int MAX = 16_384;
    /** So that a process that stood still does not take its own pause for one of the device. */
    private static final int MIN_ATTEMPTS = 10;
    /** What was under way when the device went away may end well after the first refusal: once proves nothing. */
    private static final int MIN_PROOFS = 3;

    private static final int WITNESS_STEPS = 256;

    private static final long FIRST_PAUSE_NS = TimeUnit.MILLISECONDS.toNanos(50);
    private static final long MAX_PAUSE_NS = TimeUnit.SECONDS.toNanos(5);
    private static final long LOOK_NS = TimeUnit.MILLISECONDS.toNanos(10);
    /** Reads begun at one look; others need the device as well. */
    private static final int MAX_BEGUN = 32;

    private static final String NO_STANDBY =
            "; writing has failed too, so no standby can be copied from this server before it has been started again: ";
    private static final String ADVICE_WHEN_KEPT = "give it a sound disk, what was durable is there then";
    private static final String ADVICE_WHEN_NOT_KEPT =
            "without a standby make a backup first (bin/backup), since this mode keeps nothing";

    private final String adviceOnceLogHasFailed;
    private final SessionIndex index;
    private final SessionLog log;
    private final Long2ObjectHashMap<Failed> byLocation = new Long2ObjectHashMap<>();
    private final LongArrayList over = new LongArrayList();
    private long nowNs;
    private long lookedNs;
    /** Since when as many are refused as are remembered. */
    private long fullSinceNs;

    private int witnessHand;
    private long witnessNs = Long.MIN_VALUE;
    private String problem = "";
    private String lastReason = "";

    private static final class Failed {
        final long hash;
        final long fingerprint;
        final long sinceNs;
        long nextNs;
        long pauseNs = FIRST_PAUSE_NS;
        int attempts;
        /** Of those the ones in which the file was open and the device refused the place. */
        int refusals;
        /** Refusals between which the device has read elsewhere, and taken what was written. */
        int proofs;

        long wholeReads;
        long provenPosition;
        boolean isUnderWay;

        Failed(long hash, long fingerprint, long sinceNs) {
            this.hash = hash;
            this.fingerprint = fingerprint;
            this.sinceNs = sinceNs;
        }
    }

    /** @param isKeeping whether what was durable is there after the next start. */
    FailedReads(SessionIndex index, SessionLog log, boolean isKeeping) {
        this.index = index;
        this.log = log;
        adviceOnceLogHasFailed = NO_STANDBY + (isKeeping ? ADVICE_WHEN_KEPT : ADVICE_WHEN_NOT_KEPT);
    }

    /**
     * The record of a session that is held there could not be read.
     *
     * @param isByDevice the device refused this place of an open file; else it says nothing of the place.
     * @return true when it is the place that has gone bad: the session is to be given up.
     */
    boolean onRefused(long location, long hash, long fingerprint, String reason, boolean isByDevice) {
        lastReason = reason;
        Failed failed = byLocation.get(location);
        if (failed == null) {
            if (byLocation.size() == MAX) {
                return false;
            }
            if (byLocation.isEmpty()) {
                lookedNs = nowNs;
            }
            failed = new Failed(hash, fingerprint, nowNs);
            mark(failed);
            byLocation.put(location, failed);
            fullSinceNs = nowNs;
        } else {
            failed.pauseNs = Math.min(2 * failed.pauseNs, MAX_PAUSE_NS);
        }
        failed.attempts++;
        failed.isUnderWay = false;
        failed.nextNs = nowNs + failed.pauseNs;
        if (isByDevice) {
            failed.refusals++;
            prove(failed);
        }
        if (failed.refusals < MIN_ATTEMPTS || failed.proofs < MIN_PROOFS || nowNs - failed.sinceNs < GIVE_UP_NS) {
            say();
            return false;
        }
        forget(location);
        return true;
    }

    private void prove(Failed failed) {
        if (log.log().wholeReads() > failed.wholeReads && log.log().provenPosition() > failed.provenPosition) {
            failed.proofs++;
            mark(failed);
        }
    }

    private void mark(Failed failed) {
        failed.wholeReads = log.log().wholeReads();
        failed.provenPosition = log.log().provenPosition();
    }

    /** The record at a location has been read, or is known to be damaged. */
    void forget(long location) {
        if (!byLocation.isEmpty() && byLocation.remove(location) != null) {
            say();
        }
    }

    /** Whether a session must not be read for others now. */
    boolean isHeldOff(int entry) {
        return !byLocation.isEmpty() && (byLocation.size() == MAX || byLocation.containsKey(index.logLocation(entry)));
    }

    /** Whether a session that is held off has been so for so long that a walk ends without it. */
    boolean isPastWalks(int entry) {
        Failed failed = byLocation.get(index.logLocation(entry));
        if (failed == null) {
            return byLocation.size() == MAX && nowNs - fullSinceNs >= WALK_NS;
        }
        return failed.attempts >= MIN_ATTEMPTS && nowNs - failed.sinceNs >= WALK_NS;
    }

    int size() {
        return byLocation.size();
    }

    /** One readable line while there are any, else empty. */
    String problem() {
        return problem;
    }

    /** Nothing can prove any more that a place has gone bad. */
    void onLogFailed() {
        say();
    }

    private void say() {
        problem = byLocation.isEmpty()
                ? ""
                : "the device does not read what is stored: sessions=" + byLocation.size() + " last: " + lastReason
                        + (log.log().isFailed() ? adviceOnceLogHasFailed : "");
    }

    /** Reads again what is due. */
    int doWork(long nowNs) {
        this.nowNs = nowNs;
        if (byLocation.isEmpty() || nowNs - lookedNs < LOOK_NS) {
            return 0;
        }
        lookedNs = nowNs;
        int[] begun = {0};
        byLocation.forEachLong((location, failed) -> {
            int entry = index.find(failed.hash, failed.fingerprint);
            if (entry == SessionIndex.NONE || index.isResident(entry) || index.logLocation(entry) != location) {
                over.addLong(location);
            } else if (begun[0] < MAX_BEGUN && !failed.isUnderWay && nowNs - failed.nextNs >= 0) {
                failed.isUnderWay = log.readAgain(entry, this);
                begun[0] += failed.isUnderWay ? 1 : 0;
            }
        });
        for (int i = 0; i < over.size(); i++) {
            forget(over.getLong(i));
        }
        over.clear();
        return begun[0] + askWitness();
    }

    /** Reads a record elsewhere, since maybe nobody else does: what is used is in memory. */
    private int askWitness() {
        if (byLocation.isEmpty() || witnessNs != Long.MIN_VALUE && nowNs - witnessNs < MAX_PAUSE_NS) {
            return 0;
        }
        witnessNs = nowNs;
        for (int i = 0; i < Math.min(WITNESS_STEPS, index.size()); i++) {
            witnessHand = witnessHand + 1 >= index.size() ? 0 : witnessHand + 1;
            boolean isElsewhere = index.isInLog(witnessHand) && !byLocation.containsKey(index.logLocation(witnessHand));
            if (isElsewhere) {
                return log.readAgain(witnessHand, this) ? 1 : 0;
            }
        }
        return 0;
    }

    /** Every session is gone. */
    void clear() {
        byLocation.clear();
        say();
    }

    /** It can be read: whoever asks for it next does so. And the device reads. */
    @Override
    public void onRead(long location, DirectBuffer content, int offset, int length) {}

    @Override
    public void onReadFailed(long location, int length, long hash, long fingerprint) {}
}
