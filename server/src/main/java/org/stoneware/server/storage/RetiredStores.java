package org.stoneware.server.storage;

import java.util.ArrayList;
import java.util.List;

/**
 * Stores that are out of use, handed over to be closed as soon as no walk over them is open and none of their calls is on the way.
 * <p>
 * <b>Threading:</b> the agent thread. <b>Ownership:</b> of every store given to it.
 */
final class RetiredStores {
    private final List<SharedStore> open = new ArrayList<>();

    void add(SharedStore store) {
        if (store.isWalked() || store.isCalled()) {
            open.add(store);
        } else {
            store.close();
        }
    }

    /** The same for a store of which a call may be on the way that nobody counts: it is closed in {@link #doWork}. */
    void addLater(SharedStore store) {
        open.add(store);
    }

    /**
     * Lets those that are walked work, and closes the others.
     *
     * @return amount of work done.
     */
    int doWork(long nowNs) {
        int work = 0;
        for (int i = open.size() - 1; i >= 0; i--) {
            SharedStore store = open.get(i);
            if (store.isCalled()) {
                continue;
            }
            if (store.isWalked()) {
                StoreGuard.failure(() -> store.store().doWork(nowNs));
            } else {
                open.remove(i);
                store.close();
                work++;
            }
        }
        return work;
    }

    void close() {
        open.forEach(SharedStore::close);
        open.clear();
    }
}
