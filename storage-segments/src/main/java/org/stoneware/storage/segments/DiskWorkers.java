package org.stoneware.storage.segments;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.ManyToOneConcurrentArrayQueue;
import org.jspecify.annotations.Nullable;

/**
 * Threads for work that waits for a disk and is not the writer's: reads, hint files, deletions.
 * <p>
 * <b>Threading:</b> the agent submits and polls; at most {@code capacity} tasks are under way.
 */
final class DiskWorkers {
    /** A piece of work. */
    interface Task {
        /** Whether it comes again and again though nothing happens, so that its end is no work done. */
        default boolean isRoutine() {
            return false;
        }

        /** The waiting part, on a worker. Keeps its outcome and throws what it does not expect, see {@link #failed}. */
        void run();

        /**
         * {@link #run} threw this, on the same worker: it has not done what it was to do, or not all of it. Takes no memory, and so
         * says nothing yet; {@link #complete} does.
         */
        void failed(Throwable cause);

        /** What follows, on the agent. */
        void complete();
    }

    /** Ends the worker that takes it. */
    private static final Task END = new Task() {
        @Override
        public void run() {}

        @Override
        public void failed(Throwable cause) {}

        @Override
        public void complete() {}
    };

    /** What is told of an error. */
    static String inWords(Throwable cause) {
        String message = cause.getMessage();
        return message == null ? cause.toString() : message;
    }

    private final BlockingQueue<Task> queue;
    private final ManyToOneConcurrentArrayQueue<Task> done;
    private final List<Thread> threads = new ArrayList<>();
    private final Runnable onProgress;
    private final int capacity;
    private int underWay;
    private boolean isClosing;

    DiskWorkers(int threadCount, int capacity, Runnable onProgress) {
        this.capacity = capacity;
        this.onProgress = onProgress;
        queue = new ArrayBlockingQueue<>(capacity + threadCount);
        done = new ManyToOneConcurrentArrayQueue<>(capacity);
        for (int i = 0; i < threadCount; i++) {
            Thread thread = new Thread(this::work, "stoneware-segment-reader-" + i);
            thread.setDaemon(true);
            threads.add(thread);
        }
    }

    void start() {
        threads.forEach(Thread::start);
    }

    /** @return false when too many are under way. */
    boolean submit(Task task) {
        if (underWay == capacity || !queue.offer(task)) {
            return false;
        }
        underWay++;
        return true;
    }

    /** Completes tasks that are done. @return number of those that were work. */
    int poll(int limit) {
        int work = 0;
        for (int i = 0; i < limit; i++) {
            @Nullable Task task = done.poll();
            if (task == null) {
                break;
            }
            underWay--;
            work += task.isRoutine() ? 0 : 1;
            task.complete();
        }
        return work;
    }

    /** Runs what was submitted, completes nothing more, and ends the threads. @return false when they did not end in time. */
    boolean close(long timeoutMs) {
        if (!isClosing) {
            isClosing = true;
            threads.forEach(each -> queue.add(END));
        }
        long endNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeoutMs);
        boolean isInterrupted = false;
        boolean areEnded = true;
        for (Thread thread : threads) {
            while (thread.isAlive() && System.nanoTime() < endNs) {
                try {
                    thread.join(50);
                } catch (InterruptedException e) {
                    isInterrupted = true;
                }
            }
            areEnded &= !thread.isAlive();
        }
        if (isInterrupted) {
            Thread.currentThread().interrupt();
        }
        return areEnded;
    }

    private void work() {
        while (true) {
            Task task;
            try {
                task = queue.take();
            } catch (InterruptedException e) {
                continue; // nobody else may end a worker: a file would be closed under it
            }
            if (task == END) {
                return;
            }
            try {
                task.run();
            } catch (RuntimeException | Error e) {
                // Memory outside the heap, of which the JDK takes some for a read, may be short for a moment: whoever
                // waits must hear.
                task.failed(e);
            }
            // Never full: it holds as many as may be under way.
            done.offer(task);
            onProgress.run();
        }
    }
}
