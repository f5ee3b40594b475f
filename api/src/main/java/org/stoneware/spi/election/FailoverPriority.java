package org.stoneware.spi.election;

import org.stoneware.api.config.ArraySettings;

/**
 * What the operator prefers when not both, consistency and availability, can be had; {@code failover-priority} in the configuration.
 *
 * @param isConsistency    every change of who is active or in sync needs a quorum of the voters.
 * @param externalVoters   external voters that belong to the voters, in consistency mode.
 * @param hasClientVoters  Tomcats belong to the voters, in consistency mode.
 * @param uncleanPromotion when a server that may lack sessions becomes active without being told to, in availability mode.
 */
public record FailoverPriority(
        boolean isConsistency, int externalVoters, boolean hasClientVoters, UncleanPromotion uncleanPromotion) {
    /** When a server may become active although another one may hold newer sessions. */
    public enum UncleanPromotion {
        /** When the other has not been heard for the election time. */
        AFTER_ELECTION_TIME("after-election-time"),
        /** When an operator says so, see {@link Election#forceActive}. */
        OPERATOR("operator"),
        /** Not even then. */
        NEVER("never");

        private final String word;

        UncleanPromotion(String word) {
            this.word = word;
        }

        /** The word in the configuration. */
        public String word() {
            return word;
        }

        static UncleanPromotion ofWord(String word) {
            for (UncleanPromotion each : values()) {
                if (each.word.equals(word)) {
                    return each;
                }
            }
            throw new IllegalArgumentException("unknown unclean-promotion: " + word);
        }
    }

    /** Availability with the default of the store: one that outlives the process waits for an operator. */
    public static FailoverPriority availability(boolean isStorePersistent) {
        return new FailoverPriority(
                false, 0, false, isStorePersistent ? UncleanPromotion.OPERATOR : UncleanPromotion.AFTER_ELECTION_TIME);
    }

    /** Consistency with external voters or with Tomcats as voters. */
    public static FailoverPriority consistency(int externalVoters, boolean hasClientVoters) {
        return new FailoverPriority(true, externalVoters, hasClientVoters, UncleanPromotion.OPERATOR);
    }

    /** What the configuration says. */
    public static FailoverPriority of(ArraySettings settings) {
        return new FailoverPriority(
                settings.failoverPriority().equals("consistency"),
                settings.voterCount(),
                settings.hasClientVoters(),
                UncleanPromotion.ofWord(settings.uncleanPromotion()));
    }
}
