package org.stoneware.voting;

/**
 * Epochs as numbers: the counter of the ballot that made the epoch, then who made it, so two servers that promote themselves
 * without hearing each other never share one.
 *
 * <pre>
 *  bits 62..22  counter of the ballot
 *  bits 21..16  position of the active in the configuration file
 *  bits 15..0   tag of its voter identity
 * </pre>
 */
public final class Epoch {
    /** Before the first. */
    public static final long NONE = 0;

    /** Positions that fit. */
    public static final int MAX_SERVERS = 64;

    private static final int TAG_BITS = 16;
    private static final int POSITION_BITS = 6;
    private static final int COUNTER_SHIFT = TAG_BITS + POSITION_BITS;

    /** Highest counter that fits; 2.2 million million elections. */
    public static final long MAX_COUNTER = Long.MAX_VALUE >>> COUNTER_SHIFT;

    /** Elections another server may be ahead; a million are more than an array sees in its life. */
    private static final long MAX_LEAP = 1L << 20;

    private Epoch() {}

    /**
     * Whether a counter from outside lies far above anything this array can have reached. Only an error or an attack counts like that, and
     * to believe it once, on disk, would leave no ballots for ever after.
     *
     * @param next the next counter this server would use.
     */
    public static boolean isAbsurd(long counter, long next) {
        return counter - next > MAX_LEAP;
    }

    public static long of(long counter, int position, VoterId identity) {
        assert counter > 0 && counter <= MAX_COUNTER : "counter=" + counter;
        assert position >= 0 && position < MAX_SERVERS : "position=" + position;
        return counter << COUNTER_SHIFT | (long) position << TAG_BITS | identity.tag();
    }

    public static long counter(long epoch) {
        return epoch >>> COUNTER_SHIFT;
    }
}
