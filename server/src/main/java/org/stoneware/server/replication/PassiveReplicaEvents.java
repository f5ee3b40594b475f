package org.stoneware.server.replication;

/** Hears what {@link PassiveReplica} can't decide itself. Called on the agent thread. */
public interface PassiveReplicaEvents {
    /** What is held is now a whole copy of the active's state up to this entry. */
    void onComplete(long lastIndex);

    /** Following has ended; it begins again by itself over a new connection. */
    void onLost(String reason);

    /** A copy could not be taken in, and the active is told: it copies again when its hold-off is over. What is held stays as it was. */
    default void onCopyGivenUp(String reason) {}

    /**
     * What is held is not what the active holds, or there is no room for a copy. Nothing is acknowledged any more, and the active
     * is told; what is held stays, for want of better, until a copy of the whole is complete.
     */
    default void onDigestMismatch(Mismatch mismatch) {}

    /** The active has decided about all this server acknowledged alone; the copy that replaces it may begin. */
    default void onReconciled(ReconcileResult result) {}

    /**
     * A frame named an epoch above the followed one; its connection is closed, nothing is promised, and what is followed stays as
     * {@link PassiveReplica#follow} says.
     */
    default void onHigherEpoch(long epoch) {}
}
