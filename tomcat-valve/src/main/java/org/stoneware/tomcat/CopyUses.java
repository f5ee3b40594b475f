package org.stoneware.tomcat;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * The uses of one copy of a session, as the array counts them.
 * <p>
 * <b>Threading:</b> callable from any thread; uses change under the lock of the session only.
 */
final class CopyUses {
    private final Object lock;
    private volatile int count;
    /**
     * Uses whose last commit gave the session up: nothing can be changed in them, so others may change the session meanwhile, and the
     * copy may take that in. They are taken to end first, as the client takes them to. Guarded by the lock.
     */
    private int released;
    /** One of {@link #count} belongs to callers outside any request scope. Guarded by the lock. */
    private boolean hasDetached;
    /** Callers of Catalina's {@code access} that are yet to call {@code endAccess}. */
    private final AtomicInteger accesses = new AtomicInteger();

    private volatile long lastNs = System.nanoTime();

    CopyUses(Object lock) {
        this.lock = lock;
    }

    void begin() {
        synchronized (lock) {
            count++;
            lastNs = System.nanoTime();
        }
    }

    void end() {
        synchronized (lock) {
            count--;
            released = Math.max(0, released - 1);
            lastNs = System.nanoTime();
        }
    }

    /** The last commit of one has given the session up. */
    void released() {
        synchronized (lock) {
            released = Math.min(count, released + 1);
        }
    }

    /** Does not wait for the lock. */
    boolean isAny() {
        return count > 0;
    }

    boolean isOne() {
        return count == 1;
    }

    /** True when there is one in which the session can be changed: the array lets nobody else change it. */
    boolean isAnyOpen() {
        synchronized (lock) {
            return count > released;
        }
    }

    /** When one began or ended last, by {@link System#nanoTime}. */
    long lastNs() {
        return lastNs;
    }

    // ---- outside a request scope

    /** True when one belongs to callers outside any request scope. */
    boolean hasDetached() {
        synchronized (lock) {
            return hasDetached;
        }
    }

    /** Notes that callers outside any request scope have one now; false when they had one. */
    boolean beginDetached() {
        synchronized (lock) {
            boolean isFirst = !hasDetached;
            hasDetached = true;
            return isFirst;
        }
    }

    /** True when callers outside any request scope began one, and none of them is left to end it. */
    boolean isStray() {
        return hasDetached() && accesses.get() <= 0;
    }

    /** Notes that callers outside any request scope have none any more; false when one has come along. */
    boolean endStray() {
        synchronized (lock) {
            boolean isStray = isStray();
            hasDetached &= !isStray;
            return isStray;
        }
    }

    void accessBegins() {
        accesses.incrementAndGet();
    }

    /** Returns true when nobody is left to end one. */
    boolean accessEnds() {
        return accesses.decrementAndGet() <= 0;
    }
}
