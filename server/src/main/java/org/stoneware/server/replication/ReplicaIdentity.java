package org.stoneware.server.replication;

/**
 * Who a replica is.
 *
 * @param groupId     mirror group.
 * @param memberId    server, as configured.
 * @param incarnation random number of this process.
 */
public record ReplicaIdentity(int groupId, int memberId, long incarnation) {}
