package org.stoneware.election;

import java.util.ArrayList;
import java.util.List;
import org.agrona.collections.IntHashSet;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.spi.election.ElectionContext;
import org.stoneware.spi.election.FailoverPriority;
import org.stoneware.voting.Ballot;
import org.stoneware.voting.Epoch;
import org.stoneware.voting.RegisterAcceptor;
import org.stoneware.voting.RegisterValue;
import org.stoneware.voting.VoterId;

/**
 * What this server's own copy of the sessions is worth, as far as the register says. Not final: the tests plant faults in a subclass.
 */
class OwnCopy {
    private final ElectionContext context;
    private final RegisterAcceptor acceptor;
    private Ballot forfeited = Ballot.NONE;
    private Ballot excludedBy = Ballot.NONE;

    OwnCopy(ElectionContext context, RegisterAcceptor acceptor) {
        this.context = context;
        this.acceptor = acceptor;
    }

    /** As {@link #servedAlone(long, List, long)} with the voters there are now. */
    RegisterValue servedAlone(long epoch) {
        RegisterValue present = acceptor.acceptedValue();
        return present == null
                ? servedAlone(epoch, List.of(), 0)
                : servedAlone(epoch, present.voters(), present.mapEpoch());
    }

    /** A configuration in which this process is active and nobody else holds anything. */
    RegisterValue servedAlone(long epoch, List<RegisterValue.Voter> voters, long mapEpoch) {
        List<RegisterValue.Voter> known = new ArrayList<>(voters);
        known.removeIf(voter -> voter.identity().equals(VoterId.NONE));
        return new RegisterValue(
                epoch,
                context.selfId(),
                List.of(new RegisterValue.InSync(context.selfId(), acceptor.identity(), context.incarnation())),
                known,
                mapEpoch);
    }

    /** Whether the register makes this process the standby of an active that is heard. */
    boolean isStandbyOf(Peer active, RegisterValue value) {
        return value.activeId() == active.memberId()
                && value.epoch() == active.epoch()
                && value.inSync().size() > 1
                && active.isProcess(value.inSync().get(0).incarnation())
                && isInSync(value)
                && acceptor.acceptedBallot().isHigherThan(forfeited);
    }

    /** Whether this process holds everything acknowledged under a value. */
    boolean isInSync(RegisterValue value) {
        return value.isInSync(acceptor.identity(), context.incarnation());
    }

    /**
     * Whether this process has accepted its own promotion. A quorum may have accepted that, and then nobody else can lead any more: in
     * consistency mode it goes on even if the active is heard again, until the active has had a higher ballot accepted here.
     */
    boolean hasNamedItself() {
        RegisterValue value = acceptor.acceptedValue();
        return value != null && value.activeId() == context.selfId() && isInSync(value);
    }

    /** Whose turn it is: one whose disk says that it holds everything waits for nobody who may not. */
    int rank(int byPosition, ServerRole role) {
        RegisterValue value = acceptor.acceptedValue();
        boolean isHolder = context.isStorePersistent()
                && role == ServerRole.START
                && value != null
                && value.isInSync(acceptor.identity());
        return isHolder ? 0 : byPosition;
    }

    /** This server is a standby no longer. What made it one does so only once: its copy may have gone since. */
    void forfeit() {
        forfeited = acceptor.acceptedBallot();
    }

    /** The others know a configuration without this server, accepted in that ballot. */
    void exclude(Ballot ballot) {
        excludedBy = ballot;
    }

    /** Whether the own store can hold every acknowledged session, as far as this server knows. */
    boolean mayHoldEverything(Peers peers) {
        if (!context.isStorePersistent()) {
            return true;
        }
        RegisterValue value = acceptor.acceptedValue();
        if (value == null) {
            return acceptor.highestEpoch() == Epoch.NONE;
        }
        if (excludedBy.isHigherThan(acceptor.acceptedBallot())) {
            return false;
        }
        for (RegisterValue.InSync member : value.inSync()) {
            Peer peer = peers.at(member.memberId());
            if (peer != null && value.isInSync(acceptor.identity()) && !peer.isTalking()) {
                // It may have gone on alone.
                return false;
            }
        }
        return value.epoch() >= acceptor.highestEpoch() && value.isInSync(acceptor.identity());
    }

    /**
     * Whether this server may become active without an operator: it holds everything, or what it lacks counts as lost.
     */
    boolean mayBePromoted(Peers peers, ServerRole role, long nowNs) {
        if (!context.isStorePersistent()) {
            return isUncleanAllowed() || !isHolderMissing(peers);
        }
        boolean isClean = role != ServerRole.PASSIVE_UNINITIALIZED && mayHoldEverything(peers);
        return isClean || isUncleanAllowed() && areOthersLost(peers, nowNs);
    }

    /** Whether the others know a configuration without this server, and one that is in it can still be waited for. */
    boolean isOutranked(RegisterValue highest, IntHashSet participants) {
        if (!context.isStorePersistent() || highest.isInSync(acceptor.identity())) {
            return false;
        }
        for (RegisterValue.InSync member : highest.inSync()) {
            if (participants.contains(member.memberId())) {
                return true;
            }
        }
        return !isUncleanAllowed();
    }

    /** Why an operator can't make this server active; empty when it can be done. */
    String refusalOfForce(@Nullable Peer active) {
        if (active != null) {
            return active.name() + " is active; stop it first";
        }
        return context.priority().uncleanPromotion() == FailoverPriority.UncleanPromotion.NEVER
                ? "unclean-promotion is never in the configuration"
                : "";
    }

    private boolean isUncleanAllowed() {
        return context.priority().uncleanPromotion() == FailoverPriority.UncleanPromotion.AFTER_ELECTION_TIME;
    }

    /** Whether another server that held everything can't be asked. */
    private boolean isHolderMissing(Peers peers) {
        RegisterValue value = acceptor.acceptedValue();
        if (value != null) {
            for (RegisterValue.InSync member : value.inSync()) {
                Peer peer = peers.at(member.memberId());
                if (peer != null && !peer.isTalking() && !peer.hasEnded(member.incarnation())) {
                    return true;
                }
            }
        }
        return false;
    }

    private boolean areOthersLost(Peers peers, long nowNs) {
        for (Peer peer : peers.all()) {
            if (!peer.isTalking() && peer.lostForNs(nowNs) < context.electionTimeNs()) {
                return false;
            }
        }
        return !isEveryHolderHere(peers);
    }

    /** Whether the servers that held everything can all be talked to: they settle it. */
    private boolean isEveryHolderHere(Peers peers) {
        RegisterValue value = acceptor.acceptedValue();
        if (value == null) {
            return false;
        }
        for (RegisterValue.InSync member : value.inSync()) {
            Peer peer = peers.at(member.memberId());
            if (peer == null || !peer.isTalking()) {
                return false;
            }
        }
        return true;
    }
}
