package org.stoneware.server.storage;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.stoneware.spi.storage.StoreSnapshot;

/**
 * Shows a {@link StoreTwin} what the store in use held when the twin began to get its changes.
 * <p>
 * <b>Threading:</b> the agent thread. <b>Limits:</b> {@link StoreSwitch#BUDGET_NS} of a duty cycle, exceeded by at most one batch.
 * <b>Failure:</b> a store in use that throws, or does not show all it holds, is a {@linkplain StoreTwin#sourceProblem problem of the source};
 * a twin that is too slow is one of its own.
 */
final class FillingWalk {
    private static final int BATCH = 16;

    private final LongSupplier nanoClock;
    private @Nullable StoreSnapshot walk;
    private long copied;
    private boolean isOver;

    /** @param nanoClock tells how long a batch took. */
    FillingWalk(LongSupplier nanoClock) {
        this.nanoClock = nanoClock;
    }

    void begin(ExchangeableStore source, StoreTwin twin) {
        copied = 0;
        isOver = false;
        twin.guardedSource("begin a walk", () -> walk = source.inUse().store().openSnapshot());
    }

    /** Number of sessions shown so far. */
    long copied() {
        return copied;
    }

    /** True once everything has been shown. */
    boolean isOver() {
        return isOver;
    }

    /** @return amount of work done. */
    int step(ExchangeableStore source, StoreTwin twin) {
        StoreSnapshot open = walk;
        if (open == null) {
            throw new IllegalStateException("no walk is open");
        }
        int work = 0;
        long startNs = nanoClock.getAsLong();
        long lastNs = startNs;
        while (twin.isSound() && !twin.isBehind() && lastNs - startNs < StoreSwitch.BUDGET_NS) {
            int shown = show(open, source, twin);
            if (shown == StoreSnapshot.END) {
                isOver = twin.isSound();
                close();
                return work + 1;
            }
            long endNs = nanoClock.getAsLong();
            if (endNs - lastNs > StoreSwitch.MAX_STEP_NS) {
                twin.problem("too slow: " + TimeUnit.NANOSECONDS.toMillis(endNs - lastNs) + " ms for " + shown
                        + " sessions, during which nobody is served");
            }
            lastNs = endNs;
            if (shown == 0) {
                return work;
            }
            copied += shown;
            work += shown;
        }
        return work;
    }

    /** @return number of sessions; {@link StoreSnapshot#END} also where the store in use shows no more of what it holds. */
    private static int show(StoreSnapshot open, ExchangeableStore source, StoreTwin twin) {
        int[] shown = {StoreSnapshot.END};
        twin.guardedSource("be walked", () -> {
            int seen = open.next(BATCH, twin::onWalked);
            long unread = seen == StoreSnapshot.END ? open.unread() : 0;
            if (unread > 0) {
                twin.sourceProblem("the store in use does not read all it holds: sessions=" + unread + "; "
                        + source.readProblem());
            }
            shown[0] = seen;
        });
        return shown[0];
    }

    /** Shows nothing more. */
    void close() {
        StoreSnapshot open = walk;
        walk = null;
        if (open != null) {
            StoreGuard.failure(open::close);
        }
    }
}
