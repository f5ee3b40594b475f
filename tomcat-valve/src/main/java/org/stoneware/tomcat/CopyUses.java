package org.stoneware.tomcat;

import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The uses of one copy of a session, as the array counts them.
 * <p>
 * <b>Threading:</b> callable from any thread; uses change under the lock of the session only.
 */
final class CopyUses {
    private final Object lock;
    private volatile int count;
    /**
     * Those whose last commit gave the session up, and whose uses are yet to end: nothing can be changed in them, so others may change the
     * session meanwhile, and the copy may take that in. Guarded by the lock.
     */
    private Set<RequestScope> released = Set.of();
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

    /**
     * Ends one.
     *
     * @param user whose it is; null for one of nobody who could have given the session up.
     * @return whether its last commit gave the session up.
     */
    boolean end(@Nullable RequestScope user) {
        synchronized (lock) {
            count--;
            lastNs = System.nanoTime();
            boolean isReleased = user != null && !released.isEmpty() && released.remove(user);
            if (isReleased && released.isEmpty()) {
                released = Set.of();
            }
            return isReleased;
        }
    }

    /** The last commit of one has given the session up. */
    void released(RequestScope user) {
        synchronized (lock) {
            if (released.isEmpty()) {
                released = new HashSet<>(2);
            }
            released.add(user);
        }
    }

    /** True when the last commit of this one has given the session up. */
    boolean isReleased(RequestScope user) {
        synchronized (lock) {
            return released.contains(user);
        }
    }

    /** Does not wait for the lock. */
    boolean isAny() {
        return count > 0;
    }

    /**
     * True when nobody can bring the array what was changed, once this one has ended.
     *
     * @param user whose it is; see {@link #end}.
     */
    boolean isLast(@Nullable RequestScope user) {
        synchronized (lock) {
            boolean isOpen = user == null || !released.contains(user);
            return count == 1 || isOpen && count - released.size() == 1;
        }
    }

    /** True when there is one in which the session can be changed: the array lets nobody else change it. */
    boolean isAnyOpen() {
        synchronized (lock) {
            return count > released.size();
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
