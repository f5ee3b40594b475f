package org.stoneware.election;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.spi.election.ElectionOutput;
import org.stoneware.spi.election.ElectionView;
import org.stoneware.spi.election.InSyncSet;
import org.stoneware.voting.Ballot;
import org.stoneware.voting.RegisterAcceptor;
import org.stoneware.voting.RegisterMessage;
import org.stoneware.voting.RegisterValue;
import org.stoneware.voting.VoterId;

/**
 * What an active wants the register to say in consistency mode: who is in sync, who votes, and its epoch. One change at a time, each
 * in a round of its own; a change of the in-sync set goes before one of the voters. Nothing is told before a quorum has accepted it.
 */
final class QuorumKeeper {
    /** Longest wait for a server that is to become standby. */
    static final long MAX_ADD_NS = TimeUnit.SECONDS.toNanos(1);

    /** A server in sync that says it is no standby for longer is dropped. */
    static final long MAX_DOUBT_NS = TimeUnit.SECONDS.toNanos(1);

    /** How often the seats of the voters are looked at. */
    static final long SEATS_NS = TimeUnit.MILLISECONDS.toNanos(100);

    private static final long NEVER = Long.MIN_VALUE;

    /** What this active is about to change. */
    private enum Want {
        NONE,
        /** The server to be added is in the register as this voter, then in sync. */
        ADD,
        /** Going on without a standby; also when there is none, to take a higher epoch. */
        ALONE,
        /** Before a stop: the standby that was to be dropped goes on counting. */
        KEEP
    }

    private final QuorumRules rules;
    private final QuorumRound round;
    private final RegisterAcceptor acceptor;
    private final RegisterSender sender;
    private final ElectionOutput output;
    private final Peers peers;
    private final Suspicion suspicion;
    private final VoterSeats seats;
    private final Map<Integer, Known> identities = new TreeMap<>();
    private Want want = Want.NONE;
    private Want asked = Want.NONE;
    private Ballot chosenBallot = Ballot.NONE;
    private @Nullable RegisterValue chosen;
    private boolean isRaising;
    private boolean isStopping;
    private boolean isKeeping;
    private int partnerId = ElectionView.NO_ACTIVE;
    private long partnerIncarnation;
    private long sinceNs;
    private long probedNs = NEVER;
    private long doubtSinceNs = NEVER;
    private long seatsSeenNs = NEVER;
    private boolean isSeatDue;

    QuorumKeeper(
            QuorumRules rules,
            QuorumRound round,
            RegisterAcceptor acceptor,
            RegisterSender sender,
            ElectionOutput output,
            Peers peers,
            Suspicion suspicion,
            VoterSeats seats) {
        this.rules = rules;
        this.round = round;
        this.acceptor = acceptor;
        this.sender = sender;
        this.output = output;
        this.peers = peers;
        this.suspicion = suspicion;
        this.seats = seats;
    }

    /** This server has become active with a value, alone. */
    void begin(Ballot ballot, RegisterValue value, long nowNs) {
        chosenBallot = ballot;
        chosen = value;
        partnerId = ElectionView.NO_ACTIVE;
        want = Want.NONE;
        isRaising = false;
        seatsSeenNs = NEVER;
        seats.begin(value, nowNs);
        tell(value);
    }

    /** This server is active no longer. */
    void end() {
        chosen = null;
        partnerId = ElectionView.NO_ACTIVE;
        want = Want.NONE;
    }

    int partnerId() {
        return partnerId;
    }

    /** Process of {@link #partnerId}. */
    long partnerIncarnation() {
        return partnerIncarnation;
    }

    /** The standby, when it is in sync and could take over now; else null. */
    @Nullable
    Peer readyStandby() {
        RegisterValue present = chosen;
        Peer partner = peers.at(partnerId);
        boolean isReady = present != null
                && present.inSync().size() > 1
                && want == Want.NONE
                && partner != null
                && partner.isTalking()
                && partner.isProcess(partnerIncarnation)
                && partner.role() == ServerRole.PASSIVE_STANDBY;
        return isReady ? partner : null;
    }

    /** Whether the standby counts although this active tries, or has tried, to go on without it. */
    boolean isBlocked() {
        return (want == Want.ALONE || want == Want.KEEP) && partnerId != ElectionView.NO_ACTIVE;
    }

