package org.stoneware.server.admin;

import java.util.concurrent.TimeUnit;
import org.stoneware.api.session.SessionKey;
import org.stoneware.spi.storage.LoadResult;
import org.stoneware.spi.storage.SessionStore;

/** Asks a store for a session again and again, not in every duty cycle, until it is in memory. */
final class StoreAttempts {
    private static final long AGAIN_NS = TimeUnit.MILLISECONDS.toNanos(20);
    /** No ticket of a request is negative. */
    private static final long TICKET = Long.MIN_VALUE;

    private boolean isFirst = true;
    private long nextNs;

    boolean isDue(long nowNs) {
        return isFirst || nowNs - nextNs >= 0;
    }

    /** Puts the next attempt off. */
    void again(long nowNs) {
        isFirst = false;
        nextNs = nowNs + AGAIN_NS;
    }

    LoadResult load(SessionStore store, SessionKey key, long nowNs) {
        again(nowNs);
        return store.load(key, TICKET);
    }
}
