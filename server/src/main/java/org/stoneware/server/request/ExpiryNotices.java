package org.stoneware.server.request;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.server.session.ExpiryJobs;

/**
 * Tells Tomcats of sessions that have ended, each to one that serves the application, until one confirms that the listeners were fired.
 * A notice that is confirmed makes room for the next at once; what nobody confirms is said again to another Tomcat, and given up in
 * the end.
 * <p>
 * <b>Threading:</b> the agent thread, on the active alone. <b>Limits:</b> {@link #MAX_AT_ONCE} notices of a Tomcat wait
 * for their confirmation, so one that does not confirm does not hold up the others.
 */
final class ExpiryNotices {
    static final int MAX_AT_ONCE = 64;

    private static final int MAX_PER_CYCLE = 64;

    private static final long LOOK_AGAIN_NS = TimeUnit.MILLISECONDS.toNanos(500);
    private static final long NOTICE_AGAIN_NS = TimeUnit.SECONDS.toNanos(30);
    private static final long NOTICE_KEPT_MS = TimeUnit.MINUTES.toMillis(2);
    /** A notice nobody confirms in all this time is given up, so that it does not keep the others waiting for ever. */
    private static final long NOTICE_GIVEN_UP_MS = TimeUnit.MINUTES.toMillis(10);
    /** Given up at once; each is an entry of the log. */
    private static final int MAX_GIVEN_UP = 256;

    private final ExpiryJobs jobs;
    private final Output output;
    private final Map<Long, Sent> sent = new HashMap<>();
    private final List<ExpiryJobs.Job> overdue = new ArrayList<>();
    /** Applications nobody served when all jobs were looked at last. */
    private final Set<String> unserved = new HashSet<>();
    /** Applications whose Tomcats have enough to do in this cycle. */
    private final Set<String> busy = new HashSet<>();
    /** Up to this job all were offered to Tomcats; those left over are found by the regular look at all. */
    private long lastOffered = Long.MIN_VALUE;

    /** The next job waits for a notice to be confirmed. */
    private boolean isBlocked;

    private boolean isScheduled;
    private long nextLookNs;

    private record Sent(ClientRow client, long sentNs) {}

    /** Takes what is decided. */
    interface Output {
        /** Whether nothing can be confirmed, since the store takes no changes. */
        boolean isReadOnly();

        /** The Tomcat with the fewest open notices that serves the application; null when there is none. */
        @Nullable
        ClientRow clientFor(String application);

        void notice(ClientRow client, long jobId, long logTimeMs, SessionRecord record);

        /** Nobody serves the application any more, or nobody confirms. */
        void giveUp(long jobId);
    }

    ExpiryNotices(ExpiryJobs jobs, Output output) {
        this.jobs = jobs;
        this.output = output;
    }

    int doWork(long nowNs, long logTimeMs) {
        boolean isLookDue = !isScheduled || nowNs - nextLookNs >= 0;
        boolean isOfferDue = !isBlocked && jobs.after(lastOffered) != null;
        if (!isLookDue && !isOfferDue || output.isReadOnly()) {
            return 0;
        }
        busy.clear();
        int work = 0;
        if (isLookDue) {
            isScheduled = true;
            nextLookNs = nowNs + LOOK_AGAIN_NS;
            unserved.clear();
            work += lookAtAll(nowNs, logTimeMs);
        }
        return work + offerNext(nowNs);
    }

    /** Offers jobs nobody was offered yet, until Tomcats have enough of them. */
    private int offerNext(long nowNs) {
        int work = 0;
        for (int i = 0; i < MAX_PER_CYCLE; i++) {
            ExpiryJobs.@Nullable Job next = jobs.after(lastOffered);
            if (next == null) {
                break;
            }
            if (!sent.containsKey(next.id())) {
                boolean isSent = send(next, nowNs);
                if (!isSent && busy.contains(next.application())) {
                    isBlocked = true;
                    break;
                }
                work += isSent ? 1 : 0;
            }
            lastOffered = next.id();
        }
        return work;
    }

    private int lookAtAll(long nowNs, long logTimeMs) {
        int work = sendAgain(nowNs, logTimeMs);
        for (ExpiryJobs.Job job : jobs.pending()) {
            if (sent.containsKey(job.id())) {
                continue;
            }
            boolean isGivenUp = isGivenUp(job, logTimeMs);
            if (!isGivenUp && send(job, nowNs)) {
                work++;
                continue;
            }
            boolean isOld =
                    isGivenUp || logTimeMs - job.logTimeMs() > NOTICE_KEPT_MS && unserved.contains(job.application());
            if (isOld && overdue.size() < MAX_GIVEN_UP) {
                overdue.add(job);
            }
        }
        // Giving up changes what was looked at.
        work += overdue.size();
        overdue.forEach(job -> output.giveUp(job.id()));
        overdue.clear();
        return work;
    }

    /** What was not confirmed for long goes to another Tomcat, if there is one. */
    private int sendAgain(long nowNs, long logTimeMs) {
        List<ExpiryJobs.Job> late = new ArrayList<>();
        sent.entrySet().removeIf(each -> {
            ExpiryJobs.@Nullable Job job = jobs.get(each.getKey());
            boolean isLate = nowNs - each.getValue().sentNs >= NOTICE_AGAIN_NS;
            if (job != null && isLate) {
                late.add(job);
            }
            // The oldest jobs are dropped when there are too many.
            return (job == null || isLate) && ends(each.getValue());
        });
        int work = 0;
        for (ExpiryJobs.Job job : late) {
            work += !isGivenUp(job, logTimeMs) && send(job, nowNs) ? 1 : 0;
        }
        return work;
    }

    private static boolean isGivenUp(ExpiryJobs.Job job, long logTimeMs) {
        return logTimeMs - job.logTimeMs() > NOTICE_GIVEN_UP_MS;
    }

    /** @return false when nobody serves the application, or everybody who does has enough to do; of its many sessions only one is asked for. */
    private boolean send(ExpiryJobs.Job job, long nowNs) {
        String application = job.application();
        if (unserved.contains(application) || busy.contains(application)) {
            return false;
        }
        @Nullable ClientRow client = output.clientFor(application);
        if (client == null) {
            unserved.add(application);
            return false;
        }
        if (client.openNotices >= MAX_AT_ONCE) {
            busy.add(application);
            return false;
        }
        sent.put(job.id(), new Sent(client, nowNs));
        client.openNotices++;
        output.notice(client, job.id(), job.logTimeMs(), job.session());
        return true;
    }

    private boolean ends(Sent notice) {
        notice.client.openNotices--;
        isBlocked = false;
        return true;
    }

    /** A Tomcat has fired the listeners; there is room for the next notice. */
    void onDelivered(long jobId) {
        @Nullable Sent notice = sent.remove(jobId);
        if (notice != null) {
            ends(notice);
        }
    }

    /** What this Tomcat did not confirm goes to another one. */
    void onClientGone(ClientRow client) {
        sent.entrySet().removeIf(each -> {
            if (each.getValue().client != client) {
                return false;
            }
            lastOffered = Math.min(lastOffered, each.getKey() - 1);
            return ends(each.getValue());
        });
    }
}
