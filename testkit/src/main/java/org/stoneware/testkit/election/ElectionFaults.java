package org.stoneware.testkit.election;

/**
 * How badly a simulated network treats the messages of the elections. Evidence is reliable and in order, as one TCP connection
 * gives it; it is only late.
 *
 * @param lossPerMille        messages lost.
 * @param duplicatesPerMille  messages delivered twice.
 * @param stragglersPerMille  messages that take up to a second, across restarts of both ends.
 * @param maxDelayNs          longest delay of all others; they overtake each other.
 * @param crashesPerMille     effects after which the server dies on the spot, within the call that had the effect.
 */
public record ElectionFaults(
        int lossPerMille, int duplicatesPerMille, int stragglersPerMille, long maxDelayNs, int crashesPerMille) {
    /** Late, and nothing else. */
    public static final ElectionFaults NONE = new ElectionFaults(0, 0, 0, 2_000_000, 0);

    /** A bad day. */
    public static final ElectionFaults HARSH = new ElectionFaults(150, 100, 50, 40_000_000, 15);

    /** Hardly a message gets through, but nobody dies. */
    public static final ElectionFaults LOSSY = new ElectionFaults(400, 200, 100, 120_000_000, 0);
}
