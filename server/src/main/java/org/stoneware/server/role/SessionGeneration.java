package org.stoneware.server.role;

import org.stoneware.server.replication.Generation;
import org.stoneware.server.session.SessionStateMachine;
import org.stoneware.server.storage.ExchangeableStore;
import org.stoneware.server.storage.OpenedStore;
import org.stoneware.spi.storage.SessionStore;

/**
 * One copy of the sessions: a store and the state machine over it.
 * <p>
 * <b>Threading:</b> the agent thread.
 */
public final class SessionGeneration implements Generation {
    private final ExchangeableStore store;
    private final SessionStateMachine state;

    /**
     * @param store      empty; belongs to this object from now on.
     * @param afterClose frees what the store leaves behind.
     */
    public SessionGeneration(SessionStore store, Runnable afterClose) {
        this(new OpenedStore(store, afterClose));
    }

    /** @param opened empty; belongs to this object from now on. */
    public SessionGeneration(OpenedStore opened) {
        this.store = new ExchangeableStore(opened);
        this.state = new SessionStateMachine(store);
    }

    @Override
    public SessionStateMachine state() {
        return state;
    }

    /** The same object for the life of this one; the store behind it may be exchanged. */
    public ExchangeableStore store() {
        return store;
    }

    @Override
    public void discard() {
        store.close();
        store.afterClose().run();
    }
}
