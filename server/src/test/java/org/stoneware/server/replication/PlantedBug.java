package org.stoneware.server.replication;

/** Faults the simulation must notice, each planted between the real classes. */
enum PlantedBug {
    NONE,
    /** A standby acknowledges entries it has not received. */
    ACK_BEFORE_RECEIVED,
    /** Acknowledgements of a restarted standby are taken for those of the process before. */
    ACK_WITHOUT_INCARNATION,
    /** A standby that the election has named a higher epoch acknowledges the one before. */
    ACK_OF_EARLIER_EPOCH,
    /** A copy lets an older record replace a newer one. */
    SNAPSHOT_OVERWRITES_NEWER,
    /** A copy forgets what was removed while it was made. */
    MISSING_TOMBSTONE,
    /** What is not a session is not copied. */
    MISSING_ROWS,
    /** A standby counts as in sync when its copy begins. */
    EARLY_ADD,
    /** Commits go on between the last match and the decision about the in-sync set. */
    COMMIT_WHILE_ADDING,
    /** A standby acknowledges what its disk does not have yet. */
    ACK_BEFORE_DURABLE,
    /** The active commits what its own disk does not have yet. */
    COMMIT_BEFORE_OWN_DURABLE,
    /** Any number of entries may be unacknowledged. */
    WINDOW_IGNORED
}
