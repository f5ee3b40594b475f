package org.stoneware.server.storage;

import org.stoneware.spi.storage.SessionStore;

/**
 * Where a store lies, and whether a restart finds it there.
 * <p>
 * <b>Threading:</b> the agent thread.
 */
public interface GenerationPlace {
    /** True when sessions outlive the process: then a restart opens the store that was published last. */
    boolean keepsSessions();

    /**
     * A restart opens this store from now on. Where it keeps nothing, a restart knows that whatever it opens instead is not up to date.
     *
     * @param isSuspect what was acknowledged last may be missing in it, until it is {@link #trust trusted}.
     * @return false when that could not be written; try again later.
     */
    boolean publish(boolean isSuspect);

    /** Whether what was acknowledged last may be missing in what a restart would open here. */
    default boolean isSuspect() {
        return false;
    }

    /** What is held counts in full, whatever happened before: this server serves it. */
    void trust();

    /** Takes away what lies there; no restart looks for it any more. The files may be there a while longer. */
    void delete();

    /**
     * Closes a store that is out of use, which belongs to this object from now on, and takes away what lies here, whatever its code does.
     * That may wait for a disk, so a place that is on one does it beside the agent.
     */
    default void retire(SessionStore store) {
        StoreGuard.failure(store::close);
        StoreGuard.failure(this::delete);
    }

    /** See {@link org.stoneware.server.session.StoreWait#letWork}. By default nothing waits: what the store refuses at first, it has refused. */
    default boolean letWork(SessionStore store, int attempt) {
        return false;
    }

    /** A place for a store that keeps nothing: no restart finds it. */
    static GenerationPlace temporary(Runnable delete) {
        return new GenerationPlace() {
            @Override
            public boolean keepsSessions() {
                return false;
            }

            @Override
            public boolean publish(boolean isSuspect) {
                return true;
            }

            @Override
            public void trust() {}

            @Override
            public void delete() {
                delete.run();
            }
        };
    }
}
