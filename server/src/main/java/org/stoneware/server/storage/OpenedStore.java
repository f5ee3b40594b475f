package org.stoneware.server.storage;

import org.stoneware.spi.storage.SessionStore;

/**
 * A store with what must be known to live with it.
 *
 * @param store       the store; belongs to whoever holds this.
 * @param provider    who made it, for people: mode and version of its bundle.
 * @param makeCurrent makes this the store a later start of the process looks for sessions in. Called on the agent thread when the store
 *                    comes into use.
 * @param afterClose  frees what the store leaves behind.
 */
public record OpenedStore(SessionStore store, String provider, Runnable makeCurrent, Runnable afterClose) {
    /** A store that no later start looks for. */
    public OpenedStore(SessionStore store, Runnable afterClose) {
        this(store, store.mode(), () -> {}, afterClose);
    }
}
