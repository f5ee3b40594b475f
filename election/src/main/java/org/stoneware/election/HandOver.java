package org.stoneware.election;

import org.agrona.collections.IntHashSet;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.spi.election.ElectionContext;
import org.stoneware.spi.election.ElectionView;
import org.stoneware.voting.RegisterAcceptor;
import org.stoneware.voting.RegisterValue;

/**
 * A role given to the standby on request, from then until a server is active again.
 * <p>
 * The standby takes over with this server's promise, so that it can't while this server takes the role back. It is taken back when the
 * standby's process has ended, or is not heard and has not been given that promise. See docs/adr/0046.
 */
final class HandOver {
    private final ElectionContext context;
    private final RegisterAcceptor acceptor;
    private final Peers peers;
    private final Suspicion suspicion;
    private int standbyId = ElectionView.NO_ACTIVE;
    private long standbyIncarnation;

    HandOver(ElectionContext context, RegisterAcceptor acceptor, Peers peers, Suspicion suspicion) {
        this.context = context;
        this.acceptor = acceptor;
        this.peers = peers;
        this.suspicion = suspicion;
    }

    /**
     * Gives the role up so that the standby takes it.
     *
     * @param givenUpEpoch a new one: it makes everyone believe that this server, active until now, is it no more.
     * @return false when there is no standby that could take over now.
     */
    boolean begin(InSyncKeeper inSync, RoleView view, long givenUpEpoch) {
        Peer standby = inSync.readyStandby();
        if (standby == null) {
            return false;
        }
        standbyId = standby.memberId();
        standbyIncarnation = inSync.partnerIncarnation();
        acceptor.note(givenUpEpoch);
        inSync.end();
        view.become(
                ServerRole.PASSIVE_UNINITIALIZED,
                ElectionView.NO_ACTIVE,
                "handed over to " + standby.name() + " on request");
        return true;
    }

    /** A server is active. */
    void end() {
        standbyId = ElectionView.NO_ACTIVE;
    }

    /** Why this server becomes active: it takes back what it handed over, or else the other reason. */
    String reasonOr(String other) {
        return standbyId == ElectionView.NO_ACTIVE
                ? other
                : "took its role back: " + peers.name(standbyId) + " could not take it over";
    }

    /** Whether the standby will not take over; if so, {@code participants} are those who decide that this server goes on. */
    boolean hasFailed(IntHashSet participants, long nowNs) {
        Peer standby = peers.at(standbyId);
        if (standby == null) {
            return false;
        }
        RegisterValue value = acceptor.acceptedValue();
        boolean isTaken = value == null || value.activeId() != context.selfId();
        if (isTaken && context.isStorePersistent()) {
            // It has what it acknowledged since, and brings it back.
            end();
            return false;
        }
        boolean isGone = suspicion.judge(standby, standbyIncarnation, false, nowNs) == Suspicion.Verdict.GONE;
        boolean hasFailed = isGone && !(isTaken && suspicion.isMereSilence(standby, standbyIncarnation));
        if (hasFailed) {
            participants.clear();
            participants.add(context.selfId());
        }
        return hasFailed;
    }
}