    /** See {@link org.stoneware.spi.election.Election#prepareStop}. */
    boolean prepareStop(boolean isStandbyWhole, long nowNs) {
        isStopping = true;
        isKeeping = isStandbyWhole;
        Peer partner = peers.at(partnerId);
        if (chosen == null || partner == null) {
            // Nobody is here to whom anything could be left.
            return true;
        }
        if (want == Want.ALONE && isStandbyWhole && partner.isTalking() && identity(partner) != null) {
            if (partner.isProcess(partnerIncarnation)) {
                want(Want.KEEP, nowNs);
            }
        } else if ((want == Want.KEEP || want == Want.NONE) && !isStandbyWhole) {
            want(Want.ALONE, nowNs);
        }
        return want == Want.NONE && (!partner.isTalking() || partner.role() == ServerRole.PASSIVE_STANDBY);
    }

    /** What a server that stops leaves to its standby: never a drop that may not have been chosen. */
    @Nullable
    RegisterMessage leaving() {
        RegisterValue present = chosen;
        return present == null || want != Want.ALONE && want != Want.KEEP
                ? null
                : sender.message(RegisterMessage.Type.LEAVING, chosenBallot, Ballot.NONE, present);
    }

    boolean requestAdd(@Nullable Peer peer, long incarnation, long nowNs) {
        if (chosen == null || want != Want.NONE || partnerId != ElectionView.NO_ACTIVE || peer == null) {
            return false;
        }
        if (!peer.isTalking() || !peer.isProcess(incarnation)) {
            return false;
        }
        partnerId = peer.memberId();
        partnerIncarnation = incarnation;
        want(Want.ADD, nowNs);
        return true;
    }

    boolean requestDrop(int memberId, long nowNs) {
        boolean isKept = isStopping && isKeeping;
        if (chosen == null || memberId != partnerId || want == Want.ALONE || isKept) {
            return false;
        }
        want(Want.ALONE, nowNs);
        return true;
    }

    /** A server that is not active knows a higher epoch: the own one is to be raised above it, without a standby. */
    void raise(long nowNs) {
        if (!isRaising) {
            isRaising = true;
            want(Want.ALONE, nowNs);
        }
    }

    /** Another server has shown which voter it is. */
    void onIdentity(Peer peer, long incarnation, VoterId identity) {
        identities.put(peer.memberId(), new Known(incarnation, identity));
    }

    /** Which voter a server is, as far as its present process has said; or null. */
    @Nullable
    VoterId identity(Peer peer) {
        Known known = identities.get(peer.memberId());
        return known != null && peer.isProcess(known.incarnation) ? known.identity : null;
    }

    /** Looks after the standby; returns whether a round is to run now. */
    boolean doWork(long nowNs) {
        RegisterValue present = chosen;
        if (present == null) {
            return false;
        }
        probe(nowNs);
        Peer partner = peers.at(partnerId);
        if (partner != null && (want == Want.ADD || want == Want.NONE)) {
            boolean isGone = suspicion.judge(partner, partnerIncarnation, false, nowNs) == Suspicion.Verdict.GONE;
            boolean isLate = want == Want.ADD && nowNs - sinceNs >= MAX_ADD_NS;
            boolean isUnwilling = want == Want.NONE && isDoubtful(partner, nowNs);
            // Whoever may still live when this server has gone may lead.
            boolean isSpared = isStopping && want == Want.NONE && suspicion.isMereSilence(partner, partnerIncarnation);
            if ((isGone || isLate || isUnwilling) && !isSpared) {
                want(Want.ALONE, nowNs);
            }
        }
        if (want == Want.ADD && !isVoter(present, partnerId)) {
            return seats.next(present, servers(), nowNs) != null;
        }
        return want != Want.NONE || isSeatDue(present, nowNs);
    }

    /** Whether a voter is to get or lose a seat; looked at now and then only, because there may be very many Tomcats. */
    private boolean isSeatDue(RegisterValue present, long nowNs) {
        if (seatsSeenNs == NEVER || nowNs - seatsSeenNs >= SEATS_NS) {
            seatsSeenNs = nowNs;
            seats.forget(present, nowNs);
            isSeatDue = seats.next(present, servers(), nowNs) != null;
        }
        return isSeatDue;
    }

    /** Whether the present round no longer does what is wanted. */
    boolean isRoundStale() {
        return asked != want;
    }

    void onRoundBegun() {
        asked = want;
    }

    /**
     * What may be built on. Another process that was chosen in a higher epoch, and ended before anybody heard of it, took what it held with
     * it: then the copy of this active is the best there is, and it goes on above that epoch.
     */
    Predicate<QuorumRound.Base> isUsable(long epoch) {
        return base -> rules.isMine(base, epoch) || isRaising && (isOwn(base) || isSuccessorGone(base));
    }

    private boolean isSuccessorGone(QuorumRound.Base base) {
        return base.value() != null && rules.mayLeadAfterPassive(base);
    }

