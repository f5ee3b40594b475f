package org.stoneware.server.agent;

import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.stoneware.server.storage.StoreSwitch;

/**
 * What people are shown of an exchange of stores. Immutable.
 *
 * @param standingBy modes whose stores may be in use again in a moment, and the servers they stand by at.
 */
record ExchangePicture(
        StoreOffer inUse,
        boolean isBusy,
        String progress,
        List<String> problems,
        Map<String, String> unfit,
        Map<String, String> standingBy) {
    /** Why the bundles of a mode can't be taken away now; empty when they can as far as is known here. */
    String retireProblem(String mode) {
        if (inUse.mode().equals(mode)) {
            return "the sessions are in " + inUse.inWords() + "; move them to another store first";
        }
        return standsBy(mode);
    }

    /** The same where none of them is in use. */
    String standsBy(String mode) {
        if (isBusy) {
            return "an exchange is under way: " + progress;
        }
        String server = standingBy.get(mode);
        return server == null
                ? ""
                : mode + " stands by at " + server
                        + " should the store in use there fail; ask again when its probation of "
                        + TimeUnit.NANOSECONDS.toSeconds(StoreSwitch.PROBATION_NS) + " s is over (store-proved)";
    }
}
