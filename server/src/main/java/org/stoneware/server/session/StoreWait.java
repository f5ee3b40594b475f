package org.stoneware.server.session;

import org.stoneware.spi.storage.SessionStore;

/** What a change does while its store can't take it: the disk is behind, or its session has left memory again. */
@FunctionalInterface
public interface StoreWait {
    /**
     * Lets the store work.
     *
     * @param attempt 1 for the first wait of a change, then rising.
     * @return false when waiting leads nowhere: the store is full or has failed.
     * @throws StoreHangError when it has lasted too long: the disk hangs, and the server is to end.
     */
    boolean letWork(SessionStore store, int attempt);
}
