package org.stoneware.drill;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Threads that count in sessions chosen at random until they are stopped, and how long their requests took. */
final class CountingLoad {
    /** Between two requests of a thread: a drill shares the array with users. */
    private static final long PAUSE_NS = TimeUnit.MILLISECONDS.toNanos(1);

    private static final long JOIN_MS = TimeUnit.SECONDS.toMillis(60);

    private final List<CountedSession> sessions;
    private final List<Worker> workers = new ArrayList<>();
    private volatile boolean isRunning = true;
    private volatile boolean isSecondHalf;

    private CountingLoad(List<CountedSession> sessions) {
        this.sessions = sessions;
    }

    static CountingLoad start(List<CountedSession> sessions, int threads) {
        CountingLoad load = new CountingLoad(sessions);
        for (int i = 0; i < threads; i++) {
            load.workers.add(load.new Worker(i));
        }
        load.workers.forEach(Thread::start);
        return load;
    }

    /** What ends from now on counts as touched by the fail-over. */
    void beginSecondHalf() {
        isSecondHalf = true;
    }

    /** Lets every request come to its end. */
    void end() throws InterruptedException {
        isRunning = false;
        for (Worker worker : workers) {
            worker.join(JOIN_MS);
        }
    }

    /** Longest request that ended before the fail-over, ns. */
    long longestBeforeNs() {
        return workers.stream()
                .mapToLong(worker -> worker.longestBeforeNs)
                .max()
                .orElse(0);
    }

    /** Longest request that ended after it began, ns. */
    long longestSinceNs() {
        return workers.stream().mapToLong(worker -> worker.longestSinceNs).max().orElse(0);
    }

    private final class Worker extends Thread {
        private final Random random;
        // Read after this thread has been joined.
        private long longestBeforeNs;
        private long longestSinceNs;

        Worker(int number) {
            super("drill-" + number);
            setDaemon(true);
            random = new Random(number);
        }

        @Override
        public void run() {
            while (isRunning) {
                CountedSession session = sessions.get(random.nextInt(sessions.size()));
                long startNs = System.nanoTime();
                session.count();
                long tookNs = System.nanoTime() - startNs;
                if (isSecondHalf) {
                    longestSinceNs = Math.max(longestSinceNs, tookNs);
                } else {
                    longestBeforeNs = Math.max(longestBeforeNs, tookNs);
                }
                LockSupport.parkNanos(PAUSE_NS);
            }
        }
    }
}
