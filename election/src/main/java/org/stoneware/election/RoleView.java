package org.stoneware.election;

import java.util.concurrent.TimeUnit;
import org.agrona.collections.IntHashSet;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.spi.election.ElectionContext;
import org.stoneware.spi.election.ElectionOutput;
import org.stoneware.spi.election.ElectionView;
import org.stoneware.voting.RegisterAcceptor;
import org.stoneware.voting.RegisterValue;

/** What this server says of its role and of who is active, and why; every change is told at once. */
final class RoleView {
    private final ElectionContext context;
    private final ElectionOutput output;
    private final RegisterAcceptor acceptor;
    private final Peers peers;
    private ElectionView now;
    private int lastActiveId = ElectionView.NO_ACTIVE;

    RoleView(ElectionContext context, ElectionOutput output, RegisterAcceptor acceptor, Peers peers) {
        this.context = context;
        this.output = output;
        this.acceptor = acceptor;
        this.peers = peers;
        this.now = new ElectionView(
                ServerRole.START, acceptor.highestEpoch(), ElectionView.NO_ACTIVE, "looking for the other servers");
    }

    ElectionView now() {
        return now;
    }

    ServerRole role() {
        return now.role();
    }

    long epoch() {
        return now.epoch();
    }

    int activeId() {
        return now.activeId();
    }

    String reason() {
        return now.reason();
    }

    /** Notes who was active last, {@link ElectionView#NO_ACTIVE} when it is this server. */
    void lastActive(int memberId) {
        lastActiveId = memberId;
    }

    /** Keeps the role; says what this server waits for. */
    void waiting(String reason) {
        // A last active that can't be heard may still serve clients; one that has ended or begun anew does not.
        Peer lastActive = peers.at(lastActiveId);
        boolean mayServe = lastActive != null && lastActive.isOutOfSight();
        become(now.role(), mayServe ? lastActiveId : ElectionView.NO_ACTIVE, reason);
    }

    /** Keeps the role; says that a server may still be heard. */
    void waitingFor(Peer awaited) {
        if (awaited.contact() == Peer.Contact.REFUSED && role() == ServerRole.START) {
            waiting("waiting up to " + TimeUnit.NANOSECONDS.toSeconds(Witnesses.DIAL_NS)
                    + " s for Tomcats that may hear " + awaited.name() + ", which refuses connections");
            return;
        }
        waiting("waiting up to " + TimeUnit.NANOSECONDS.toSeconds(context.electionTimeNs()) + " s for " + awaited.name()
                + ": " + awaited.contact().inWords());
    }

    /** Keeps the role, and as a standby the active it stands beside; says what this server waits for. */
    void missing(String reason) {
        if (role() == ServerRole.PASSIVE_STANDBY) {
            become(ServerRole.PASSIVE_STANDBY, activeId(), reason);
        } else {
            waiting(reason);
        }
    }

    /** Says of an active whether it waits for votes to go on without its standby. */
    void showBlocked(boolean isBlocked, QuorumRound round) {
        if (role() != ServerRole.ACTIVE_COORDINATOR) {
            return;
        }
        if (isBlocked && round.isRunning()) {
            set(new ElectionView(role(), epoch(), activeId(), "blocked: votes " + round.votes(), now.isUnclean()));
        } else if (!isBlocked && reason().startsWith("blocked: ")) {
            set(new ElectionView(role(), epoch(), activeId(), "goes on without a standby", now.isUnclean()));
        }
    }

    /** Becomes active in an epoch. */
    void activate(long epoch, String reason, boolean isUnclean) {
        set(new ElectionView(ServerRole.ACTIVE_COORDINATOR, epoch, context.selfId(), reason, isUnclean));
    }

    /** Takes a role in the highest epoch known here. */
    void become(ServerRole role, int activeId, String reason) {
        set(new ElectionView(role, Math.max(now.epoch(), acceptor.highestEpoch()), activeId, reason));
    }

    void set(ElectionView next) {
        if (!next.equals(now)) {
            ElectionView before = now;
            now = next;
            output.onView(before, next);
        }
    }

    String nameOfLastActive() {
        int lastActive = lastActiveId;
        RegisterValue value = acceptor.acceptedValue();
        if (lastActive == ElectionView.NO_ACTIVE && value != null) {
            lastActive = value.activeId();
        }
        Peer peer = peers.at(lastActive);
        if (peer == null && value != null) {
            // This server was active; the other in sync with it may have gone on.
            for (RegisterValue.InSync member : value.inSync()) {
                Peer other = peers.at(member.memberId());
                peer = other == null || other.isTalking() ? peer : other;
            }
        }
        return peer == null ? "the last active server" : peer.name();
    }

    /** Why this server becomes active now, for the operator. */
    String reasonOfPromotion(IntHashSet participants, boolean isTakenForSilence) {
        if (now.role() == ServerRole.PASSIVE_STANDBY) {
            return "took over from " + peers.name(now.activeId()) + (isTakenForSilence ? ", which is silent" : "");
        }
        if (lastActiveId != ElectionView.NO_ACTIVE && !participants.contains(lastActiveId)) {
            return "unclean promotion: sessions of " + peers.name(lastActiveId) + " are not here";
        }
        if (participants.size() > 1) {
            return "elected by " + participants.size() + " servers";
        }
        for (Peer peer : peers.all()) {
            if (peer.contact() != Peer.Contact.REFUSED) {
                return "no sign of " + peer.name() + " for " + TimeUnit.NANOSECONDS.toSeconds(context.electionTimeNs())
                        + " s";
            }
        }
        return "no other server ran when it looked";
    }

    @Override
    public String toString() {
        return now + " lastActiveId=" + lastActiveId;
    }
}
