package org.stoneware.server.replication;

/**
 * One copy of the replicated state with the store its sessions are in. A server that is copied again has two for a while.
 * <p>
 * <b>Threading:</b> the agent thread.
 */
public interface Generation {
    ReplicatedState state();

    /** Frees store and state, what they keep on disk included; nobody uses them any more. */
    void discard();

    /** Makes empty generations. */
    @FunctionalInterface
    interface Source {
        Generation create();
    }
}
