package org.stoneware.server.admin;

import org.stoneware.api.cluster.SessionAdmin.InvalidateOutcome;
import org.stoneware.api.cluster.SessionAdmin.InvalidateOutcome.Status;

/** What a server answers that can't end sessions because it is not the active. */
final class NotActive {
    private NotActive() {}

    /**
     * @param ended     sessions ended before.
     * @param wasActive it was the active when it began.
     */
    static InvalidateOutcome outcome(Surroundings surroundings, long ended, boolean wasActive) {
        return new InvalidateOutcome(Status.NOT_ACTIVE, ended, 0, text(surroundings, "ends no sessions", wasActive));
    }

    /** @param what it does not do, after its name and role. */
    static String text(Surroundings surroundings, String what, boolean wasActive) {
        String active = surroundings.active();
        boolean hasOther = !active.isEmpty() && !active.equals(surroundings.self());
        String where = hasOther ? "ask the active " + active : "no server is active now; ask again when one is";
        String why = surroundings.self() + " is " + surroundings.role().stateName();
        return wasActive
                ? why + " now and gave up in the middle of it: look what is left, and " + where
                : why + " and " + what + ": " + where;
    }
}
