package org.stoneware.server.session;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
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
    static final long MAX_BYTES = 16L * 1024 * 1024;

    private final Map<Long, Job> jobs = new LinkedHashMap<>();
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

    void add(Job job) {
        jobs.put(job.id, job);
        bytes += job.record.length;
        while (jobs.size() > MAX_JOBS || (bytes > MAX_BYTES && jobs.size() > 1)) {
            remove(jobs.keySet().iterator().next());
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
