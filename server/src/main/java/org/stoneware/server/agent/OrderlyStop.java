package org.stoneware.server.agent;

import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.stoneware.server.role.RoleDuties;
import org.stoneware.server.role.RoleHandOver;
import org.stoneware.spi.election.Election;

/**
 * How a server leaves its array on purpose: what has been taken in is answered, what the election has begun is finished, the role is given
 * up, and the process stays until the standby has it. Every wait is bounded; what could not be had in time is said.
 * <p>
 * <b>Threading:</b> the agent thread, which goes on with its cycles from within.
 */
final class OrderlyStop {
    private final Election election;
    private final RoleDuties duties;
    private final EventLog events;
    private final boolean isConsistency;
    private final Runnable cycle;
    private final LongSupplier nanoClock;
    private final LongSupplier electionTime;

    /**
     * @param isConsistency whether a quorum decides who leads.
     * @param cycle         one duty cycle of the agent.
     * @param electionTime  the time as the election is told it.
     */
    OrderlyStop(
            Election election,
            RoleDuties duties,
            EventLog events,
            boolean isConsistency,
            Runnable cycle,
            LongSupplier nanoClock,
            LongSupplier electionTime) {
        this.election = election;
        this.duties = duties;
        this.events = events;
        this.isConsistency = isConsistency;
        this.cycle = cycle;
        this.nanoClock = nanoClock;
        this.electionTime = electionTime;
    }

    /**
     * Leaves; at most {@link RoleHandOver#MAX_DRAIN_NS} and {@link RoleHandOver#MAX_WAIT_NS} later the role is given up.
     *
     * @param isOffered     the role is being handed over already: it can be taken more easily while this server runs, or comes back to it.
     * @param isOtherActive whether another server says it is active.
     */
    void run(boolean isOffered, BooleanSupplier isOtherActive) {
        if (isOffered) {
            cycleUntil(() -> isOtherActive.getAsBoolean() || duties.processor() != null, RoleHandOver.MAX_WAIT_NS);
        }
        boolean wasActive = duties.processor() != null;
        duties.beginStop();
        boolean[] isPrepared = new boolean[1];
        cycleUntil(
                () -> {
                    isPrepared[0] = election.prepareStop(duties.isStandbyWhole(), electionTime.getAsLong());
                    return isPrepared[0] && duties.isSettled();
                },
                RoleHandOver.MAX_DRAIN_NS);
        if (!duties.isSettled()) {
            events.warning("stop", "not everything taken in could be acknowledged; Tomcats will ask the next active");
        }
        boolean hasStandby = duties.hasStandby();
        if (wasActive) {
            sayWhatIsLeft(isPrepared[0], hasStandby);
        }
        // A quorum is had more easily while this server still votes.
        if (!hasStandby || !isConsistency || !election.requestHandOver(electionTime.getAsLong())) {
            election.onStop(electionTime.getAsLong());
        }
        if (hasStandby && cycleUntil(isOtherActive, RoleHandOver.MAX_WAIT_NS)) {
            events.info("handed-over", "the active role is handed over");
        }
        election.onStop(electionTime.getAsLong());
    }

    private void sayWhatIsLeft(boolean isPrepared, boolean hasStandby) {
        long sessions = duties.current().store().figures().sessions();
        boolean isKept = duties.current().keepsSessions();
        if (!isPrepared) {
            events.warning(
                    "stop",
                    "whether the standby counts as dropped could not be settled in time; it leads only if a quorum has not agreed to that");
        } else if (!hasStandby && sessions > 0) {
            events.warning(
                    "stop",
                    "stops with the last copy of " + sessions + " sessions: "
                            + (isKept ? "they are here when it starts again" : "its store does not keep them"));
        }
    }

    private boolean cycleUntil(BooleanSupplier condition, long maxNs) {
        long startNs = nanoClock.getAsLong();
        while (!condition.getAsBoolean()) {
            if (nanoClock.getAsLong() - startNs > maxNs) {
                return false;
            }
            cycle.run();
        }
        return true;
    }
}
