package org.stoneware.server.request;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.spi.storage.SessionStore;

/**
 * Ends sessions nobody used for longer than their interval, in log time, on the active alone; {@link ExpiryNotices} then sees to it that
 * one Tomcat fires the application's listeners.
 * <p>
 * A session in use is not ended: its owner is asked to release it first, which brings the last access along. The entry that ends it
 * holds only if the last access is still the one seen here, so an access that comes in between wins on every replica alike.
 * <p>
 * While more is overdue than one sweep takes, the next one follows {@link #FOLLOW_UP_NS} later, so that sessions end as fast as they come;
 * see ADR 0240.
 * <p>
 * <b>Threading:</b> the agent thread. <b>Limits:</b> a sweep ends {@link #SWEEP_LIMIT} sessions, and looks again at those it could not end
 * before.
 */
final class ExpirySweep {
    /** Last accesses of read-only requests arrive up to a second late; twice that is waited for. */
    static final long SLACK_MS = 2_000;

    private static final long SWEEP_INTERVAL_NS = TimeUnit.MILLISECONDS.toNanos(500);
    /** Until the next sweep while there is more to do: time for requests, for owners to release, for loads to end. */
    private static final long FOLLOW_UP_NS = TimeUnit.MILLISECONDS.toNanos(20);

    private static final int SWEEP_LIMIT = 256;
    private static final int MAX_HELD_BACK = 4_096;
    /** For so long sessions wait for the notices of those before them, so that few notices are dropped; then room comes first. */
    private static final long NOTICES_FIRST_NS = TimeUnit.MINUTES.toNanos(10);

    private final SessionStore store;
    private final SessionOwnership ownership;
    private final boolean isEnabled;
    private final Output output;
    private final List<Candidate> candidates = new ArrayList<>();
    private long nextSweepNs;
    private long lastSweepNs;
    /** Ends proposed and not committed yet. */
    private int underWay;
    /** Candidates of the last sweep that are in use; they come first again next time and must not crowd out the others. */
    private int heldBack;

    private boolean isScheduled;
    /** More was overdue than the last sweep took. */
    private boolean isBehind;

    private long behindSinceNs;

    private record Candidate(SessionKey key, long lastAccessedTimeMs) {}

    /** What became of a session whose time is over. */
    private enum End {
        PROPOSED,
        /** Its owner was asked to release it. */
        IN_USE,
        /** The log takes no entry now. */
        NOT_NOW
    }

    /** Takes what the sweep decides. */
    interface Output {
        /** Whether a session is in memory; else it is on its way there. */
        boolean isShown(SessionKey key);

        /** Whether nothing can be ended, since the store takes no changes. */
        boolean isReadOnly();

        /** Whether many notices wait for Tomcats that take them, so that more might have to be dropped. */
        boolean areNoticesBehind();

        /**
         * Proposes the end of a session; {@link #onCommitted} follows, not before this call returns.
         *
         * @return false when the log takes no entry now; nothing has happened then.
         */
        boolean expire(SessionKey key, long lastAccessedTimeMs);
    }

    ExpirySweep(SessionStore store, SessionOwnership ownership, boolean isEnabled, Output output) {
        this.store = store;
        this.ownership = ownership;
        this.isEnabled = isEnabled;
        this.output = output;
    }

    /** @param isLogAwaited requests wait for the log to take entries again; they come before anything that follows up. */
    int doWork(long nowNs, long logTimeMs, boolean isLogAwaited) {
        if (!isEnabled || !isDue(nowNs, isLogAwaited)) {
            return 0;
        }
        isScheduled = true;
        lastSweepNs = nowNs;
        nextSweepNs = nowNs + SWEEP_INTERVAL_NS;
        return output.isReadOnly() ? 0 : sweep(nowNs, logTimeMs);
    }

    private boolean isDue(long nowNs, boolean isLogAwaited) {
        if (!isScheduled || nowNs - lastSweepNs >= SWEEP_INTERVAL_NS) {
            return true;
        }
        // Requests wait behind one sweep at most, however slow the standby is.
        return nowNs - nextSweepNs >= 0 && underWay == 0 && !isLogAwaited;
    }

    /** An end that was proposed is committed. */
    void onCommitted() {
        underWay--;
    }

    private int sweep(long nowNs, long logTimeMs) {
        int limit = SWEEP_LIMIT + heldBack;
        candidates.clear();
        store.visitExpired(logTimeMs - SLACK_MS, limit, (key, lastMs) -> candidates.add(new Candidate(key, lastMs)));
        boolean isLoading = store.isFetchingExpired();
        boolean isRefused = false;
        heldBack = 0;
        for (Candidate candidate : candidates) {
            boolean isShown = output.isShown(candidate.key);
            isLoading |= !isShown;
            End end = isShown ? end(candidate.key, candidate.lastAccessedTimeMs, nowNs) : End.IN_USE;
            if (end == End.NOT_NOW) {
                isRefused = true;
                break;
            }
            if (end == End.IN_USE) {
                heldBack++;
            }
        }
        if (isLoading) {
            // Whoever hears of the end is shown the session as it was, and what comes to memory does not stay for long.
            heldBack = Math.min(heldBack, MAX_HELD_BACK);
        }
        schedule(isLoading || isRefused || candidates.size() >= limit, nowNs);
        return candidates.size();
    }

    private void schedule(boolean isMoreThere, long nowNs) {
        if (isMoreThere && !isBehind) {
            behindSinceNs = nowNs;
        }
        isBehind = isMoreThere;
        boolean areNoticesBehind = output.areNoticesBehind() && nowNs - behindSinceNs < NOTICES_FIRST_NS;
        if (isMoreThere && !areNoticesBehind) {
            // Those looked at in vain make the next sweep longer, so it comes later.
            long delayNs = FOLLOW_UP_NS * (1 + heldBack / SWEEP_LIMIT);
            nextSweepNs = nowNs + Math.min(delayNs, SWEEP_INTERVAL_NS);
        }
    }

    private End end(SessionKey key, long lastAccessedTimeMs, long nowNs) {
        SessionOwnership.@Nullable Row row = ownership.row(key);
        if (row != null && row.owner != null && !SessionOwnership.isLapsed(row.owner, nowNs)) {
            ownership.recall(row, nowNs);
            return End.IN_USE;
        }
        if (!output.expire(key, lastAccessedTimeMs)) {
            return End.NOT_NOW;
        }
        underWay++;
        return End.PROPOSED;
    }

    /** Ends a session that is asked for after its time, whether or not the periodic sweep runs; false while somebody owns it. */
    boolean endsNow(SessionKey key, SessionRecord record, long nowNs) {
        return end(key, record.lastAccessedTimeMs(), nowNs) != End.IN_USE;
    }

    /** True for a session whose time is over. */
    static boolean isOver(SessionRecord record, long logTimeMs) {
        int interval = record.maxInactiveIntervalSec();
        return interval > 0 && logTimeMs - record.lastAccessedTimeMs() - SLACK_MS > interval * 1000L;
    }
}
