package org.stoneware.election;

/**
 * How much may happen in a {@link QuorumExploration}.
 *
 * @param losses  disks lost and Tomcats restarted; a lost disk may be found again where stores keep everything.
 */
record QuorumBounds(
        int voters,
        int rounds,
        int crashes,
        int losses,
        int writes,
        int seatChanges,
        int lostAnswers,
        boolean isPersistent,
        int maxStates) {}
