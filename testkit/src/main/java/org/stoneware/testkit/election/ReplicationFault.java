package org.stoneware.testkit.election;

/** Faults planted in the modelled replication, to show that the search of {@link SimulatedPair} finds them. */
public enum ReplicationFault {
    /** As the protocol says. */
    NONE,
    /** Asks for the standby to be added before it holds everything. */
    ADD_BEFORE_COMPLETE,
    /** Does not look at the process an acknowledgement comes from. */
    ACK_WITHOUT_INCARNATION,
    /** A standby takes, and acknowledges, entries of whatever epoch. */
    STALE_EPOCH_ACCEPTED,
    /** The active acknowledges without waiting for its standby. */
    ACK_WITHOUT_STANDBY
}
