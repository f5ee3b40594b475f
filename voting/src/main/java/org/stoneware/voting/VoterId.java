package org.stoneware.voting;

/**
 * Identity of a voter: 128 random bits made together with its election file, so a server whose file was lost is a new voter.
 *
 * @param high upper half.
 * @param low  lower half.
 */
public record VoterId(long high, long low) implements Comparable<VoterId> {
    /** No voter; never the identity of one. */
    public static final VoterId NONE = new VoterId(0, 0);

    @Override
    public int compareTo(VoterId other) {
        int byHigh = Long.compareUnsigned(high, other.high);
        return byHigh != 0 ? byHigh : Long.compareUnsigned(low, other.low);
    }

    /** Sixteen bits that two identities are unlikely to share; part of every epoch. */
    public int tag() {
        long folded = high ^ low;
        folded ^= folded >>> 32;
        folded ^= folded >>> 16;
        return (int) folded & 0xFFFF;
    }

    @Override
    public String toString() {
        return Long.toHexString(high) + "-" + Long.toHexString(low);
    }
}
