package org.stoneware.server.agent;

import org.stoneware.api.cluster.ClusterStatus;
import org.stoneware.api.cluster.MemberStatus;
import org.stoneware.api.cluster.ServerRole;

/** Whether a server can stop without the sessions being lost, by the picture published last, and why not, for the operator. */
final class StopCheck {
    private StopCheck() {}

    /**
     * @param keepsSessions sessions outlive the process in the store they are in.
     * @return why an array in production should not be without this server now; empty when nothing is lost by that.
     */
    static String refusal(ClusterStatus status, boolean keepsSessions) {
        long sessions = status.storage().sessions();
        if (keepsSessions || sessions == 0 || !isAloneInService(status)) {
            return "";
        }
        return "server " + status.self() + " holds the last copy of " + sessions
                + " sessions, which its store does not keep, and configuration-model is production; start a standby"
                + " first, or use --force";
    }

    private static boolean isAloneInService(ClusterStatus status) {
        boolean isActive = false;
        boolean hasStandby = false;
        for (MemberStatus server : status.servers()) {
            boolean isSelf = server.name().equals(status.self());
            isActive |= isSelf && server.role() == ServerRole.ACTIVE_COORDINATOR;
            boolean isReady = server.role() == ServerRole.PASSIVE_STANDBY && server.isInSync();
            hasStandby |= !isSelf && isReady && server.isReachable();
        }
        return isActive && !hasStandby;
    }
}
