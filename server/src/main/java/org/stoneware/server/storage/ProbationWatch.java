package org.stoneware.server.storage;

import org.stoneware.spi.storage.StoreHealth;

/**
 * What a store on probation is found to do wrong when it is looked at, and whether the one before could stand in.
 * <p>
 * <b>Threading:</b> the agent thread.
 */
final class ProbationWatch {
    static final String NOT_EVERY_CHANGE = "it has not got every change";

    private final StoreLag lag = new StoreLag();
    private final StoreLag spareLag = new StoreLag();
    private String slowness = "";
    /** What the store said that has failed and could not give way at once; empty when it has not. */
    private String failure = "";

    /** @return why the store is too slow, as far as was seen; empty while it is not. */
    String look(ExchangeableStore tried, StoreTwin spare, StoreHealth health, long nowNs) {
        lag.look(tried.inUse().store(), nowNs);
        spareLag.look(spare.opened().store(), nowNs);
        String ofLag = health.state() == StoreHealth.State.FULL ? "" : lag.problem(spareLag);
        slowness = ofLag.isEmpty() ? tried.pace().slowness() : ofLag;
        return slowness;
    }

    /** It may be too slow in a moment. */
    boolean isLagging() {
        return slowness.isEmpty() && lag.isLagging();
    }

    /** True while a store that says FAILED can't give way yet: the one before only lags, and has every change in a while, or is unsound. */
    boolean isSpareAwaited(ExchangeableStore tried) {
        StoreHealth health = tried.health();
        StoreTwin spare = tried.twin();
        boolean isAwaited = health.state() == StoreHealth.State.FAILED && spare != null && spare.isBehind();
        if (isAwaited) {
            failure = health.reason();
        }
        return isAwaited;
    }

    /** The store has said so, and had to wait for the one before. It may have gone with the sessions since. */
    boolean hasFailed() {
        return !failure.isEmpty();
    }

    /** What is wrong with the store; empty when nothing is. */
    String problem(ExchangeableStore tried) {
        if (hasFailed()) {
            return failure;
        }
        StoreHealth health = tried.health();
        if (health.state() == StoreHealth.State.FAILED) {
            return health.reason();
        }
        return slowness.isEmpty() ? tried.pace().slowness() : slowness;
    }

    /** Why the store before does not stand in for one that is slow; empty when it could, or there is none. */
    static String spareProblem(ExchangeableStore tried) {
        StoreTwin spare = tried.twin();
        if (spare == null) {
            return "";
        }
        String lost = tried.lostBySpare();
        return !lost.isEmpty() ? "it has found damage: " + lost : spare.isBehind() ? NOT_EVERY_CHANGE : spare.problem();
    }
}
