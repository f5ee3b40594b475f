package org.stoneware.election;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.agrona.collections.IntHashSet;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.spi.election.ElectionContext;
import org.stoneware.spi.election.ElectionView;
import org.stoneware.spi.election.FailoverPriority;
import org.stoneware.spi.election.HeldCopy;
import org.stoneware.voting.Ballot;
import org.stoneware.voting.Epoch;
import org.stoneware.voting.RegisterAcceptor;
import org.stoneware.voting.RegisterMessage;
import org.stoneware.voting.RegisterValue;
import org.stoneware.voting.VoterId;

/**
 * What this server's own copy of the sessions is worth, as far as the register says. Not final: the tests plant faults in a subclass.
 */
class OwnCopy {
    static final String AWAITS_OPERATOR =
            "waiting for an operator: what is here may lack acknowledged changes, and no other server held them all";

    private final ElectionContext context;
    private final RegisterAcceptor acceptor;
    private Ballot forfeited = Ballot.NONE;
    private Ballot excludedBy = Ballot.NONE;
    /** Server that holds more than this one and can be talked to. */
    private int behindId = ElectionView.NO_ACTIVE;

    private long behindIncarnation;

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

    /**
     * Time after which a refused connection says that a server does not run. At the start in a new array, or with all there is on the own
     * disk, that is at once. In an array that has served before a firewall may refuse, and Tomcats, which may hear the server, need time to
     * dial this one. A server that was beside an active waits for it to return.
     */
    long refusalCountsAfterNs(Peers peers, ServerRole role) {
        if (role != ServerRole.START) {
            return context.electionTimeNs();
        }
        boolean isArrayNew = acceptor.acceptedValue() == null && acceptor.highestEpoch() == Epoch.NONE;
        return isArrayNew || isSoleHolder(peers, role) ? 0 : Witnesses.DIAL_NS;
    }

