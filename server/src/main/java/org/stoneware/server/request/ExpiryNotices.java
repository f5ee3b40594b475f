package org.stoneware.server.request;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
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
 * New jobs are offered in the order they came. An application whose Tomcats have enough to do is left out from then on, and goes on where it
 * was left once one of them has confirmed something; the others do not wait for it. See ADR 0271.
 * <p>
 * <b>Threading:</b> the agent thread, on the active alone. <b>Limits:</b> {@link OpenNotices} bounds what waits for a Tomcat's confirmation.
 */
final class ExpiryNotices {
    private static final int MAX_PER_CYCLE = 64;
    private static final int MAX_LOOKED_AT_PER_CYCLE = 256;

    private static final long LOOK_AGAIN_NS = TimeUnit.MILLISECONDS.toNanos(500);
    private static final long NOTICE_AGAIN_NS = TimeUnit.SECONDS.toNanos(30);
    private static final long NOTICE_KEPT_MS = TimeUnit.MINUTES.toMillis(2);
    /** A notice nobody confirms in all this time is given up, so that it does not keep the others waiting for ever. */
    private static final long NOTICE_GIVEN_UP_MS = TimeUnit.MINUTES.toMillis(10);
    /** Given up at once; each is an entry of the log. */
    private static final int MAX_GIVEN_UP = 256;

    private final ExpiryJobs jobs;
    private final NoticeTrouble trouble;
    private final Output output;
    private final Map<Long, Sent> sent = new HashMap<>();
    private final List<ExpiryJobs.Job> overdue = new ArrayList<>();
    /** Applications nobody served when all jobs were looked at last. */
    private final Set<String> unserved = new HashSet<>();
    /** Applications whose Tomcats have enough to do in this cycle. */
    private final Set<String> busy = new HashSet<>();
    /** Up to this job all were offered to Tomcats; those left over are found by the regular look at all. */
    private long lastOffered = Long.MIN_VALUE;
    /** Applications whose jobs wait for a confirmation, and the job up to which theirs were offered. */
    private final Map<String, Long> heldUp = new LinkedHashMap<>();
    /** Those of them to be offered again, since something was confirmed. */
    private final Set<String> woken = new HashSet<>();

    private boolean isScheduled;
    private long nextLookNs;

    private record Sent(ClientRow client, String application, long sentNs) {}

    /** Takes what is decided. */
    interface Output {
        /** Whether nothing can be confirmed, since the store takes no changes. */
        boolean isReadOnly();

        /** The Tomcat to tell of an ended session of the application; null when none serves it. */
        @Nullable
        ClientRow clientFor(String application);

        void notice(ClientRow client, long jobId, long logTimeMs, SessionRecord record);

        /**
         * Nobody serves the application any more, or nobody confirms.
         *
         * @return false when the log takes no entry now.
         */
        boolean giveUp(long jobId);
    }

    ExpiryNotices(ExpiryJobs jobs, NoticeTrouble trouble, Output output) {
        this.jobs = jobs;
        this.trouble = trouble;
        this.output = output;
        // What was dropped before this server became active was told by the one that was.
        jobs.takeDropped((application, count) -> {});
    }

