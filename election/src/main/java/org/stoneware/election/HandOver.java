package org.stoneware.election;

import java.util.function.IntSupplier;
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
     * Gives the role up so that the standby takes it. The caller has given up what an active looks after.
     *
     * @param standby      in sync and able to take over.
     * @param incarnation  its process.
     * @param givenUpEpoch a new one: it makes everyone believe that this server, active until now, is it no more.
     */
    void begin(Peer standby, long incarnation, RoleView view, long givenUpEpoch) {
        standbyId = standby.memberId();
        standbyIncarnation = incarnation;
        acceptor.note(givenUpEpoch);
        view.become(
                ServerRole.PASSIVE_UNINITIALIZED,
                ElectionView.NO_ACTIVE,
                "handed over to " + standby.name() + " on request");
    }

    /** Whether the role is given up and no server has been active since: what is held here is all there is, unless a register says no. */
    boolean isOffered() {
        return standbyId != ElectionView.NO_ACTIVE;
    }

    /** Whom this server leaves its role to when it stops: the one it is handing it over to, or else the standby there is. */
    IntSupplier partnerOr(IntSupplier standby) {
        return () -> standbyId == ElectionView.NO_ACTIVE ? standby.getAsInt() : standbyId;
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

    /** Whether the standby counts as gone. That says nothing of whether it was active before. */
    boolean isStandbyGone(long nowNs) {
        Peer standby = peers.at(standbyId);
        return standby != null && suspicion.judge(standby, standbyIncarnation, false, nowNs) == Suspicion.Verdict.GONE;
    }

    /**
     * Whether a server must not lead now: a new process of the standby, which is empty, while everything is still here. This server
     * leads then, and needs that process's promise for it.
     */
    boolean isOpposedTo(Peer peer) {
        return peer.memberId() == standbyId && !context.isStorePersistent() && !peer.isProcess(standbyIncarnation);
    }

    /** Whether the standby's process has ended, and not merely fallen silent. */
    boolean hasStandbyEnded(long nowNs) {
        Peer standby = peers.at(standbyId);
        return standby != null && isStandbyGone(nowNs) && !suspicion.isMereSilence(standby, standbyIncarnation);
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
        boolean hasFailed = isStandbyGone(nowNs) && !(isTaken && suspicion.isMereSilence(standby, standbyIncarnation));
        if (hasFailed) {
            participants.clear();
            participants.add(context.selfId());
        }
        return hasFailed;
    }
}
