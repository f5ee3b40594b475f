package org.stoneware.election;

import org.stoneware.api.cluster.ServerRole;
import org.stoneware.spi.election.Evidence;
import org.stoneware.voting.Epoch;

/**
 * What Tomcats have lately been told by a server that they hear and this one does not. Their word holds for {@link Witnesses#PATIENT_NS}.
 * See docs/adr/0302.
 */
final class WitnessedRole {
    private boolean isHeard;
    private boolean isActive;
    private long heardNs;
    private long activeNs;
    private long epoch = Epoch.NONE;

    /** Another server is asked about. */
    void begin() {
        isHeard = false;
        isActive = false;
        epoch = Epoch.NONE;
    }

    void onEvidence(Evidence evidence, long nowNs) {
        isHeard = true;
        heardNs = nowNs;
        if (evidence.role() == ServerRole.ACTIVE_COORDINATOR) {
            isActive = true;
            activeNs = nowNs;
            epoch = Math.max(epoch, evidence.epoch());
        }
    }

    /** Whether a Tomcat hears any process of it. */
    boolean isHeard(long nowNs) {
        return isHeard && nowNs - heardNs < Witnesses.PATIENT_NS;
    }

    /** Whether a Tomcat hears a process of it that says it is active. One that has not heard of that yet does not contradict. */
    boolean isActive(long nowNs) {
        return isActive && nowNs - activeNs < Witnesses.PATIENT_NS;
    }

    /** Highest epoch in which it was active; {@link Epoch#NONE} when it was not. */
    long epoch() {
        return epoch;
    }
}
