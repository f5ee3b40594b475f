package org.stoneware.server.agent;

import org.jspecify.annotations.Nullable;
import org.stoneware.server.replication.Mismatch;
import org.stoneware.server.storage.ExchangeableStore;
import org.stoneware.server.storage.StoreSwitch;
import org.stoneware.server.storage.StoreSwitchState;

/**
 * Notices that the sessions here are not as the active's, that a copy has replaced them, and that this server counts no longer: a store on
 * trial may be why, and what it shows meanwhile proves nothing.
 * <p>
 * <b>Threading:</b> the agent thread.
 */
final class CopyWatch {
    private final ExchangeHost host;
    private final TrialRecord trials;
    private final StoreSwitch exchange;
    private final StoreSwitch.Output told;
    /** What was served at the last look; another object once a copy has replaced the sessions. */
    private ExchangeableStore served;
    /** In what the sessions differed then. */
    private @Nullable Mismatch difference;

    /** @param told hears of a store that differs and has none standing by. */
    CopyWatch(ExchangeHost host, TrialRecord trials, StoreSwitch exchange, StoreSwitch.Output told) {
        this.host = host;
        this.trials = trials;
        this.exchange = exchange;
        this.told = told;
        this.served = host.store();
        this.difference = host.difference();
    }

    /** @return amount of work done; not 0 when the sessions differ since the last look, or a probation had to do without this server counting. */
    int doWork(StoreOffer inUse, long nowNs) {
        boolean isCounted = host.isCounted();
        if (host.store() != served || !isCounted) {
            served = host.store();
            trials.beginAnew(inUse, nowNs);
        }
        int work = lookForDifference(nowNs);
        // It may have been dropped before the probation began.
        if (!isCounted && exchange.state() == StoreSwitchState.PROVING) {
            exchange.onUncounted(
                    "this server counts no longer as active or as a standby in sync, since it was too slow perhaps; the"
                            + " time begins once it does again",
                    nowNs);
            work++;
        }
        return work;
    }

    private int lookForDifference(long nowNs) {
        Mismatch found = host.difference();
        boolean isNews = found != null && !found.equals(difference);
        difference = found;
        if (found == null || !isNews) {
            return 0;
        }
        switch (found.kind()) {
            case SESSIONS, RESULT -> onWrong("the sessions are not as the active's: " + found, nowNs);
            case STORE_FAILED -> onStuck(found, nowNs);
            case FULL -> exchange.onHindered("there is no room for what the active holds: " + found, nowNs);
            case ROWS, COPY_TOO_FAST, COPY_BROKEN -> {
                // No store holds that; a copy that was not completed is no difference.
            }
        }
        return 1;
    }

    private void onWrong(String reason, long nowNs) {
        if (exchange.state() == StoreSwitchState.PROVING) {
            exchange.onWrong(reason, nowNs);
        } else if (trials.isAlone()) {
            told.onStayed(host.store().inUse(), reason);
        }
    }

    /** Either the store says so itself, which ends a probation without this, or the device does not read what both stores have there. */
    private void onStuck(Mismatch found, long nowNs) {
        String failure = host.failure();
        if (failure.isEmpty()) {
            exchange.onHindered("the disk does not read what an entry of the active needs: " + found, nowNs);
        } else if (exchange.state() != StoreSwitchState.PROVING && trials.isAlone()) {
            told.onStayed(host.store().inUse(), failure);
        }
    }
}
