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

    /** Takes a stall of this server out of the time since. */
    void onLocalStall(long stallNs, long nowNs) {
        heardNs = Math.min(nowNs, heardNs + stallNs);
        activeNs = Math.min(nowNs, activeNs + stallNs);
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

    /** Whether a Tomcat hears any process of it; its word holds until Tomcats have been asked anew. */
    boolean isHeard() {
        return isHeard;
    }

    /** Whether a Tomcat hears a process of it that says it is active. One that has not heard of that yet does not contradict. */
    boolean isActive() {
        return isActive;
    }

    /** Whether Tomcats have to be asked anew because nobody has said for long that the server is active, or is heard at all. */
    boolean isWordOld(long nowNs) {
        return isHeard && nowNs - heardNs >= Witnesses.PATIENT_NS
                || isActive && nowNs - activeNs >= Witnesses.PATIENT_NS;
    }

    /** Highest epoch in which it was active; {@link Epoch#NONE} when it was not. */
    long epoch() {
        return epoch;
    }
}
