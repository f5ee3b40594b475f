package org.stoneware.server.role;

import org.stoneware.server.request.RequestEvents;
import org.stoneware.spi.election.Election;

/** Takes what {@link RoleDuties} asks of the rest of the server. Called on the agent thread. */
public interface RoleOutput extends RequestEvents {
    /** No server is to be followed. */
    int NOBODY = -1;

    /** See {@link Election#requestAddPeer}. */
    boolean requestAddPeer(int memberId, long incarnation, long nowNs);

    /** See {@link Election#requestDropPeer}. */
    boolean requestDropPeer(int memberId, String reason, long nowNs);

    /**
     * A replication connection to this server is wanted, and to no other; {@link #NOBODY} for none. Connections open to or from
     * any server before this call belong to the past and are closed; nobody is told.
     */
    void follow(int activeId);

    /** Ends the connections of all Tomcats; they find the active by themselves. */
    void dropClients(String reason);

    /**
     * The active role is to be given to the standby.
     *
     * @param by       who or what asks for it, for people.
     * @param isUrgent nothing more can be acknowledged here, so nothing is waited for.
     */
    default void requestHandOver(String by, boolean isUrgent, long nowNs) {}
}
