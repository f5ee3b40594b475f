package org.stoneware.server.role;

import java.util.concurrent.TimeUnit;
import org.stoneware.server.replication.ReconcileResult;

/** Tells people what became of a copy, and of what two servers had acknowledged each alone. Agent thread. */
final class CopyNotices {
    private final RoleLimits limits;
    private final RoleOutput output;

    CopyNotices(RoleLimits limits, RoleOutput output) {
        this.limits = limits;
        this.output = output;
    }

    /** On the standby. */
    void copyGivenUp(String reason) {
        output.warning("copy-given-up", "could not take in the copy it was given: " + reason);
    }

    /** On the active. */
    void copyFailed(int memberId, String reason, long againInNs) {
        long againInSec = TimeUnit.NANOSECONDS.toSeconds(againInNs);
        output.warning(
                "copy-failed",
                limits.name(memberId) + " could not be copied, and is no standby: " + reason + "; tried again in "
                        + againInSec + " s");
    }

    void splitAsActive(int memberId, ReconcileResult result, boolean isWhole) {
        if (!isWhole && !result.lasting().isEmpty()) {
            output.warning(
                    "split-interrupted",
                    limits.name(memberId) + " went away while its own changes of a split were taken in: "
                            + result.adopted() + " taken over, " + result.removed()
                            + " removed so far; the rest follows when it is back");
        } else if (isWhole && !result.isEmpty()) {
            output.warning(
                    "split-reconciled",
                    limits.name(memberId) + " was active at the same time as this server and acknowledged changes"
                            + " alone. Of its sessions: " + result.inWords());
        }
    }

    void splitAsPassive(int activeId, ReconcileResult result) {
        if (!result.isEmpty()) {
            output.warning(
                    "split-reconciled",
                    "this server was active at the same time as " + limits.name(activeId)
                            + " and acknowledged changes alone. Of its sessions: " + result.inWords());
        }
    }
}
