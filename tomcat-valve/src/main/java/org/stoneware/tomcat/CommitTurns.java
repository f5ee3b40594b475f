package org.stoneware.tomcat;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

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
    static final int MAX_ATTEMPTS = 100;

    private static final long MAX_WAIT_MS = 200;

    private final ReentrantLock turn = new ReentrantLock();
    private volatile long overtaken;

    /** Waits for the turn of the calling thread, but not for long; true when it has it, and must {@link #end} it. */
    boolean begin() {
        try {
            return turn.tryLock(MAX_WAIT_MS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            // The client makes an outcome of it when there is something to hand over.
            Thread.currentThread().interrupt();
            return false;
        }
    }

    void end() {
        turn.unlock();
    }

    /** Grows whenever what others have collected so far becomes old. */
    long overtaken() {
        return overtaken;
    }

    /** What others have collected so far is old from now on. */
    @SuppressWarnings("NonAtomicOperationOnVolatileField")
    void overtake() {
        overtaken++;
    }
}
