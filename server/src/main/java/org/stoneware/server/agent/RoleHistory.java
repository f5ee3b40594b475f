package org.stoneware.server.agent;

import org.stoneware.api.cluster.ServerRole;
import org.stoneware.spi.election.ElectionView;

/**
 * Tells people every change of this server's role and term, and counts them.
 * <p>
 * <b>Threading:</b> the agent's thread only.
 */
final class RoleHistory {
    private final EventLog events;
    private long sinceMs;
    private long terms;
    private long timesActive;

    RoleHistory(EventLog events, long nowMs) {
        this.events = events;
        this.sinceMs = nowMs;
    }

    /** The election has decided something. */
    void onView(ElectionView before, ElectionView now, long nowMs) {
        boolean isTermChange = before.epoch() != now.epoch();
        if (isTermChange) {
            terms++;
        }
        if (before.role() != now.role()) {
            sinceMs = nowMs;
            if (now.role() == ServerRole.ACTIVE_COORDINATOR) {
                timesActive++;
            }
            events.info(
                    "role-changed",
                    "Moved to State[ " + now.role().stateName() + " ]: from "
                            + before.role().stateName() + " epoch=" + now.epoch() + " reason=" + now.reason());
        } else if (isTermChange) {
            events.info("epoch-changed", "epoch " + before.epoch() + " -> " + now.epoch() + ": " + now.reason());
        }
    }

    /** Wall time of the last change of role. */
    long sinceMs() {
        return sinceMs;
    }

    /** How many terms this server has entered; an election begins each. */
    long terms() {
        return terms;
    }

    /** How often this server became active. */
    long timesActive() {
        return timesActive;
    }
}
