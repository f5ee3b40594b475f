package org.stoneware.server.agent;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.stoneware.server.role.RoleHandOver;

/**
 * Runs a {@link ServerAgent} on its thread, and a second thread that ends the process should the first hang.
 * <p>
 * <b>Failure:</b> an exception out of the cycle, or no cycle for {@link #HANG_NS} as {@link HangWatch} counts (then halted at once), is
 * fatal: the process must end, because a server that answers heartbeats and does not serve is worse than a dead one.
 */
final class AgentThread {
    static final long HANG_NS = TimeUnit.SECONDS.toNanos(5);
    /** An orderly stop may wait three times for the standby, and has what it holds to close. */
    private static final long STOP_NS = RoleHandOver.MAX_DRAIN_NS + 2 * RoleHandOver.MAX_WAIT_NS + HANG_NS;

    private static final int EXIT_FATAL = 3;
    private static final long WATCH_INTERVAL_MS = 500;
    private static final System.Logger LOG = System.getLogger("org.stoneware.server");

    private final ServerAgent agent;
    private final Consumer<Throwable> onFatal;
    private final Thread thread;
    private final Thread watchdog;
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile boolean isRunning = true;
    private volatile long cycles;

    /** @param onFatal told once, on the agent's or the watchdog's thread. */
    AgentThread(ServerAgent agent, Consumer<Throwable> onFatal) {
        this.agent = agent;
        this.onFatal = onFatal;
        this.thread = new Thread(this::run, "stoneware-agent");
        this.watchdog = new Thread(this::watch, "stoneware-watchdog");
        this.watchdog.setDaemon(true);
    }

    /**
     * Starts both threads.
     *
     * @throws OutOfMemoryError when the system has no thread for one of them; the agent is closed then.
     */
    void start() {
        // The watchdog first: no agent runs unwatched.
        try {
            watchdog.start();
            thread.start();
        } catch (OutOfMemoryError e) {
            isRunning = false;
            agent.close();
            ended.countDown();
            throw e;
        }
    }

    // The counter is written by this thread alone; volatile is for the watchdog's eyes.
    @SuppressWarnings("NonAtomicVolatileUpdate")
    private void run() {
        try {
            while (isRunning) {
                agent.runCycle();
                cycles++;
            }
            agent.close();
        } catch (Throwable e) {
            if (isRunning) {
                isRunning = false;
                onFatal.accept(e);
            } else {
                LOG.log(System.Logger.Level.WARNING, "stop was not orderly", e);
            }
        } finally {
            ended.countDown();
        }
    }

    private void watch() {
        HangWatch watch =
                new HangWatch(HANG_NS, TimeUnit.MILLISECONDS.toNanos(WATCH_INTERVAL_MS), cycles, System.nanoTime());
        try {
            while (isRunning) {
                if (ended.await(WATCH_INTERVAL_MS, TimeUnit.MILLISECONDS)) {
                    return;
                }
                if (watch.isHanging(cycles, System.nanoTime())) {
                    hang();
                    return;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void hang() {
        StringBuilder dump = new StringBuilder("agent has not completed a cycle for 5 s; threads:");
        Thread.getAllStackTraces().forEach((each, stack) -> {
            dump.append("\n  ").append(each.getName());
            for (StackTraceElement element : stack) {
                dump.append("\n      at ").append(element);
            }
        });
        isRunning = false;
        LOG.log(System.Logger.Level.ERROR, dump.toString());
        // Not an orderly stop: an agent that wakes up meanwhile must not go on serving beside a server that took over.
        Runtime.getRuntime().halt(EXIT_FATAL);
    }

    /** Stops after the running cycle; waits, bounded. */
    void stop() {
        isRunning = false;
        agent.inbox().submit(() -> {});
        try {
            if (!ended.await(STOP_NS, TimeUnit.NANOSECONDS)) {
                LOG.log(
                        System.Logger.Level.WARNING,
                        "agent did not end within " + TimeUnit.NANOSECONDS.toSeconds(STOP_NS) + " s");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
