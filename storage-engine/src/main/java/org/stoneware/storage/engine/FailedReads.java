package org.stoneware.storage.engine;

import java.util.concurrent.TimeUnit;
import org.agrona.DirectBuffer;
import org.agrona.collections.Long2ObjectHashMap;
import org.agrona.collections.LongArrayList;

/**
 * Sessions whose record the device would not read. That says nothing of the record, so they are kept, are on their way for whoever asks, and
 * are read again by this object with growing pauses until the device gives them. One that has been refused for {@link #GIVE_UP_NS} lies in a
 * place that has gone bad, as disks report it, and is given up as if it were damaged, see docs/adr/0280.
 * <p>
 * <b>Threading:</b> the agent thread.
 * <p>
 * <b>Limits:</b> {@link #MAX} of them are remembered; with so many nothing is read for others, since it is the device that fails.
 */
final class FailedReads implements ReadTarget {
    static final long GIVE_UP_NS = TimeUnit.MINUTES.toNanos(2);
    static final int MAX = 16_384;
    /** So that a process that stood still does not take its own pause for one of the device. */
    private static final int MIN_ATTEMPTS = 10;

    private static final long FIRST_PAUSE_NS = TimeUnit.MILLISECONDS.toNanos(50);
    private static final long MAX_PAUSE_NS = TimeUnit.SECONDS.toNanos(5);
    private static final long LOOK_NS = TimeUnit.MILLISECONDS.toNanos(10);
    /** Reads begun at one look; others need the device as well. */
    private static final int MAX_BEGUN = 32;

    private final SessionIndex index;
    private final SessionLog log;
    private final Long2ObjectHashMap<Failed> byLocation = new Long2ObjectHashMap<>();
    private final LongArrayList over = new LongArrayList();
    private long nowNs;
    private long lookedNs;
    private String problem = "";
    private String lastReason = "";

    private static final class Failed {
        final long hash;
        final long fingerprint;
        final long sinceNs;
        long nextNs;
        long pauseNs = FIRST_PAUSE_NS;
        int attempts;
        boolean isUnderWay;

        Failed(long hash, long fingerprint, long sinceNs) {
            this.hash = hash;
            this.fingerprint = fingerprint;
            this.sinceNs = sinceNs;
        }
    }

    FailedReads(SessionIndex index, SessionLog log) {
        this.index = index;
        this.log = log;
    }

    /**
     * The device has refused the record of a session that is held there.
     *
     * @param isWriting the device takes what is written, so that it is this place of it that has gone bad.
     * @return true when it has done so for too long: the session is to be given up.
     */
    boolean onRefused(long location, long hash, long fingerprint, String reason, boolean isWriting) {
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
            byLocation.put(location, failed);
        } else {
            failed.pauseNs = Math.min(2 * failed.pauseNs, MAX_PAUSE_NS);
        }
        failed.attempts++;
        failed.isUnderWay = false;
        failed.nextNs = nowNs + failed.pauseNs;
        if (!isWriting || failed.attempts < MIN_ATTEMPTS || nowNs - failed.sinceNs < GIVE_UP_NS) {
            say();
            return false;
        }
        forget(location);
        return true;
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

    int size() {
        return byLocation.size();
    }

    /** One readable line while there are any, else empty. */
    String problem() {
        return problem;
    }

    private void say() {
        problem = byLocation.isEmpty()
                ? ""
                : "the device does not read what is stored: sessions=" + byLocation.size() + " last: " + lastReason;
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
        return begun[0];
    }

    /** Every session is gone. */
    void clear() {
        byLocation.clear();
        say();
    }

    /** It can be read: whoever asks for it next does so. */
    @Override
    public void onRead(long location, DirectBuffer content, int offset, int length) {}

    @Override
    public void onReadFailed(long location, int length, long hash, long fingerprint) {}
}
