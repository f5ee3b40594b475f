package org.stoneware.server.role;

import java.util.List;
import org.stoneware.server.replication.ReplicaIdentity;
import org.stoneware.server.replication.ReplicationLimits;
import org.stoneware.server.request.RequestLimits;
import org.stoneware.server.session.HeapShares;

/**
 * Settings of {@link RoleDuties}.
 *
 * @param identity    who this server is.
 * @param memberNames names of all servers in file order.
 * @param requests    bounds of the request side.
 * @param replication bounds of replication while it is active.
 * @param shares      what it may take of the heap while it follows.
 */
public record RoleLimits(
        ReplicaIdentity identity,
        List<String> memberNames,
        RequestLimits requests,
        ReplicationLimits replication,
        HeapShares shares) {
    public RoleLimits {
        memberNames = List.copyOf(memberNames);
    }

    String name(int memberId) {
        return memberNames.get(memberId);
    }
}
