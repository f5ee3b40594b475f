package org.stoneware.console;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Runs exchanges on a few threads and cuts off those that keep a thread while others wait.
 * <p>
 * The JDK's server reads a request and writes its answer blocking, on the executor's threads: a client that sends one byte and then
 * nothing would hold a thread for seconds, and four such clients the whole port (ADR 0070). Interrupting the thread closes the
 * connection. The age of an exchange is counted in ticks of the watching thread, not by a clock, so that a machine that was frozen or
 * busy does not cut off clients who did nothing wrong.
 */
final class ExchangePool implements Executor, AutoCloseable {
    private static final System.Logger LOGGER = System.getLogger(ExchangePool.class.getName());
    static final int THREADS = 4;
    /** More than there can be connections; each has one exchange at most. */
    private static final int MAX_WAITING = 2 * ManagementPort.MAX_CONNECTIONS;

    private static final long TICK_MS = 25;
    /** A quarter of a second when few wait: many times what an honest request takes on a slow line. */
    private static final int MAX_TICKS_WHILE_FEW_WAIT = 10;
    /** Under an assault by many slow clients, so that all connections there can be are seen to in less than 5 s. */
    private static final int MIN_TICKS = 2;

    private static final int MAX_TICKS = 200;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition hasWork = lock.newCondition();
    private final Condition isBusy = lock.newCondition();
    private final Condition isIdle = lock.newCondition();
    private final Condition isClosing = lock.newCondition();
    private final Queue<Runnable> waiting = new ArrayDeque<>();
    private final Worker[] workers = new Worker[THREADS];
    private final int maxTicks;
    private int busyCount;
    private boolean isClosed;

    ExchangePool() {
        this(MAX_TICKS);
    }

    /** @param maxTicks how long an exchange may take when nobody waits. */
    ExchangePool(int maxTicks) {
        this.maxTicks = maxTicks;
        for (int i = 0; i < THREADS; i++) {
            workers[i] = new Worker();
            daemon("console-" + i, workers[i]).start();
        }
        daemon("console-watch", this::watch).start();
    }

    static Thread daemon(String name, Runnable task) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        return thread;
    }

    @Override
    public void execute(Runnable exchange) {
        lock.lock();
        try {
            if (isClosed || waiting.size() >= MAX_WAITING) {
                throw new RejectedExecutionException("waiting=" + waiting.size() + " closed=" + isClosed);
            }
            waiting.add(exchange);
            hasWork.signal();
        } finally {
            lock.unlock();
        }
    }

    /** Waits until no exchange runs or waits, so that answers are out before the port closes; gives up after {@code timeoutMs}. */
    void awaitIdle(long timeoutMs) throws InterruptedException {
        lock.lock();
        try {
            long leftNs = TimeUnit.MILLISECONDS.toNanos(timeoutMs);
            while (busyCount + waiting.size() > 0 && leftNs > 0) {
                leftNs = isIdle.awaitNanos(leftNs);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Ends all threads; what still runs is cut off. */
    @Override
    public void close() {
        lock.lock();
        try {
            isClosed = true;
            waiting.clear();
            for (Worker worker : workers) {
                worker.cutOff();
            }
            hasWork.signalAll();
            isBusy.signalAll();
            isClosing.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void watch() {
        lock.lock();
        try {
            while (!isClosed) {
                if (busyCount == 0) {
                    isBusy.awaitUninterruptibly();
                } else {
                    boolean unused = isClosing.await(TICK_MS, TimeUnit.MILLISECONDS);
                    tick();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            lock.unlock();
        }
    }

    private void tick() {
        int allowedTicks = allowedTicks();
        for (Worker worker : workers) {
            if (worker.isRunning && ++worker.ageTicks > allowedTicks) {
                worker.cutOff();
            }
        }
    }

    private int allowedTicks() {
        if (waiting.isEmpty()) {
            return maxTicks;
        }
        return Math.max(MIN_TICKS, MAX_TICKS_WHILE_FEW_WAIT * THREADS / Math.max(THREADS, waiting.size()));
    }

    /** One thread and the exchange it runs; its fields are guarded by the lock. */
    private final class Worker implements Runnable {
        private @Nullable Thread thread;
        private boolean isRunning;
        private int ageTicks;

        @Override
        public void run() {
            for (Runnable exchange = next(); exchange != null; exchange = next()) {
                try {
                    exchange.run();
                } catch (RuntimeException | Error e) {
                    // Memory or threads may be short for a moment; a thread that ended would be missing for ever.
                    LOGGER.log(System.Logger.Level.ERROR, "management exchange failed", e);
                } finally {
                    done();
                }
            }
        }

        /** Interrupts the exchange it runs, and never a later one: both happen under the lock. */
        private void cutOff() {
            if (isRunning && thread != null) {
                thread.interrupt();
            }
        }

        private @Nullable Runnable next() {
            lock.lock();
            try {
                thread = Thread.currentThread();
                while (waiting.isEmpty() && !isClosed) {
                    hasWork.awaitUninterruptibly();
                }
                Runnable exchange = waiting.poll();
                if (exchange != null) {
                    isRunning = true;
                    ageTicks = 0;
                    if (++busyCount == 1) {
                        isBusy.signal();
                    }
                }
                return exchange;
            } finally {
                lock.unlock();
            }
        }

        private void done() {
            lock.lock();
            try {
                isRunning = false;
                busyCount--;
                boolean unused = Thread.interrupted();
                if (busyCount + waiting.size() == 0) {
                    isIdle.signalAll();
                }
            } finally {
                lock.unlock();
            }
        }
    }
}
