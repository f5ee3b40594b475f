package org.stoneware.server.storage;

import org.stoneware.spi.storage.SessionStore;

/**
 * A store with what must be known to live with it.
 *
 * @param store    the store; belongs to whoever holds this.
 * @param provider who made it, for people: mode and version of its bundle.
 * @param place    where it lies; published when the store comes into use.
 */
public record OpenedStore(SessionStore store, String provider, GenerationPlace place) {
    /** A store that a test or a simulation made. */
    public OpenedStore(SessionStore store, GenerationPlace place) {
        this(store, store.mode(), place);
    }
}
