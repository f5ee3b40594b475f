package org.stoneware.storage.engine;

import org.stoneware.storage.slab.MemoryBudget;

/** Brings what an earlier run left into memory, as far as it fits, while nobody waits for it. */
final class WarmUp {
    private static final int FILL_SIXTEENTHS = 12;

    private final SessionIndex index;
    private final MemoryBudget budget;
    private final Loads loads;
    private final SessionLog log;
    private int next;
    private boolean isOver;

    WarmUp(SessionIndex index, MemoryBudget budget, Loads loads, SessionLog log) {
        this.index = index;
        this.budget = budget;
        this.loads = loads;
        this.log = log;
        isOver = index.size() == 0;
    }

    int doWork() {
        int work = 0;
        while (!isOver) {
            if (next >= index.size() || budget.usedBytes() > budget.maxBytes() / 16 * FILL_SIXTEENTHS) {
                isOver = true;
            } else if (index.isResident(next) || log.isHeldOff(next) || loads.beginForWarmUp(next)) {
                next++;
                work++;
            } else {
                break;
            }
        }
        return work;
    }
}
