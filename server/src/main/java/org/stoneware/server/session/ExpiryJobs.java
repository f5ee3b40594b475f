package org.stoneware.server.session;

import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.ObjIntConsumer;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.session.SessionRecord;

/**
 * Expired sessions whose application has not heard of it yet.
 * <p>
 * Replicated state: changed only by log entries. <b>Limits:</b> {@link #MAX_JOBS} jobs and {@link #MAX_BYTES} of records; beyond
 * them the oldest job is dropped of the application that has most of what there is too much of, so that one whose notices nobody takes
 * loses its own; see ADR 0271.
 */
public final class ExpiryJobs {
    static final int MAX_JOBS = 10_000;
    /** A constant, not a share of the heap: every replica must drop the same jobs. Fits the smallest heap a server is run with. */
    static final long MAX_BYTES = 16L * 1024 * 1024;

    /** Ids rise, so by id is by age. */
    private final TreeMap<Long, Job> jobs = new TreeMap<>();

    private final Map<String, OfApplication> applications = new HashMap<>();
    /** Since somebody asked last, on this server alone. */
    private final Map<String, Integer> newlyDropped = new HashMap<>();

    private long bytes;
    private long dropped;

    private static final class OfApplication {
        final TreeMap<Long, Job> jobs = new TreeMap<>();
        long bytes;

        /** Whether this one is to lose a job rather than another; never equal, since ids are unique. */
        boolean isLargerThan(OfApplication other, boolean isByCount) {
            long difference = isByCount ? jobs.size() - other.jobs.size() : bytes - other.bytes;
            return difference > 0 || difference == 0 && jobs.firstKey() < other.jobs.firstKey();
        }
    }

    /**
     * One expired session.
     *
     * @param id        index of the log entry that expired it.
     * @param logTimeMs log time of that entry.
     */
    public record Job(long id, String application, byte[] record, long logTimeMs) {
        static Job of(long id, SessionRecord record, long logTimeMs) {
            byte[] copy = new byte[record.length()];
            DirectBuffer buffer = record.buffer();
            buffer.getBytes(record.offset(), copy);
            return new Job(id, record.key().application(), copy, logTimeMs);
        }

        /** The session as it was. */
        public SessionRecord session() {
            return new SessionRecord().wrap(new UnsafeBuffer(record), 0);
        }
    }

    /** Takes a job of another replica or an earlier run. Nothing is dropped before the next {@link #add}: what was whole stays so. */
    void install(Job job) {
        remove(job.id);
        jobs.put(job.id, job);
        bytes += job.record.length;
        OfApplication of = applications.computeIfAbsent(job.application, name -> new OfApplication());
        of.jobs.put(job.id, job);
        of.bytes += job.record.length;
    }

    void add(Job job) {
        install(job);
        while (jobs.size() > MAX_JOBS || (bytes > MAX_BYTES && jobs.size() > 1)) {
            drop(jobs.size() > MAX_JOBS);
        }
    }

    private void drop(boolean isByCount) {
        @Nullable OfApplication largest = null;
        for (OfApplication each : applications.values()) {
            if (largest == null || each.isLargerThan(largest, isByCount)) {
                largest = each;
            }
        }
        if (largest != null) {
            Job oldest = largest.jobs.firstEntry().getValue();
            remove(oldest.id);
            dropped++;
            if (newlyDropped.size() < MAX_JOBS || newlyDropped.containsKey(oldest.application)) {
                newlyDropped.merge(oldest.application, 1, Integer::sum);
            }
        }
    }

    void remove(long id) {
        @Nullable Job job = jobs.remove(id);
        if (job == null) {
            return;
        }
        bytes -= job.record.length;
        @Nullable OfApplication of = applications.get(job.application);
        if (of != null) {
            of.jobs.remove(id);
            of.bytes -= job.record.length;
            if (of.jobs.isEmpty()) {
                applications.remove(job.application);
            }
        }
    }

    void clear() {
        jobs.clear();
        applications.clear();
        newlyDropped.clear();
        bytes = 0;
        dropped = 0;
    }

    public boolean isPending(long id) {
        return jobs.containsKey(id);
    }

    public @Nullable Job get(long id) {
        return jobs.get(id);
    }

    /** The oldest job younger than that of an id, whether there is such a one or not; null when there is none. */
    public @Nullable Job after(long id) {
        if (jobs.isEmpty() || jobs.lastKey() <= id) {
            return null;
        }
        return jobs.higherEntry(id).getValue();
    }

    /** As {@link #after(long)}, of one application. */
    public @Nullable Job after(String application, long id) {
        @Nullable OfApplication of = applications.get(application);
        return of == null || of.jobs.lastKey() <= id
                ? null
                : of.jobs.higherEntry(id).getValue();
    }

    /** How many jobs of an application there are. */
    public int pending(String application) {
        @Nullable OfApplication of = applications.get(application);
        return of == null ? 0 : of.jobs.size();
    }

    /**
     * True when so many sessions more would make it drop jobs.
     *
     * @param uncounted applications whose jobs lie here whatever is done.
     */
    public boolean isHalfFull(Set<String> uncounted) {
        int counted = jobs.size();
        long countedBytes = bytes;
        for (String application : uncounted) {
            @Nullable OfApplication of = applications.get(application);
            if (of != null) {
                counted -= of.jobs.size();
                countedBytes -= of.bytes;
            }
        }
        return counted > MAX_JOBS / 2 || countedBytes > MAX_BYTES / 2;
    }

    /** Shows how many jobs of each application were dropped on this server since this was asked last. */
    public void takeDropped(ObjIntConsumer<String> visitor) {
        newlyDropped.forEach(visitor::accept);
        newlyDropped.clear();
    }

    /** Jobs not delivered yet, oldest first. */
    public Collection<Job> pending() {
        return jobs.values();
    }

    void installDropped(long count) {
        dropped = count;
    }

    public long dropped() {
        return dropped;
    }
}
