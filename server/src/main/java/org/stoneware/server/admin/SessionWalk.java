package org.stoneware.server.admin;

import org.jspecify.annotations.Nullable;
import org.stoneware.api.cluster.SessionAdminException;
import org.stoneware.server.role.SessionGeneration;
import org.stoneware.spi.storage.SessionStore.RecordVisitor;
import org.stoneware.spi.storage.StoreSnapshot;

/**
 * A walk over all sessions of the copy that is current when it begins.
 * <p>
 * <b>Threading:</b> the agent thread.
 */
final class SessionWalk implements AutoCloseable {
    private final Surroundings surroundings;
    private @Nullable SessionGeneration generation;
    private @Nullable StoreSnapshot snapshot;

    SessionWalk(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    /**
     * Shows the next sessions.
     *
     * @return as {@link StoreSnapshot#next}.
     * @throws SessionAdminException when the copy has been replaced by another one.
     */
    int next(int limit, RecordVisitor visitor) {
        StoreSnapshot open = snapshot;
        if (open == null) {
            generation = surroundings.current();
            open = generation.store().openSnapshot();
            snapshot = open;
        } else if (generation != surroundings.current()) {
            // The store under the walk is closed.
            snapshot = null;
            throw new SessionAdminException(
                    "server " + surroundings.self() + " has replaced its copy of the sessions meanwhile; ask again");
        }
        return open.next(limit, visitor);
    }

    /** As {@link StoreSnapshot#unread}. */
    long unread() {
        StoreSnapshot open = snapshot;
        return open == null ? 0 : open.unread();
    }

    @Override
    public void close() {
        StoreSnapshot open = snapshot;
        snapshot = null;
        if (open != null && generation == surroundings.current()) {
            open.close();
        }
    }
}
