package org.stoneware.server.session;

import java.util.Collection;
import java.util.TreeMap;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.session.SessionRecord;

/**
 * Expired sessions whose application has not heard of it yet.
 * <p>
 * Replicated state: changed only by log entries. <b>Limits:</b> {@link #MAX_JOBS} jobs and {@link #MAX_BYTES} of records; beyond
 * them the oldest job is dropped and counted.
 */
public final class ExpiryJobs {
    static final int MAX_JOBS = 10_000;
    /** A constant, not a share of the heap: every replica must drop the same jobs. Fits the smallest heap a server is run with. */
    static final long MAX_BYTES = 16L * 1024 * 1024;

    /** Ids rise, so by id is by age. */
    private final TreeMap<Long, Job> jobs = new TreeMap<>();

    private long bytes;
    private long dropped;

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
        jobs.put(job.id, job);
        bytes += job.record.length;
    }

    void add(Job job) {
        install(job);
        while (jobs.size() > MAX_JOBS || (bytes > MAX_BYTES && jobs.size() > 1)) {
            remove(jobs.firstKey());
            dropped++;
        }
    }

    void remove(long id) {
        @Nullable Job job = jobs.remove(id);
        if (job != null) {
            bytes -= job.record.length;
        }
    }

    void clear() {
        jobs.clear();
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

    /** True when so many sessions more would make it drop jobs. */
    public boolean isHalfFull() {
        return jobs.size() > MAX_JOBS / 2 || bytes > MAX_BYTES / 2;
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
