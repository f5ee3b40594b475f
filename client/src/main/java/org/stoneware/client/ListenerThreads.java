package org.stoneware.client;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Threads that call listeners of applications: of one application one after the other, of several at the same time, so that a listener
 * that hangs holds up its own application only.
 * <p>
 * <b>Threading:</b> callable from any thread. <b>Limits:</b> {@link #MAX_THREADS} threads, which end when idle; the caller bounds what
 * waits.
 */
final class ListenerThreads {
    /** So many applications may hang before the others wait for them. */
    static final int MAX_THREADS = 4;

    private static final System.Logger LOG = System.getLogger("org.stoneware.client");
    private static final long KEEP_ALIVE_SEC = 10;

    private final ThreadPoolExecutor pool;
    /** What waits of each application that has a task on its way or being worked on. Guarded by this. */
    private final Map<String, ArrayDeque<Runnable>> waiting = new HashMap<>();

    ListenerThreads(ThreadFactory threads) {
        // What comes after the end is dropped; the agent's last cycles must not fail of it.
        pool = new ThreadPoolExecutor(
                MAX_THREADS,
                MAX_THREADS,
                KEEP_ALIVE_SEC,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                threads,
                new ThreadPoolExecutor.DiscardPolicy());
        pool.allowCoreThreadTimeOut(true);
    }

    /**
     * Runs a task behind those of the same application.
     * <p>
     * <b>Failure:</b> when no thread can be started for it, the task is not run, and the error is thrown.
     */
    void execute(String application, Runnable task) {
        synchronized (this) {
            @Nullable ArrayDeque<Runnable> before = waiting.get(application);
            if (before != null) {
                before.addLast(task);
                return;
            }
            waiting.put(application, new ArrayDeque<>());
        }
        boolean isTaken = false;
        try {
            pool.execute(() -> work(application, task));
            isTaken = true;
        } finally {
            if (!isTaken) {
                forget(application);
            }
        }
    }

    private void work(String application, Runnable first) {
        @Nullable Runnable next = first;
        while (next != null) {
            run(application, next);
            next = poll(application);
            // All threads are at work: behind the applications that wait for one.
            if (next != null && !pool.getQueue().isEmpty() && isPutBehind(application, next)) {
                next = null;
            }
        }
    }

    /** An error of a listener must end neither this thread nor what waits behind it: there may be no other thread for that. */
    private static void run(String application, Runnable task) {
        try {
            task.run();
        } catch (Throwable e) {
            try {
                LOG.log(System.Logger.Level.ERROR, "a listener of " + application + " failed", e);
            } catch (Throwable again) {
                // Out of memory, say. What comes next may find some.
            }
        }
    }

    /** False when there is no thread for it, or no memory: then this one goes on with it. */
    private boolean isPutBehind(String application, Runnable task) {
        try {
            pool.execute(() -> work(application, task));
            return true;
        } catch (OutOfMemoryError e) {
            return false;
        }
    }

    /** The next task of an application; null when it has none, and none on its way any more. */
    private synchronized @Nullable Runnable poll(String application) {
        @Nullable ArrayDeque<Runnable> tasks = waiting.get(application);
        @Nullable Runnable next = tasks == null ? null : tasks.pollFirst();
        if (next == null) {
            waiting.remove(application);
        }
        return next;
    }

    private synchronized void forget(String application) {
        waiting.remove(application);
    }

    /** Runs nothing that comes from now on. */
    void shutdown() {
        pool.shutdown();
    }
}
