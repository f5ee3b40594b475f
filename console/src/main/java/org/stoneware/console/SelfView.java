package org.stoneware.console;

import org.stoneware.api.cluster.ClusterStatus;
import org.stoneware.api.cluster.MemberStatus;

/** The answering server among the servers of a status. */
final class SelfView {
    private SelfView() {}

    static MemberStatus of(ClusterStatus status) {
        return status.servers().stream()
                .filter(server -> server.name().equals(status.self()))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("server is not in its own status: " + status.self()));
    }
}
