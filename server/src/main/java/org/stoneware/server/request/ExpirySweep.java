package org.stoneware.server.request;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.server.session.ExpiryJobs;
import org.stoneware.server.session.SessionStateMachine;
import org.stoneware.spi.storage.SessionStore;

/**
 * Ends sessions nobody used for longer than their interval, in log time, on the active alone; then sees to it that one Tomcat fires
 * the application's listeners.
 * <p>
 * A session in use is not ended: its owner is asked to release it first, which brings the last access along. The entry that ends it
 * holds only if the last access is still the one seen here, so an access that comes in between wins on every replica alike.
 * <p>
 * <b>Threading:</b> the agent thread.
 */
final class ExpirySweep {
    /** Last accesses of read-only requests arrive up to a second late; twice that is waited for. */
    static final long SLACK_MS = 2_000;

    private static final long SWEEP_INTERVAL_NS = TimeUnit.MILLISECONDS.toNanos(500);
    /** Until sessions that were on disk are looked at again. */
    private static final long LOADED_INTERVAL_NS = TimeUnit.MILLISECONDS.toNanos(20);

    private static final int SWEEP_LIMIT = 256;
    private static final int MAX_HELD_BACK = 4_096;
    private static final long NOTICE_AGAIN_NS = TimeUnit.SECONDS.toNanos(30);
    private static final long NOTICE_KEPT_MS = TimeUnit.MINUTES.toMillis(2);
    /** A notice nobody confirms in all this time is given up, so that it does not keep the others waiting for ever. */
    private static final long NOTICE_GIVEN_UP_MS = TimeUnit.MINUTES.toMillis(10);

    private static final int MAX_NOTICES_AT_ONCE = 64;

    private final SessionStore store;
    private final SessionStateMachine stateMachine;
    private final SessionOwnership ownership;
    private final boolean isEnabled;
    private final Output output;
    private final Map<Long, Sent> sent = new HashMap<>();
    private long nextSweepNs;
    /** Candidates of the last sweep that are in use; they come first again next time and must not crowd out the others. */
    private int heldBack;

    private boolean isScheduled;

    private record Sent(ClientRow client, long sentNs) {}

    private record Candidate(SessionKey key, long lastAccessedTimeMs) {}

    /** Takes what the sweep decides. */
    interface Output {
        /** Whether a session is in memory; else it is on its way there. */
        boolean isShown(SessionKey key);

        /** Whether nothing can be ended, since the store takes no changes. */
        boolean isReadOnly();

        void expire(SessionKey key, long lastAccessedTimeMs);

        @Nullable
        ClientRow clientFor(String application);

        void notice(ClientRow client, long jobId, long logTimeMs, SessionRecord record);

        /** Nobody serves the application any more, or nobody confirms. */
        void giveUp(long jobId);
    }

    ExpirySweep(
            SessionStore store,
            SessionStateMachine stateMachine,
            SessionOwnership ownership,
            boolean isEnabled,
            Output output) {
        this.store = store;
        this.stateMachine = stateMachine;
        this.ownership = ownership;
        this.isEnabled = isEnabled;
        this.output = output;
    }

    int doWork(long nowNs, long logTimeMs) {
        if (isScheduled && nowNs - nextSweepNs < 0) {
            return 0;
        }
        isScheduled = true;
        nextSweepNs = nowNs + SWEEP_INTERVAL_NS;
        if (output.isReadOnly()) {
            return 0;
        }
        int work = isEnabled ? sweep(nowNs, logTimeMs) : 0;
        return work + deliver(nowNs, logTimeMs);
    }

    private int sweep(long nowNs, long logTimeMs) {
        List<Candidate> candidates = new ArrayList<>();
        store.visitExpired(
                logTimeMs - SLACK_MS,
                SWEEP_LIMIT + heldBack,
                (key, lastMs) -> candidates.add(new Candidate(key, lastMs)));
        heldBack = 0;
        boolean isLoading = false;
        for (Candidate candidate : candidates) {
            boolean isShown = output.isShown(candidate.key);
            isLoading |= !isShown;
            if (!isShown || !expireUnlessOwned(candidate.key, candidate.lastAccessedTimeMs, nowNs)) {
                heldBack++;
            }
        }
        if (isLoading) {
            // Whoever hears of the end is shown the session as it was, and what comes to memory does not stay for long.
            nextSweepNs = nowNs + LOADED_INTERVAL_NS;
            heldBack = Math.min(heldBack, MAX_HELD_BACK);
        }
        return candidates.size();
    }

    private boolean expireUnlessOwned(SessionKey key, long lastAccessedTimeMs, long nowNs) {
        SessionOwnership.@Nullable Row row = ownership.row(key);
        if (row != null && row.owner != null && !SessionOwnership.isLapsed(row.owner, nowNs)) {
            ownership.recall(row, nowNs);
            return false;
        }
        output.expire(key, lastAccessedTimeMs);
        return true;
    }

    /** Ends a session that is asked for after its time, whether or not the periodic sweep runs; false while somebody owns it. */
    boolean endsNow(SessionKey key, SessionRecord record, long nowNs) {
        return expireUnlessOwned(key, record.lastAccessedTimeMs(), nowNs);
    }

    /** True for a session whose time is over. */
    static boolean isOver(SessionRecord record, long logTimeMs) {
        int interval = record.maxInactiveIntervalSec();
        return interval > 0 && logTimeMs - record.lastAccessedTimeMs() - SLACK_MS > interval * 1000L;
    }

    private int deliver(long nowNs, long logTimeMs) {
        // The oldest notices are dropped when there are too many.
        sent.keySet().removeIf(jobId -> !stateMachine.expiryJobs().isPending(jobId));
        if (stateMachine.expiryJobs().pending().isEmpty()) {
            return 0;
        }
        int work = 0;
        for (ExpiryJobs.Job job : List.copyOf(stateMachine.expiryJobs().pending())) {
            @Nullable Sent earlier = sent.get(job.id());
            if (earlier != null && nowNs - earlier.sentNs < NOTICE_AGAIN_NS) {
                continue;
            }
            if (sent.size() >= MAX_NOTICES_AT_ONCE && earlier == null) {
                break;
            }
            long ageMs = logTimeMs - job.logTimeMs();
            @Nullable ClientRow client = ageMs > NOTICE_GIVEN_UP_MS ? null : output.clientFor(job.application());
            if (client != null) {
                sent.put(job.id(), new Sent(client, nowNs));
                output.notice(client, job.id(), job.logTimeMs(), job.session());
                work++;
            } else if (ageMs > NOTICE_KEPT_MS) {
                sent.remove(job.id());
                output.giveUp(job.id());
                work++;
            }
        }
        return work;
    }

    void onDelivered(long jobId) {
        sent.remove(jobId);
    }

    /** What this Tomcat did not confirm goes to another one. */
    void onClientGone(ClientRow client) {
        sent.values().removeIf(each -> each.client == client);
    }
}