    /** Whether the disk, as a restart found it, holds everything and says that no other server does. */
    boolean isSoleHolder(Peers peers, ServerRole role) {
        RegisterValue value = acceptor.acceptedValue();
        return context.isStorePersistent()
                && role == ServerRole.START
                && value != null
                && value.inSync().size() == 1
                && mayHoldEverything(peers);
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
                && isComplete()
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
        if (behind(peers) != null) {
            return false;
        }
        if (value == null) {
            return acceptor.highestEpoch() == Epoch.NONE;
        }
        if (!isComplete() || isSuspectAlone(value) || excludedBy.isHigherThan(acceptor.acceptedBallot())) {
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
     * Whether something may be missing here and nobody else held everything when an earlier process of this server ended, so that no
     * comparison can tell what: an operator, or the configuration, decides. A server without others has nobody to wait for.
     */
    private boolean isSuspectAlone(RegisterValue value) {
        return context.isStorePersistent()
                && context.held().isSuspect()
                && value.inSync().size() == 1
                && !value.isInSync(acceptor.identity(), context.incarnation())
                && context.memberNames().size() > 1;
    }

    /** Whether this server waits for an operator, since what may be missing here can be had nowhere else; see docs/adr/0182. */
    boolean awaitsOperator(@Nullable RegisterValue value) {
        return value != null && isSuspectAlone(value) && !isUncleanAllowed();
    }

    /** Whether a whole copy of the sessions lies here: the register does not know that a disk was replaced. */
    boolean isComplete() {
        return context.held().isComplete();
    }

    /** Whether this server, once active without having been standby, may lack something that was acknowledged. */
    boolean isUnclean(Peers peers, ServerRole role) {
        return context.isStorePersistent()
                && role != ServerRole.PASSIVE_STANDBY
                && (context.held().isSuspect()
                        || role == ServerRole.PASSIVE_UNINITIALIZED
                        || !mayHoldEverything(peers));
    }

    /**
     * In consistency mode: a server whose copy is suspect builds on nothing older than what it has accepted itself, since that says who else
     * held everything; and on nothing it alone held everything under, unless the configuration allows it.
     */
    Predicate<QuorumRound.Base> isCertain() {
        return base -> !context.held().isSuspect()
                || !acceptor.acceptedBallot().isHigherThan(base.ballot()) && !awaitsOperator(base.value());
    }

    /**
     * Whether another server goes before this one in an attempt that a quorum has promised: one that is in sync by the register when this
     * one is not, or that found more when it started. Of two that hold the same each may lead.
     */
    boolean mustYield(RegisterProposer proposer, Peers peers, IntHashSet participants, ServerRole role) {
        RegisterValue highest = proposer.highestAccepted();
        if (highest != null && isOutranked(highest, participants)) {
            // Only one that held everything may be next; it has its turn after the stall time.
            exclude(proposer.highestAcceptedBallot());
            acceptor.note(highest.epoch());
            return true;
        }
        if (!context.isStorePersistent() || role == ServerRole.PASSIVE_STANDBY) {
            return false;
        }
        for (Peer peer : peers.all()) {
            RegisterMessage promise = participants.contains(peer.memberId()) ? proposer.promise(peer.memberId()) : null;
            if (promise == null || highest != null && !highest.isInSync(promise.sender())) {
                continue;
            }
            HeldCopy other = promise.held();
            if (other != null && isBetter(other, context.held())) {
                behindId = peer.memberId();
                behindIncarnation = promise.incarnation();
                return true;
            }
        }
        return false;
    }

    /** Whole before none, certain before suspect, newer before older. Not static: the tests plant faults. */
    boolean isBetter(HeldCopy one, HeldCopy other) {
        if (one.isComplete() != other.isComplete()) {
            return one.isComplete();
        }
        if (one.isSuspect() != other.isSuspect()) {
            return other.isSuspect();
        }
        return one.isNewerThan(other);
    }

    /** The server that is known to hold more than this one, as long as it can be talked to; else null. */
    @Nullable
    Peer behind(Peers peers) {
        Peer peer = peers.at(behindId);
        return peer != null && peer.isTalking() && peer.isProcess(behindIncarnation) ? peer : null;
    }

    /** What a server that may not be promoted waits for. */
    String awaited(Peers peers, RoleView view) {
        Peer better = behind(peers);
        if (better != null) {
            return "waiting for " + better.name() + ", which holds newer sessions";
        }
        RegisterValue value = acceptor.acceptedValue();
        if (context.isStorePersistent() && value != null && isComplete() && isSuspectAlone(value)) {
            return AWAITS_OPERATOR;
        }
        return isComplete() || !context.isStorePersistent()
                ? "waiting for " + view.nameOfLastActive() + ", which may hold newer sessions"
                : "waiting for " + view.nameOfLastActive() + ": no whole copy of the sessions is here";
    }

    /** What a server that a quorum has answered and that may not lead waits for, in consistency mode. */
    String awaitedAfterVotes(@Nullable RegisterValue value, Peers peers) {
        if (isComplete() && awaitsOperator(value)) {
            return AWAITS_OPERATOR;
        }
        Peer holder = value == null || value.inSync().isEmpty()
                ? null
                : peers.at(value.inSync().get(value.inSync().size() - 1).memberId());
        return "waiting for " + (holder == null ? "the last active server" : holder.name())
                + ", which may hold newer sessions";
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

    /** Whether this server may become active with what it has once the others have not been heard for the election time. */
    boolean isUncleanAllowed() {
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
        RegisterValue value = acceptor.acceptedValue();
        // One that was alone has nobody to settle it with.
        return value != null && isSuspectAlone(value) || !isEveryHolderHere(peers);
    }

    /** Whether the servers that held everything are all here, this one with a whole copy, the others to be talked to: they settle it. */
    private boolean isEveryHolderHere(Peers peers) {
        RegisterValue value = acceptor.acceptedValue();
        if (value == null) {
            return false;
        }
        for (RegisterValue.InSync member : value.inSync()) {
            Peer peer = peers.at(member.memberId());
            boolean isHere = peer == null ? isComplete() && value.isInSync(acceptor.identity()) : peer.isTalking();
            if (!isHere) {
                return false;
            }
        }
        return true;
    }
}
