package org.stoneware.testkit.election;

import java.util.ArrayList;
import java.util.List;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.spi.election.ElectionView;

/** Watches which servers are active: two must not stay so for long once they can talk. */
final class ActiveWatch {
    private static final long MAX_SPLIT_NS = 1_000_000_000L;

    private final SimulatedServer[] servers;
    private final SimulatedCuts cuts;
    private long splitSinceNs = Long.MAX_VALUE;
    private int mostActives;

    ActiveWatch(SimulatedServer[] servers, SimulatedCuts cuts) {
        this.servers = servers;
        this.cuts = cuts;
    }

    /** Most servers that were active at the same moment. */
    int mostActives() {
        return mostActives;
    }

    void check(long nowNs) {
        boolean isSplit = false;
        int actives = 0;
        for (SimulatedServer a : servers) {
            actives += a.isActive() ? 1 : 0;
            for (SimulatedServer b : servers) {
                isSplit |= a.id < b.id && isSplit(a, b, nowNs);
            }
        }
        mostActives = Math.max(mostActives, actives);
        splitSinceNs = isSplit ? Math.min(splitSinceNs, nowNs) : Long.MAX_VALUE;
        if (isSplit && nowNs - splitSinceNs > MAX_SPLIT_NS) {
            throw new AssertionError("two servers that can talk stay active: " + views());
        }
    }

    private boolean isSplit(SimulatedServer a, SimulatedServer b, long nowNs) {
        return a.isActive()
                && b.isActive()
                && a.isConnected(b)
                && !cuts.isAnyWayCut(a.id, b.id)
                && !a.isPaused(nowNs)
                && !b.isPaused(nowNs);
    }

    /** Exactly one of the running servers is active, and all others stand beside it. */
    void assertOne() {
        int active = activeId();
        if (active < 0) {
            throw new AssertionError("not exactly one active: " + views());
        }
        for (SimulatedServer server : servers) {
            boolean isBeside = server.view.activeId() == active
                    && (server.view.role() == ServerRole.PASSIVE_UNINITIALIZED
                            || server.view.role() == ServerRole.PASSIVE_STANDBY);
            if (server.election != null && server.id != active && !isBeside) {
                throw new AssertionError("server " + server.id + " does not stand beside " + active + ": " + views());
            }
        }
    }

    /** Position of the one active that runs, or -1 when there is none or more than one. */
    int activeId() {
        int active = -1;
        for (SimulatedServer server : servers) {
            if (server.isActive()) {
                if (active >= 0) {
                    return -1;
                }
                active = server.id;
            }
        }
        return active;
    }

    /** The views of all servers, by position. */
    List<ElectionView> views() {
        List<ElectionView> views = new ArrayList<>();
        for (SimulatedServer server : servers) {
            views.add(server.view);
        }
        return views;
    }
}
