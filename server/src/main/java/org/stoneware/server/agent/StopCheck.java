package org.stoneware.server.agent;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.stoneware.api.cluster.ClusterStatus;
import org.stoneware.api.cluster.MemberStatus;
import org.stoneware.api.cluster.ServerRole;

/** Whether a server can stop without the sessions being lost, by the picture published last, and why not, for the operator. */
final class StopCheck {
    private static final long WAIT_NS = TimeUnit.SECONDS.toNanos(3);
    private static final long POLL_NS = TimeUnit.MILLISECONDS.toNanos(10);

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

    /**
     * The picture that is published next, since the last one may be a second old and know of no sessions yet; the last one where none comes in
     * time. Waits; not on the agent's thread.
     */
    static ClusterStatus next(Supplier<ClusterStatus> published) {
        ClusterStatus last = published.get();
        long endNs = System.nanoTime() + WAIT_NS;
        while (published.get() == last && System.nanoTime() - endNs < 0) {
            LockSupport.parkNanos(POLL_NS);
        }
        return published.get();
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
