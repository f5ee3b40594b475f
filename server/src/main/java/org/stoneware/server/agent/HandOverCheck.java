package org.stoneware.server.agent;

import java.util.ArrayList;
import java.util.List;
import org.stoneware.api.cluster.ClusterStatus;
import org.stoneware.api.cluster.ManagementService.HandOverOutcome;
import org.stoneware.api.cluster.MemberStatus;
import org.stoneware.api.cluster.ServerRole;

/** Whether a hand-over has a chance, by the picture published last, and why not, for the operator. */
final class HandOverCheck {
    private HandOverCheck() {}

    static HandOverOutcome of(ClusterStatus status) {
        List<String> others = new ArrayList<>();
        String active = "";
        String standby = "";
        boolean isSelfActive = false;
        for (MemberStatus server : status.servers()) {
            boolean isSelf = server.name().equals(status.self());
            boolean isActive = server.role() == ServerRole.ACTIVE_COORDINATOR && server.isReachable();
            isSelfActive |= isSelf && isActive;
            if (!isSelf) {
                others.add(server.name() + " is "
                        + (server.isReachable() ? server.role() : ServerRole.STOPPED).stateName());
                active = isActive ? server.name() : active;
                boolean isReady = server.role() == ServerRole.PASSIVE_STANDBY && server.isInSync();
                standby = isReady && server.isReachable() && standby.isEmpty() ? server.name() : standby;
            }
        }
        if (!isSelfActive) {
            return refused(status.self() + " is not active" + (active.isEmpty() ? "" : "; ask " + active));
        }
        if (others.isEmpty()) {
            return refused("no standby is in sync: " + status.self() + " is the only server of this array");
        }
        if (standby.isEmpty()) {
            return refused("no standby is in sync: " + String.join(", ", others));
        }
        return new HandOverOutcome(true, status.self() + " hands over to " + standby);
    }

    private static HandOverOutcome refused(String reason) {
        return new HandOverOutcome(false, reason);
    }
}
