package org.stoneware.server.agent;

import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Closes stores that are out of use and deletes what they leave, beside the agent: both wait for a disk, and one that hangs would otherwise
 * end a process that serves from another store. See docs/adr/0285.
 * <p>
 * <b>Threading:</b> the agent thread asks; {@link #underWay} from any thread. <b>Limits:</b> {@link #MAX_THREADS} at a time, each for one
 * store; what is asked for beyond that waits. Where no thread is to be had the agent does it itself.
 */
final class StoreCloser {
    static final int MAX_THREADS = 4;
    private static final long KEEP_ALIVE_SEC = 1;

    private final EventLog events;
    private final AtomicInteger underWay = new AtomicInteger();
    private final ThreadPoolExecutor threads;

    StoreCloser(EventLog events) {
        this.events = events;
        this.threads = new ThreadPoolExecutor(
                MAX_THREADS, MAX_THREADS, KEEP_ALIVE_SEC, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), task -> {
                    Thread thread = new Thread(task, "stoneware-store-closer");
                    thread.setDaemon(true);
                    return thread;
                });
        threads.allowCoreThreadTimeOut(true);
    }

    /** Number of stores that are not closed, or not deleted, yet. */
    int underWay() {
        return underWay.get();
    }

    /**
     * Does it soon.
     *
     * @param what for people, should it fail.
     */
    void run(String what, Runnable work) {
        underWay.incrementAndGet();
        Runnable counted = () -> {
            try {
                work.run();
            } catch (RuntimeException | Error e) {
                // Code of a bundle that may be gone; nobody waits for it.
                events.warning("storage", what + " can't be closed: " + e);
            } finally {
                underWay.decrementAndGet();
            }
        };
        try {
            threads.execute(counted);
        } catch (OutOfMemoryError | RejectedExecutionException e) {
            // No thread to be had, or none any more since the server stops.
            counted.run();
        }
    }

    /**
     * Waits for what is under way and makes no more threads.
     *
     * @return false when it had not ended in time: then it is left to its threads, which do not keep the process.
     */
    boolean close(long timeoutNs) {
        threads.shutdown();
        try {
            return threads.awaitTermination(timeoutNs, TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
