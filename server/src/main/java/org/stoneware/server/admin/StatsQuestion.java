package org.stoneware.server.admin;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.stoneware.api.cluster.SessionAdmin;
import org.stoneware.api.cluster.SessionAdmin.ApplicationStats;
import org.stoneware.api.cluster.SessionAdmin.SessionStats;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.spi.storage.StoreSnapshot;

/** Counts sessions by application, size and age. */
final class StatsQuestion extends Question<SessionStats> {
    private static final long KIB = 1_024;
    private static final long MIB = 1_024 * KIB;
    private static final long MINUTE_MS = 60_000;
    private static final long HOUR_MS = 60 * MINUTE_MS;

    private final Surroundings surroundings;
    private final String application;
    private final SessionWalk walk;
    private final Histogram sizes = new Histogram(KIB, 4 * KIB, 16 * KIB, 64 * KIB, 256 * KIB, MIB, 8 * MIB);
    private final Histogram idle = newAges();
    private final Histogram ages = newAges();
    private final Map<String, Count> applications = new HashMap<>();
    private final long nowMs;
    private long sessions;
    private long payloadBytes;
    private long largestBytes;
    private long others;

    private static final class Count {
        private long sessions;
        private long payloadBytes;
    }

    private static Histogram newAges() {
        return new Histogram(MINUTE_MS, 5 * MINUTE_MS, 30 * MINUTE_MS, 2 * HOUR_MS, 24 * HOUR_MS);
    }

    StatsQuestion(Surroundings surroundings, String application, CompletableFuture<SessionStats> answer) {
        super(answer);
        this.surroundings = surroundings;
        this.application = application;
        this.walk = new SessionWalk(surroundings);
        this.nowMs = surroundings.wallMs();
    }

    @Override
    int work(int budget, long nowNs) {
        int shown = walk.next(budget, this::see);
        if (shown == StoreSnapshot.END) {
            answer().complete(result());
            return 1;
        }
        return shown;
    }

    private void see(SessionRecord record) {
        String name = record.key().application();
        if (!application.isEmpty() && !application.equals(name)) {
            return;
        }
        long length = record.length();
        sessions++;
        payloadBytes += length;
        largestBytes = Math.max(largestBytes, length);
        sizes.add(length);
        idle.add(nowMs - record.lastAccessedTimeMs());
        ages.add(nowMs - record.creationTimeMs());
        if (applications.size() == SessionAdmin.MAX_APPLICATIONS && !applications.containsKey(name)) {
            others++;
            return;
        }
        Count count = applications.computeIfAbsent(name, any -> new Count());
        count.sessions++;
        count.payloadBytes += length;
    }

    private SessionStats result() {
        List<ApplicationStats> byApplication = new ArrayList<>();
        applications.forEach(
                (name, count) -> byApplication.add(new ApplicationStats(name, count.sessions, count.payloadBytes)));
        byApplication.sort(Comparator.comparingLong(ApplicationStats::sessions)
                .reversed()
                .thenComparing(ApplicationStats::application));
        return new SessionStats(
                surroundings.self(),
                surroundings.role(),
                sessions,
                payloadBytes,
                largestBytes,
                sizes.buckets(),
                idle.buckets(),
                ages.buckets(),
                byApplication,
                others);
    }

    @Override
    void release() {
        walk.close();
    }
}
