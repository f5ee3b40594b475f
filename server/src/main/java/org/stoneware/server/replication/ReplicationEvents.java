package org.stoneware.server.replication;

import org.stoneware.api.session.SessionKey;

/**
 * Hears what the active side can't decide itself; whoever runs the election acts on it. Called on the agent thread; must not call
 * back into the replicator before it has returned.
 */
public interface ReplicationEvents {
    /**
     * A standby holds everything up to {@code index}. No commit is reported until the answer:
     * {@link ActiveReplicator#added} once it is in the in-sync set everywhere, or {@link ActiveReplicator#refused}.
     */
    void onSynced(int memberId, long incarnation, long index);

    /** A standby of the in-sync set can't follow; answer with {@link ActiveReplicator#dropped}. May be repeated. */
    void onDropRequested(int memberId, long incarnation, String reason);

    /**
     * A frame named an epoch above this one; its connection is closed, and nothing else follows from it. Only the election knows whether there
     * is such an epoch, from links whose ends are proven.
     */
    void onHigherEpoch(long epoch);

    /**
     * A standby holds something else than this server. It is an alarm: memory, software or a bound of the store is at fault. If the
     * standby is in the in-sync set, {@link #onDropRequested} follows; it is copied again, whole.
     */
    default void onDigestMismatch(int memberId, long incarnation, Mismatch mismatch) {}

    /**
     * Makes sure that no Tomcat owns a session, which is about to be changed on behalf of another server.
     *
     * @return false when one does, or may; its owner is asked to release it.
     */
    default boolean freeUp(SessionKey key, long nowNs) {
        return true;
    }

    /**
     * What another server changed alone while this one was active too has been decided about.
     *
     * @param isWhole false: that server went away in the middle; it begins anew when it is back.
     */
    default void onReconciled(int memberId, ReconcileResult result, boolean isWhole) {}

    /**
     * A copy to a standby has failed, for a reason other than the loss of its connection.
     *
     * @param againInNs until the standby is copied again, if it asks.
     */
    default void onCopyFailed(int memberId, String reason, long againInNs) {}

    /** Progress of copying to a standby. */
    void onSyncState(int memberId, SyncState from, SyncState to, String reason);
}
