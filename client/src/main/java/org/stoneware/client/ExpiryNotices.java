package org.stoneware.client;

import java.util.HashSet;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.session.SessionRecord;

/**
 * Sessions the array says have expired, waiting for the application's listeners.
 * <p>
 * The active repeats a notice until it is confirmed. One that waits or is being worked on is not taken again, so that a slow listener
 * fires once; one there is no room for is left to be repeated.
 * <p>
 * <b>Threading:</b> {@link #offer} on the agent thread; listeners are called where {@link ListenerThreads} or whoever is given runs them.
 * <p>
 * <b>Limits:</b> {@link #MAX_WAITING} notices, the one being worked on among them, and {@code maxBytes} of records; one is always taken,
 * however large.
 */
final class ExpiryNotices {
    /** What an active has under way here at once, and all of as many applications that hang as there are threads for. */
    static final int MAX_WAITING = 512;

    private static final System.Logger LOG = System.getLogger("org.stoneware.client");

    private final BiConsumer<String, Runnable> threads;
    private final long maxBytes;
    private final Function<String, @Nullable ExpiryListener> listeners;
    private final LongConsumer done;
    private final Set<Long> jobs = new HashSet<>();
    private long bytes;

    /**
     * @param threads   runs a task for an application, those of one application one after the other.
     * @param maxBytes  of records that may wait.
     * @param listeners listener of an application by its name; null for one that is not here, or not here any more.
     * @param done      told the job whose listener has run, on the thread it ran on.
     */
    ExpiryNotices(
            BiConsumer<String, Runnable> threads,
            long maxBytes,
            Function<String, @Nullable ExpiryListener> listeners,
            LongConsumer done) {
        this.threads = threads;
        this.maxBytes = maxBytes;
        this.listeners = listeners;
        this.done = done;
    }

    /**
     * Lets the listener of a session's application hear of its end, soon.
     * <p>
     * <b>Ownership:</b> {@code record} is a view valid until this call returns.
     */
    void offer(long jobId, long logTimeMs, SessionRecord record) {
        int length = record.length();
        String application = record.key().application();
        if (listeners.apply(application) == null || !reserve(jobId, length)) {
            return;
        }
        boolean isHandedOver = false;
        try {
            SessionRecord copy = RequestExchange.copyOf(record);
            threads.accept(application, () -> fire(jobId, logTimeMs, copy));
            isHandedOver = true;
        } catch (OutOfMemoryError e) {
            // Nor a thread, perhaps. The active repeats it; a connection that broke of it would break of every one.
            LOG.log(System.Logger.Level.WARNING, "no memory for the expiry of " + record.key() + ": " + e.getMessage());
        } finally {
            if (!isHandedOver) {
                forget(jobId, length);
            }
        }
    }

    private synchronized boolean reserve(long jobId, int length) {
        if (jobs.size() >= MAX_WAITING || (!jobs.isEmpty() && bytes + length > maxBytes) || !jobs.add(jobId)) {
            return false;
        }
        bytes += length;
        return true;
    }

    private synchronized void forget(long jobId, int length) {
        jobs.remove(jobId);
        bytes -= length;
    }

    synchronized int waiting() {
        return jobs.size();
    }

    private void fire(long jobId, long logTimeMs, SessionRecord copy) {
        try {
            // Asked for again: an application stopped meanwhile hears nothing, and the active finds another Tomcat for
            // it.
            @Nullable ExpiryListener listener = listeners.apply(copy.key().application());
            if (listener == null) {
                return;
            }
            try {
                if (!listener.onExpired(copy, logTimeMs)) {
                    return;
                }
            } catch (RuntimeException | LinkageError e) {
                LOG.log(System.Logger.Level.WARNING, "a listener failed at the expiry of " + copy.key(), e);
            }
            done.accept(jobId);
        } finally {
            forget(jobId, copy.length());
        }
    }
}
