package org.stoneware.simulation;

import java.util.PriorityQueue;
import java.util.SplittableRandom;

/**
 * Threads that want the processor and get it late, in simulated time and in one real thread: a thread that wakes up runs after a delay
 * drawn for it, and not while it, or its process, is held up. The same seed gives the same run.
 */
public final class StarvedMachine {
    private final PriorityQueue<Event> events = new PriorityQueue<>();
    private final SplittableRandom random;
    private final long meanDelayNs;
    private final long maxDelayNs;
    private long nowNs = 1_000_000_000L;
    private long order;

    /** What a thread does when it has the processor; returns how long it sleeps then unless it is woken. */
    public interface Body {
        long run(long nowNs);
    }

    /**
     * @param meanDelayNs how long a thread waits for the processor on the average; most wait less, some much longer.
     * @param maxDelayNs  longest such wait.
     */
    public StarvedMachine(long seed, long meanDelayNs, long maxDelayNs) {
        this.random = new SplittableRandom(seed);
        this.meanDelayNs = meanDelayNs;
        this.maxDelayNs = maxDelayNs;
    }

    public long nowNs() {
        return nowNs;
    }

    public SplittableRandom random() {
        return random;
    }

    /** Starts a thread. */
    public Task task(Body body) {
        Task task = new Task(body);
        task.wake();
        return task;
    }

    /** Does something at a time, whoever is starved. */
    public void at(long atNs, Runnable action) {
        events.add(new Event(atNs, order++, action));
    }

    public void runFor(long durationNs) {
        long endNs = nowNs + durationNs;
        while (!events.isEmpty() && events.peek().atNs <= endNs) {
            Event event = events.remove();
            nowNs = event.atNs;
            event.action.run();
        }
        nowNs = endNs;
    }

    private long delayNs() {
        return Math.min(maxDelayNs, (long) (-Math.log(1 - random.nextDouble()) * meanDelayNs));
    }

    /** One thread. */
    public final class Task {
        private final Body body;
        private long heldUntilNs;
        private boolean isRunnable;
        private boolean isRunning;
        private boolean isWoken;
        private long sleep;

        private Task(Body body) {
            this.body = body;
        }

        /** Ends its sleep. */
        public void wake() {
            if (isRunning) {
                isWoken = true;
            } else if (!isRunnable) {
                isRunnable = true;
                sleep++;
                at(nowNs + delayNs(), this::run);
            }
        }

        /** Does not run for a time, whatever it wants. */
        public void hold(long durationNs) {
            heldUntilNs = Math.max(heldUntilNs, nowNs + durationNs);
        }

        private void run() {
            if (nowNs < heldUntilNs) {
                at(heldUntilNs + delayNs(), this::run);
                return;
            }
            isRunnable = false;
            isRunning = true;
            isWoken = false;
            long sleepNs = body.run(nowNs);
            isRunning = false;
            if (isWoken || sleepNs <= 0) {
                wake();
                return;
            }
            long slept = ++sleep;
            at(nowNs + sleepNs, () -> {
                if (sleep == slept) {
                    wake();
                }
            });
        }
    }

    private record Event(long atNs, long order, Runnable action) implements Comparable<Event> {
        @Override
        public int compareTo(Event other) {
            return atNs != other.atNs ? Long.compare(atNs, other.atNs) : Long.compare(order, other.order);
        }
    }
}
