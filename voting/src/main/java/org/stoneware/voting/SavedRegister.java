package org.stoneware.voting;

import org.jspecify.annotations.Nullable;

/**
 * What a voter must not forget.
 *
 * @param identity       the voter; made with the file and never changed.
 * @param incarnation    last process start that opened the file.
 * @param highestEpoch   highest epoch this voter knows to have had an active.
 * @param promised       highest ballot promised.
 * @param acceptedBallot ballot of the accepted value, or {@link Ballot#NONE}.
 * @param acceptedValue  value accepted last, or null before the first.
 * @param isCleanStop    the last process gave up its role before it ended.
 */
public record SavedRegister(
        VoterId identity,
        long incarnation,
        long highestEpoch,
        Ballot promised,
        Ballot acceptedBallot,
        @Nullable RegisterValue acceptedValue,
        boolean isCleanStop) {

    /** A voter that has never voted. */
    public static SavedRegister empty(VoterId identity) {
        return new SavedRegister(identity, 0, Epoch.NONE, Ballot.NONE, Ballot.NONE, null, false);
    }
}
