package org.stoneware.server.agent;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Starts a server on a thread of its own and sees to it that one whose store takes long to open is not silent: after a moment whoever waits
 * goes on, and people are told what is waited for, again and again until it is there. It is waited for without end, since a store may have
 * much to read.
 * <p>
 * <b>Threading:</b> {@link #run} on any thread; {@link Listener} is called on that one first and on one of its own later.
 */
final class SlowStart {
    private final long quietMs;
    private final long againMs;
    private final Listener listener;

    /** Hears of a start that takes long. */
    interface Listener {
        /** It has not ended in time. */
        void onSlow();

        /** It has not ended yet. */
        void onStillSlow();

        /** It has ended; called only after {@link #onSlow}. */
        void onEnd();
    }

    /**
     * @param quietMs how long nothing is said, and how long {@link #run} waits at most.
     * @param againMs how often it is said again.
     */
    SlowStart(long quietMs, long againMs, Listener listener) {
        this.quietMs = quietMs;
        this.againMs = againMs;
        this.listener = listener;
    }

    /** Runs a start, and returns when it has ended or is slow. */
    void run(Runnable start) {
        CountDownLatch ended = new CountDownLatch(1);
        daemon("stoneware-start", () -> {
            try {
                start.run();
            } finally {
                ended.countDown();
            }
        });
        if (hasEnded(ended, quietMs)) {
            return;
        }
        listener.onSlow();
        daemon("stoneware-start-watch", () -> {
            while (!hasEnded(ended, againMs)) {
                listener.onStillSlow();
            }
            listener.onEnd();
        });
    }

    private static void daemon(String name, Runnable task) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        thread.start();
    }

    /** An interrupt ends the waiting as well: the process stops. */
    private static boolean hasEnded(CountDownLatch ended, long waitMs) {
        try {
            return ended.await(waitMs, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return true;
        }
    }
}
