package org.stoneware.server.role;

import org.stoneware.spi.storage.SessionStore;

/**
 * Where a generation of the sessions lies, and whether a restart finds it there.
 * <p>
 * <b>Threading:</b> the agent thread.
 */
public interface GenerationPlace {
    /** True when sessions outlive the process: then a restart opens the generation that was published last. */
    boolean keepsSessions();

    /**
     * A restart opens this generation from now on.
     *
     * @return false when that could not be written; try again later.
     */
    boolean publish();

    /** What is held counts in full, whatever happened before the start: this server serves it. */
    void trust();

    /** Takes away what lies there. */
    void delete();

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
            public boolean publish() {
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
