package org.stoneware.simulation;

import java.util.Locale;

/** Runs seeds with a planted bug, until each of the two judges has found it or has been given seeds enough. */
final class FaultSearch {
    private final PlantedBug bug;
    private final String byLedger;
    private final String byHistory;
    private final int seeds;
    private final long tookMs;

    /**
     * @param maxSeeds  as many are tried until one judge has found it.
     * @param bothSeeds as many at least are tried for the other.
     */
    FaultSearch(PlantedBug bug, int maxSeeds, int bothSeeds) {
        this.bug = bug;
        long beganNs = System.nanoTime();
        String ledger = "";
        String history = "";
        int seed = 0;
        while (seed < (ledger.isEmpty() && history.isEmpty() ? maxSeeds : bothSeeds)
                && (ledger.isEmpty() || history.isEmpty())) {
            seed++;
            SimulatedArray.Judgement judgement = SimulatedArray.run(seed, bug);
            ledger = ledger.isEmpty() ? found(seed, judgement.byLedger()) : ledger;
            history = history.isEmpty() ? found(seed, judgement.byHistory()) : history;
        }
        byLedger = ledger;
        byHistory = history;
        seeds = seed;
        tookMs = (System.nanoTime() - beganNs) / 1_000_000;
    }

    private static String found(int seed, Violation violation) {
        return violation == null ? "" : String.format(Locale.ROOT, "%4d %s", seed, violation.kind());
    }

    static String title() {
        return String.format(
                "%-28s | %-22s | %-17s | %5s | %6s",
                "planted bug", "seed, found by ledger", "by history", "seeds", "ms");
    }

    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "%-28s | %-22s | %-17s | %5d | %6d",
                bug,
                byLedger.isEmpty() ? "   -" : byLedger,
                byHistory.isEmpty() ? "   -" : byHistory,
                seeds,
                tookMs);
    }

    boolean isFound() {
        return !byLedger.isEmpty() || !byHistory.isEmpty();
    }

    boolean isFoundByHistoryAlone() {
        return byLedger.isEmpty() && !byHistory.isEmpty();
    }
}
