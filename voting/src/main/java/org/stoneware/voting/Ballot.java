package org.stoneware.voting;

/**
 * Number of one attempt to change the register. No two voters ever use the same ballot, because the identity of the proposer is
 * part of it; one voter never uses a ballot twice, because its counter is forced to disk before the ballot is sent.
 *
 * @param counter  rises above every counter the proposer has seen; 0 only in {@link #NONE}.
 * @param proposer who made the attempt.
 */
public record Ballot(long counter, VoterId proposer) implements Comparable<Ballot> {
    /** Lower than every ballot. */
    public static final Ballot NONE = new Ballot(0, VoterId.NONE);

    @Override
    public int compareTo(Ballot other) {
        int byCounter = Long.compare(counter, other.counter);
        return byCounter != 0 ? byCounter : proposer.compareTo(other.proposer);
    }

    public boolean isHigherThan(Ballot other) {
        return compareTo(other) > 0;
    }

    @Override
    public String toString() {
        return counter + "@" + proposer;
    }
}
