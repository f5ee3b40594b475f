package org.stoneware.server.storage;

import java.util.concurrent.TimeUnit;
import org.stoneware.spi.storage.SessionStore;

/**
 * For how long a store takes no changes since its disk is behind, or makes nothing durable of what it has taken. Looked at again and again; a
 * store that does not say so here is none the slower for it.
 * <p>
 * <b>Threading:</b> the agent thread. <b>Limits:</b> {@link #MAX_GAP_NS} of the time between two looks counts: in a longer one the machine stood
 * still, and the store with it.
 */
final class StoreLag {
    static final long MAX_GAP_NS = TimeUnit.SECONDS.toNanos(1);
    private static final long NOT_LAGGING = -1;

    private long behindForNs = NOT_LAGGING;
    private long stalledForNs = NOT_LAGGING;
    /** As it was seen last; not known at first. */
    private long durablePosition = Long.MAX_VALUE;

    private long lookedNs;

    void look(SessionStore store, long nowNs) {
        long passedNs = Math.min(nowNs - lookedNs, MAX_GAP_NS);
        lookedNs = nowNs;
        StoreGuard.failure(() -> {
            behindForNs = lagging(behindForNs, store.isBehind(), passedNs);
            long durable = store.durablePosition();
            boolean isMoving = durable > durablePosition || durable >= store.appendPosition();
            stalledForNs = lagging(stalledForNs, !isMoving, passedNs);
            durablePosition = durable;
        });
    }

    private static long lagging(long forNs, boolean isLagging, long passedNs) {
        return !isLagging ? NOT_LAGGING : forNs == NOT_LAGGING ? 0 : forNs + passedNs;
    }

    boolean isLagging() {
        return behindForNs != NOT_LAGGING || stalledForNs != NOT_LAGGING;
    }

    /**
     * @param other gets the same changes: what keeps both up is the disk.
     * @return why the store is too slow to be used; empty when it is not.
     */
    String problem(StoreLag other) {
        if (other.isLagging()) {
            return "";
        }
        if (behindForNs > StoreTwin.MAX_BEHIND_NS) {
            return "too slow: its disk was behind for " + TimeUnit.NANOSECONDS.toMillis(behindForNs) + " ms";
        }
        if (stalledForNs > StoreSwitch.MAX_SETTLE_NS) {
            return "too slow: it makes nothing durable, for " + TimeUnit.NANOSECONDS.toMillis(stalledForNs) + " ms";
        }
        return "";
    }
}