    int doWork(long nowNs, long logTimeMs) {
        boolean isLookDue = !isScheduled || nowNs - nextLookNs >= 0;
        boolean isOfferDue = !woken.isEmpty() || jobs.after(lastOffered) != null;
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
            jobs.takeDropped(trouble::onDropped);
            trouble.doWork(nowNs, application -> jobs.pending(application) == 0);
        }
        return work + offerHeldUp(nowNs) + offerNext(nowNs);
    }

    /** Applications whose notices are late, and nobody has confirmed one since. */
    Set<String> lateApplications() {
        return trouble.late();
    }

    /** Goes on with applications whose Tomcats had enough to do. */
    private int offerHeldUp(long nowNs) {
        if (woken.isEmpty()) {
            return 0;
        }
        List<String> now = new ArrayList<>(woken);
        woken.clear();
        int work = 0;
        for (String application : now) {
            work += offerHeldUp(application, nowNs);
        }
        return work;
    }

    private int offerHeldUp(String application, long nowNs) {
        @Nullable Long from = heldUp.get(application);
        if (from == null) {
            return 0;
        }
        long offered = from;
        for (int work = 0; work < MAX_PER_CYCLE; ) {
            ExpiryJobs.@Nullable Job next = jobs.after(application, offered);
            if (next == null || next.id() > lastOffered) {
                heldUp.remove(application);
                return work;
            }
            if (!sent.containsKey(next.id())) {
                if (send(next, nowNs)) {
                    work++;
                } else if (busy.contains(application)) {
                    heldUp.put(application, offered);
                    return work;
                } else {
                    // Nobody serves it now; the regular look finds who does later.
                    heldUp.remove(application);
                    return work;
                }
            }
            offered = next.id();
        }
        heldUp.put(application, offered);
        woken.add(application);
        return MAX_PER_CYCLE;
    }

    /** Offers jobs nobody was offered yet. */
    private int offerNext(long nowNs) {
        int work = 0;
        for (int i = 0; i < MAX_LOOKED_AT_PER_CYCLE && work < MAX_PER_CYCLE; i++) {
            ExpiryJobs.@Nullable Job next = jobs.after(lastOffered);
            if (next == null) {
                break;
            }
            String application = next.application();
            if (!sent.containsKey(next.id()) && !heldUp.containsKey(application)) {
                if (send(next, nowNs)) {
                    work++;
                } else if (busy.contains(application)) {
                    heldUp.put(application, next.id() - 1);
                }
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
            if (busy.contains(job.application()) && job.id() <= lastOffered) {
                heldUp.merge(job.application(), job.id() - 1, Math::min);
            }
            boolean isOld =
                    isGivenUp || logTimeMs - job.logTimeMs() > NOTICE_KEPT_MS && unserved.contains(job.application());
            if (isOld && overdue.size() < MAX_GIVEN_UP) {
                overdue.add(job);
            }
        }
        // Giving up changes what was looked at.
        work += overdue.size();
        for (ExpiryJobs.Job job : overdue) {
            if (output.giveUp(job.id())) {
                trouble.onDropped(job.application(), 1);
            }
        }
        overdue.clear();
        return work;
    }

    /** What was not confirmed for long goes to another Tomcat, if there is one. */
    private int sendAgain(long nowNs, long logTimeMs) {
        List<ExpiryJobs.Job> late = new ArrayList<>();
        sent.entrySet().removeIf(each -> {
            ExpiryJobs.@Nullable Job job = jobs.get(each.getKey());
            Sent notice = each.getValue();
            boolean isLate = nowNs - notice.sentNs >= NOTICE_AGAIN_NS;
            if (job != null && isLate) {
                late.add(job);
                trouble.onLate(notice.client, notice.application, jobs.pending(notice.application));
            }
            // Jobs are dropped when there are too many.
            return (job == null || isLate) && ends(notice);
        });
        if (!late.isEmpty()) {
            // What is late does not take the room of others any more.
            woken.addAll(heldUp.keySet());
        }
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
        if (!client.notices.hasRoom(application)) {
            busy.add(application);
            return false;
        }
        sent.put(job.id(), new Sent(client, application, nowNs));
        client.notices.add(application);
        output.notice(client, job.id(), job.logTimeMs(), job.session());
        return true;
    }

    private boolean ends(Sent notice) {
        if (notice.client.notices.isFull()) {
            woken.addAll(heldUp.keySet());
        } else if (heldUp.containsKey(notice.application)) {
            woken.add(notice.application);
        }
        notice.client.notices.remove(notice.application);
        return true;
    }

    /** A Tomcat has fired the listeners; there is room for the next notice. */
    void onDelivered(ClientRow from, long jobId) {
        @Nullable Sent notice = sent.remove(jobId);
        if (notice == null) {
            return;
        }
        ends(notice);
        trouble.onConfirmed(from, notice.application);
    }

    /** What this Tomcat did not confirm goes to another one. */
    void onClientGone(ClientRow client) {
        sent.entrySet().removeIf(each -> {
            Sent notice = each.getValue();
            if (notice.client != client) {
                return false;
            }
            long before = each.getKey() - 1;
            lastOffered = Math.min(lastOffered, before);
            heldUp.computeIfPresent(notice.application, (application, offered) -> Math.min(offered, before));
            return ends(notice);
        });
        client.notices.clear();
    }
}
