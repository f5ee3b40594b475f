package org.stoneware.spi.election;

import org.stoneware.api.cluster.ServerRole;

/**
 * Where the election stands.
 *
 * @param role     this server's role.
 * @param epoch    highest epoch this server knows to be decided; 0 before the first. Epochs rise and are unique to who made them; they
 *                 are compared, not counted.
 * @param activeId position of the active in the configuration file, or {@link #NO_ACTIVE}; one that can't be heard is named until
 *                 another takes over.
 * @param reason   why, for people.
 * @param isUnclean this server is active although another one may hold newer sessions, or its own may lack some.
 */
public record ElectionView(ServerRole role, long epoch, int activeId, String reason, boolean isUnclean) {
    /** A view of a server that is not active, or is so with everything that was acknowledged. */
    public ElectionView(ServerRole role, long epoch, int activeId, String reason) {
        this(role, epoch, activeId, reason, false);
    }

    public static final int NO_ACTIVE = -1;
}
