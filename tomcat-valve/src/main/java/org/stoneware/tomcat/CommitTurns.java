package org.stoneware.tomcat;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.stoneware.client.Committed;

/**
 * The order in which requests of one Tomcat commit one session.
 * <p>
 * As a rule one at a time collects its changes and hands them over. Collecting runs code of the application, which may wait for a
 * monitor that a thread holds which itself wants to commit: a page written inside {@code synchronized (cart)}. Such a thread does not wait
 * for its turn for ever but overtakes. Whoever was overtaken notices, and collects again: what it wrote down may be older than what
 * the array holds by then. See ADR 0295.
 * <p>
 * <b>Threading:</b> callable from any thread; {@link #overtake} under the lock of the session.
 */
final class CommitTurns {
    /** A commit overtaken more often than this fails. Each time another one waited for its turn in vain. */
    private static final int MAX_ATTEMPTS = 100;

    private static final long MAX_WAIT_MS = 200;

    private final ReentrantLock turn = new ReentrantLock();
    private volatile long overtaken;

    /**
     * Commits once.
     *
     * @param lock     of the session; not held by the caller.
     * @param collect  runs without the lock, and again when another commit was faster.
     * @param handOver runs under the lock with what {@code collect} returned last.
     */
    <T> @Nullable Committed commit(Object lock, Supplier<T> collect, Function<T, @Nullable Committed> handOver) {
        for (int attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
            boolean hasTurn = begin();
            try {
                long before = overtaken;
                T changes = collect.get();
                synchronized (lock) {
                    if (overtaken == before) {
                        Committed outcome = handOver.apply(changes);
                        if (outcome != null) {
                            // Whoever collects since it began has compared values with what the array held before.
                            overtake();
                        }
                        return outcome;
                    }
                }
            } finally {
                if (hasTurn) {
                    turn.unlock();
                }
            }
        }
        throw new IllegalStateException("overtaken by other commits " + MAX_ATTEMPTS + " times");
    }

    /** Waits for the turn of the calling thread, but not for long; true when it has it. */
    private boolean begin() {
        try {
            return turn.tryLock(MAX_WAIT_MS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            // The client makes an outcome of it when there is something to hand over.
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** What others have collected so far is old from now on. Called under the lock. */
    @SuppressWarnings("NonAtomicOperationOnVolatileField")
    void overtake() {
        overtaken++;
    }
}
