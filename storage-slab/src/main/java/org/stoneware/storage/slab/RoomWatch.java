package org.stoneware.storage.slab;

import java.util.concurrent.TimeUnit;
import java.util.function.IntPredicate;

/**
 * Whether a store counts as full: from the first change refused for lack of room until there is plenty of room, or some and nothing was
 * refused for a while. So a store that has room for many sessions is not called full until a tenth of its memory is free, and one at
 * its limit does not change its mind with every session that ends.
 * <p>
 * <b>Threading:</b> the thread of the store.
 */
public final class RoomWatch {
    /** Free in percent when there is room whatever was refused a moment ago. */
    static final int PLENTY_PERCENT = 10;
    /** Free in percent when there is room as soon as nothing more is refused. */
    static final int SOME_PERCENT = 1;
    /** For so long there must have been some room, and no refusal. */
    static final long QUIET_NS = TimeUnit.SECONDS.toNanos(10);

    private boolean isFull;
    private boolean isQuiet;
    private long quietSinceNs;

    public boolean isFull() {
        return isFull;
    }

    /**
     * A change was refused for lack of room.
     *
     * @return true when the store was not full before.
     */
    public boolean onRefused() {
        boolean isNews = !isFull;
        isFull = true;
        isQuiet = false;
        return isNews;
    }

    /**
     * Looks whether there is room again.
     *
     * @param isFree whether at least so many percent of what may be used are free.
     * @return true when the store is full no longer.
     */
    public boolean doWork(long nowNs, IntPredicate isFree) {
        if (!isFull) {
            return false;
        }
        if (!isFree.test(SOME_PERCENT)) {
            isQuiet = false;
            return false;
        }
        if (!isQuiet) {
            isQuiet = true;
            quietSinceNs = nowNs;
        }
        if (nowNs - quietSinceNs >= QUIET_NS || isFree.test(PLENTY_PERCENT)) {
            isFull = false;
        }
        return !isFull;
    }
}
