package org.stoneware.server.storage;

import java.util.concurrent.TimeUnit;
import org.stoneware.spi.storage.SessionStore;

/**
 * For how long a store takes no changes since its disk is behind, or makes nothing durable of what it has taken. Looked at again and again; a
 * store that does not say so here is none the slower for it.
 * <p>
 * <b>Threading:</b> the agent thread.
 */
final class StoreLag {
    private static final long NOT_LAGGING = Long.MIN_VALUE;

    private long behindNs = NOT_LAGGING;
    private long stalledNs = NOT_LAGGING;
    /** As it was seen last; not known at first. */
    private long durablePosition = Long.MAX_VALUE;

    void look(SessionStore store, long nowNs) {
        StoreGuard.failure(() -> {
            behindNs = since(behindNs, store.isBehind(), nowNs);
            long durable = store.durablePosition();
            boolean isMoving = durable > durablePosition || durable >= store.appendPosition();
            stalledNs = since(stalledNs, !isMoving, nowNs);
            durablePosition = durable;
        });
    }

    private static long since(long sinceNs, boolean isLagging, long nowNs) {
        return !isLagging ? NOT_LAGGING : sinceNs == NOT_LAGGING ? nowNs : sinceNs;
    }

    boolean isLagging() {
        return behindNs != NOT_LAGGING || stalledNs != NOT_LAGGING;
    }

    /**
     * @param other gets the same changes: what keeps both up is the disk.
     * @return why the store is too slow to be used; empty when it is not.
     */
    String problem(StoreLag other, long nowNs) {
        if (other.isLagging()) {
            return "";
        }
        if (behindNs != NOT_LAGGING && nowNs - behindNs > StoreTwin.MAX_BEHIND_NS) {
            return "too slow: its disk was behind for " + TimeUnit.NANOSECONDS.toMillis(nowNs - behindNs) + " ms";
        }
        if (stalledNs != NOT_LAGGING && nowNs - stalledNs > StoreSwitch.MAX_SETTLE_NS) {
            return "too slow: it makes nothing durable, for " + TimeUnit.NANOSECONDS.toMillis(nowNs - stalledNs)
                    + " ms";
        }
        return "";
    }
}
