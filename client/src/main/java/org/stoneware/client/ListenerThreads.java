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

    private void work(String application, Runnable task) {
        boolean isDone = false;
        @Nullable Runnable next = task;
        try {
            while (next != null) {
                next.run();
                next = poll(application);
                if (next != null && !pool.getQueue().isEmpty()) {
                    // All threads are at work: behind the applications that wait for one.
                    Runnable later = next;
                    pool.execute(() -> work(application, later));
                    next = null;
                }
            }
            isDone = true;
        } finally {
            // An error of a listener ends this thread, not what waits behind it.
            @Nullable Runnable left = isDone ? null : poll(application);
            if (left != null) {
                pool.execute(() -> work(application, left));
            }
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