    private boolean isOwn(QuorumRound.Base base) {
        RegisterValue value = base.value();
        return value != null && rules.isMine(base, value.epoch());
    }

    /**
     * The value that does what is wanted, or null when nothing is wanted any more.
     *
     * @param raisedEpoch an epoch above every other, for when it is to be raised.
     */
    @Nullable
    RegisterValue next(QuorumRound.Base base, long raisedEpoch, long nowNs) {
        RegisterValue value = base.value();
        if (value == null) {
            return null;
        }
        if (want == Want.ALONE) {
            return rules.withInSync(base, chosenBallot, List.of(rules.own()), isRaising ? raisedEpoch : value.epoch());
        }
        Known partner = identities.get(partnerId);
        // In sync counts only for one that can lead: not while voters that do not know it must agree as well.
        boolean isSettled = value.former().isEmpty() || rules.isChosen(base, chosenBallot);
        boolean isSeated = isVoter(value, partnerId) && isSettled;
        if ((want == Want.ADD || want == Want.KEEP) && partner != null && isSeated) {
            List<RegisterValue.InSync> inSync = new ArrayList<>(List.of(rules.own()));
            inSync.add(new RegisterValue.InSync(partnerId, partner.identity, partnerIncarnation));
            return rules.withInSync(base, chosenBallot, inSync, value.epoch());
        }
        List<RegisterValue.Voter> voters = seats.next(value, servers(), nowNs);
        return voters == null
                ? rules.withVoters(base, chosenBallot, value.voters())
                : rules.withVoters(base, chosenBallot, voters);
    }

    /** A quorum has accepted a value; returns whether the round has done everything it was for. */
    boolean onChosen(Ballot ballot, RegisterValue value) {
        chosenBallot = ballot;
        chosen = value;
        seatsSeenNs = NEVER;
        if (want == Want.ALONE && value.inSync().size() == 1) {
            partnerId = ElectionView.NO_ACTIVE;
            isRaising = false;
            want = Want.NONE;
            doubtSinceNs = NEVER;
            tell(value);
        } else if ((want == Want.ADD || want == Want.KEEP) && value.inSync().size() > 1) {
            Known partner = identities.get(partnerId);
            if (partner == null || !round.isAcceptedBy(partner.identity)) {
                // It is no standby in its own eyes before it has accepted.
                return false;
            }
            want = Want.NONE;
            doubtSinceNs = NEVER;
            tell(value);
        }
        return true;
    }

    /** Asks every server that can be talked to which voter it is, until it has answered. */
    private void probe(long nowNs) {
        if (probedNs != NEVER && nowNs - probedNs < RegisterElection.RESEND_NS) {
            return;
        }
        for (Peer peer : peers.all()) {
            if (peer.isTalking() && identity(peer) == null) {
                probedNs = nowNs;
                sender.sendBare(peer.memberId(), RegisterMessage.Type.PROBE);
            }
        }
    }

    private Map<Integer, VoterId> servers() {
        Map<Integer, VoterId> servers = new TreeMap<>();
        for (Peer peer : peers.all()) {
            VoterId identity = identity(peer);
            if (identity != null && peer.isTalking()) {
                servers.put(peer.memberId(), identity);
            }
        }
        return servers;
    }

    private boolean isVoter(RegisterValue value, int memberId) {
        Known known = identities.get(memberId);
        return known != null && known.incarnation == partnerIncarnation && value.isVoter(known.identity);
    }

    private boolean isDoubtful(Peer partner, long nowNs) {
        if (!partner.isTalking() || partner.role() == ServerRole.PASSIVE_STANDBY) {
            doubtSinceNs = NEVER;
            return false;
        }
        doubtSinceNs = doubtSinceNs == NEVER ? nowNs : doubtSinceNs;
        return nowNs - doubtSinceNs >= MAX_DOUBT_NS;
    }

    private void want(Want next, long nowNs) {
        want = next;
        sinceNs = nowNs;
    }

    private void tell(RegisterValue value) {
        List<InSyncSet.Member> members = new ArrayList<>();
        for (RegisterValue.InSync member : value.inSync()) {
            members.add(new InSyncSet.Member(member.memberId(), member.incarnation()));
        }
        output.onInSync(new InSyncSet(value.epoch(), members));
    }

    @Override
    public String toString() {
        return want + " partner=" + partnerId + "/" + partnerIncarnation + " chosen=" + chosenBallot + " " + acceptor;
    }

    /** Which voter a process of a server is. */
    private record Known(long incarnation, VoterId identity) {}
}
