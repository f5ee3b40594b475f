package org.stoneware.server.agent;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.stoneware.server.session.StoreHangError;
import org.stoneware.server.session.StoreWait;
import org.stoneware.spi.storage.SessionStore;
import org.stoneware.spi.storage.StoreHealth;

/**
 * Holds the agent up while a numbered entry waits for its store. That is rare, since stores are asked before an entry is numbered, and as short
 * as a write of the disk; a disk that takes nothing for {@link #MAX_NS} ends the server, as any hang of the agent would. That is longer than a
 * store that is only being filled may keep the one in use waiting, so that such a one is given up first.
 * <p>
 * <b>Threading:</b> the agent thread.
 */
final class DiskWait implements StoreWait {
    static final long MAX_NS = TimeUnit.SECONDS.toNanos(3);
    private static final long STEP_NS = TimeUnit.MICROSECONDS.toNanos(200);

    private final LongSupplier nanoClock;
    private long sinceNs;

    DiskWait(LongSupplier nanoClock) {
        this.nanoClock = nanoClock;
    }

    @Override
    public boolean letWork(SessionStore store, int attempt) {
        long nowNs = nanoClock.getAsLong();
        if (attempt == 1) {
            sinceNs = nowNs;
        }
        if (store.health().state() != StoreHealth.State.OK) {
            return false;
        }
        int work = store.doWork(nowNs);
        if (nowNs - sinceNs > MAX_NS) {
            throw new StoreHangError("the disk of the session store hangs: mode=" + store.mode() + " waitedMs="
                    + TimeUnit.NANOSECONDS.toMillis(nowNs - sinceNs) + "; check the disk, then start the server again");
        }
        if (work == 0) {
            LockSupport.parkNanos(STEP_NS);
        }
        return true;
    }
}
