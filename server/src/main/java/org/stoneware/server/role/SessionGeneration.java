package org.stoneware.server.role;

import org.stoneware.server.replication.Generation;
import org.stoneware.server.session.SessionStateMachine;
import org.stoneware.spi.storage.SessionStore;

/**
 * One copy of the sessions: a store and the state machine over it.
 * <p>
 * <b>Threading:</b> the agent thread.
 */
public final class SessionGeneration implements Generation {
    private final SessionStore store;
    private final SessionStateMachine state;
    private final Runnable afterClose;

    /**
     * @param store      empty; belongs to this object from now on.
     * @param afterClose frees what the store leaves behind.
     */
    public SessionGeneration(SessionStore store, Runnable afterClose) {
        this.store = store;
        this.state = new SessionStateMachine(store);
        this.afterClose = afterClose;
    }

    @Override
    public SessionStateMachine state() {
        return state;
    }

    public SessionStore store() {
        return store;
    }

    @Override
    public void discard() {
        store.close();
        afterClose.run();
    }
}
