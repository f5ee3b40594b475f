package org.stoneware.server.storage;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * How long the changes of a store on probation take, whether or not one stands by. One may be the machine's: a collection, a starved
 * processor. Several are the store's.
 * <p>
 * <b>Threading:</b> the agent thread.
 */
public final class ChangePace {
    /** Nobody is served meanwhile. */
    static final long MAX_CHANGE_NS = StoreSwitch.MAX_STEP_NS;

    static final int MAX_SLOW = 3;

    /** Null while nothing is measured. */
    private @Nullable LongSupplier nanoClock;

    private long startNs;
    private long slowestNs;
    private int slow;

    /** Another store is in use, whose changes are measured from now on. */
    void restart(LongSupplier clock) {
        end();
        nanoClock = clock;
    }

    /** Measures changes from now on; what was seen so far goes on counting where they are measured already. */
    public void measure(LongSupplier clock) {
        if (nanoClock == null) {
            restart(clock);
        }
    }

    /** Measures nothing any more, and forgets what was seen. */
    public void end() {
        nanoClock = null;
        slow = 0;
        slowestNs = 0;
    }

    void changeBegins() {
        LongSupplier clock = nanoClock;
        if (clock != null) {
            startNs = clock.getAsLong();
        }
    }

    /** @return true when the change that ends here is one too many that was slow. */
    boolean isOneTooMany() {
        LongSupplier clock = nanoClock;
        long tookNs = clock == null ? 0 : clock.getAsLong() - startNs;
        if (tookNs <= MAX_CHANGE_NS) {
            return false;
        }
        slowestNs = Math.max(slowestNs, tookNs);
        return ++slow >= MAX_SLOW;
    }

    /** That too many changes were slow since they are measured; empty when they were not. */
    public String slowness() {
        return slow < MAX_SLOW
                ? ""
                : "too slow: " + slow + " changes took more than " + TimeUnit.NANOSECONDS.toMillis(MAX_CHANGE_NS)
                        + " ms, the longest " + TimeUnit.NANOSECONDS.toMillis(slowestNs)
                        + ", during which nobody is served";
    }
}
