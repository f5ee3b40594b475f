package org.stoneware.server.replication;

/**
 * One copy of the replicated state with the store its sessions are in. A server that is copied again has two for a while.
 * <p>
 * <b>Threading:</b> the agent thread.
 */
public interface Generation {
    ReplicatedState state();

    /**
     * Takes the place of another generation, which is discarded: at once, or, where sessions outlive the process, when a restart would
     * open this one. Until then {@link ReplicatedState#durableIndex} names nothing of this one.
     */
    default void replaces(Generation old) {
        old.discard();
    }

    /** Frees store and state, what they keep on disk included; nobody uses them any more. */
    void discard();

    /** Makes empty generations. */
    @FunctionalInterface
    interface Source {
        Generation create();
    }
}
