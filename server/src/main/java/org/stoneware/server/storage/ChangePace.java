package org.stoneware.server.storage;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * How long the changes of a store on probation take. One may be the machine's: a collection, a starved processor. Several are the store's.
 * <p>
 * <b>Threading:</b> the agent thread.
 */
final class ChangePace {
    /** Nobody is served meanwhile. */
    static final long MAX_CHANGE_NS = StoreSwitch.MAX_STEP_NS;

    static final int MAX_SLOW = 3;

    /** Where nothing is measured. */
    static final ChangePace NONE = new ChangePace(() -> 0);

    private final LongSupplier nanoClock;
    private long startNs;
    private long slowestNs;
    private int slow;

    ChangePace(LongSupplier nanoClock) {
        this.nanoClock = nanoClock;
    }

    void begin() {
        startNs = nanoClock.getAsLong();
    }

    /** @return true when the change that ends here is one too many that was slow. */
    boolean isTooSlow() {
        long tookNs = nanoClock.getAsLong() - startNs;
        if (tookNs <= MAX_CHANGE_NS) {
            return false;
        }
        slowestNs = Math.max(slowestNs, tookNs);
        return ++slow >= MAX_SLOW;
    }

    String inWords() {
        return "too slow: " + slow + " changes took more than " + TimeUnit.NANOSECONDS.toMillis(MAX_CHANGE_NS)
                + " ms, the longest " + TimeUnit.NANOSECONDS.toMillis(slowestNs) + ", during which nobody is served";
    }
}
