package org.stoneware.console;

import org.stoneware.api.cluster.ClusterStatus;
import org.stoneware.api.cluster.MemberStatus;

/**
 * Whether a server does its duty, active or ready to take over, as a load balancer or service manager asks it.
 *
 * @param isReady true for an active, or a standby in sync, without problems.
 * @param line    why, in one line.
 */
record Readiness(boolean isReady, String line) {
    static Readiness of(ClusterStatus status) {
        for (MemberStatus server : status.servers()) {
            if (server.name().equals(status.self())) {
                return of(server, status);
            }
        }
        return new Readiness(false, "not ready: server=" + status.self() + " is not in its own configuration");
    }

    private static Readiness of(MemberStatus self, ClusterStatus status) {
        String who = "server=" + self.name() + " role=" + self.role().stateName();
        String detail = self.detail().isEmpty() ? "" : " (" + self.detail() + ")";
        boolean hasDuty =
                switch (self.role()) {
                    case ACTIVE_COORDINATOR, PASSIVE_STANDBY -> true;
                    case START, PASSIVE_UNINITIALIZED, FENCED, STOPPED -> false;
                };
        String problems = status.problems().isEmpty() ? "" : " problems: " + String.join("; ", status.problems());
        if (!hasDuty) {
            return new Readiness(false, "not ready: " + who + detail + problems);
        }
        if (!self.isInSync()) {
            return new Readiness(false, "not ready: " + who + " not in sync" + detail + problems);
        }
        if (!problems.isEmpty()) {
            return new Readiness(false, "not ready: " + who + problems);
        }
        return new Readiness(true, "ready: " + who + detail);
    }
}
