package org.stoneware.election;

import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import org.agrona.DirectBuffer;
import org.agrona.collections.IntHashSet;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.spi.election.Election;
import org.stoneware.spi.election.ElectionContext;
import org.stoneware.spi.election.ElectionException;
import org.stoneware.spi.election.ElectionOutput;
import org.stoneware.spi.election.ElectionView;
import org.stoneware.spi.election.Evidence;
import org.stoneware.spi.election.VoterContact;
import org.stoneware.voting.Ballot;
import org.stoneware.voting.Epoch;
import org.stoneware.voting.RegisterAcceptor;
import org.stoneware.voting.RegisterMessage;
import org.stoneware.voting.RegisterMessageCodec;
import org.stoneware.voting.RegisterValue;
import org.stoneware.voting.VoterId;

/**
 * The policy {@code networked-active-passive} in consistency mode: every change of who is active or in sync is accepted by a quorum of
 * the voters first, and nobody is passed over. Evidence says when to try; it never stands in for a vote.
 *
 * <pre>
 *  from                   to                     when
 *  START                  PASSIVE_UNINITIALIZED  another server is active
 *  PASSIVE_UNINITIALIZED  PASSIVE_STANDBY        it has accepted that it is in sync
 *  PASSIVE_STANDBY        PASSIVE_UNINITIALIZED  it was dropped, or another server or epoch is active
 *  PASSIVE_STANDBY        ACTIVE_COORDINATOR     the active is missed, see {@link Suspicion}, and a quorum accepts
 *  START                  ACTIVE_COORDINATOR     it holds everything, or nobody holds anything any more, and a quorum accepts
 *  ACTIVE_COORDINATOR     PASSIVE_UNINITIALIZED  {@link #requestHandOver}; until a quorum has chosen who goes on, see {@link HandOver}
 *  ACTIVE_COORDINATOR     FENCED                 another server is active in a higher epoch, or the register can't be written
 *  FENCED                 PASSIVE_UNINITIALIZED  at the next {@link #doWork}, unless the register can't be written
 *  any                    STOPPED                {@link #onStop}
 *  any                    ACTIVE_COORDINATOR     {@link #forceActive}
 * </pre>
 *
 * See docs/adr/0044. Not final: the tests plant faults in a subclass.
 */
class ConsistencyElection implements Election {
    /** A round that finds nothing to build on is tried again after this part of the election time. */
    private static final int LOOK_AGAIN_PARTS = 2;

    private final ElectionContext context;
    private final RegisterAcceptor acceptor;
    private final QuorumRules rules;
    private final QuorumRound round;
    private final Peers peers;
    private final ProposalTurn turn;
    private final IntHashSet running = new IntHashSet();
    private final RegisterSender sender;
    private final Suspicion suspicion;
    private final VoterSeats seats;
    private final QuorumKeeper keeper;
    private final Canvass canvass;
    private final OwnCopy copy;
    private final BallotVoter voter;
    private final RoleView view;
    private long activeIncarnation;
    private boolean isTakenForSilence;
    private final RoleEnd end;
    private final HandOver handOver;
    private final LookTimer look = new LookTimer();
    private long refusedMessages;

    ConsistencyElection(ElectionContext context, ElectionOutput output, RegisterAcceptor acceptor) {
        this.context = context;
        this.acceptor = acceptor;
        this.rules = rules(context, acceptor.identity());
        this.round = round(context, acceptor.identity());
        this.peers = new Peers(context);
        this.turn = new ProposalTurn(Math.min(RegisterElection.MAX_STALL_NS, context.electionTimeNs() / 4));
        this.sender = new RegisterSender(context, output, acceptor);
        this.suspicion = new Suspicion(context.electionTimeNs(), new Witnesses(output), sender);
        this.seats = new VoterSeats(context.priority());
        this.keeper = new QuorumKeeper(rules, round, acceptor, sender, output, peers, suspicion, seats);
        this.canvass = new Canvass(context, acceptor, sender, round, peers, seats, keeper);
        this.copy = new OwnCopy(context, acceptor);
        this.handOver = new HandOver(context, acceptor, peers, suspicion);
        this.voter = new QuorumVoter(acceptor, sender, peers, handOver);
        acceptor.start(context.incarnation());
        this.view = new RoleView(context, output, acceptor, peers);
        this.end = new RoleEnd(
                acceptor, sender, peers, view, handOver.partnerOr(keeper::partnerId), keeper::leaving, () -> {
                    round.abandon();
                    keeper.end();
                });
    }

    /** Makes the rules; the tests make some with a fault. */
    QuorumRules rules(ElectionContext ownContext, VoterId self) {
        return QuorumRules.of(ownContext, self);
    }

    /** Makes the counting of votes; the tests make one with a fault. */
    QuorumRound round(ElectionContext ownContext, VoterId self) {
        return new QuorumRound(self, ownContext.memberNames().size());
    }

    @Override
    public ElectionView view() {
        return view.now();
    }

    @Override
    public boolean isBlocked() {
        return view.role() == ServerRole.ACTIVE_COORDINATOR && keeper.isBlocked();
    }

    @Override
    public String detectionNote(int memberId) {
        return peers.detectionNote(memberId);
    }

    @Override
    public long refusedMessages() {
        return refusedMessages;
    }

    @Override
    public void onEvidence(Evidence evidence, long nowNs) {
        if (end.isOver()) {
            return;
        }
        peers.start(nowNs);
        if (evidence.kind() == Evidence.Kind.LOCAL_STALL) {
            peers.onLocalStall(evidence.valueNs(), nowNs);
            turn.onLocalStall(evidence.valueNs(), nowNs);
            suspicion.onLocalStall(evidence.valueNs(), nowNs);
            return;
        }
        look.soonFor(evidence);
        if (evidence.isOfWitnesses()) {
            suspicion.onWitness(evidence, nowNs);
        } else if (Epoch.isAbsurd(Epoch.counter(evidence.epoch()), acceptor.nextCounter())) {
            refusedMessages++;
            return;
        } else {
            Peer peer = peers.at(evidence.memberId());
            if (peer != null) {
                peer.onEvidence(evidence, nowNs);
            }
        }
        evaluate(nowNs);
    }

    @Override
    public void onVoter(VoterContact contact, boolean isConnected, long nowNs) {
        if (!end.isOver()) {
            seats.onVoter(contact, isConnected, nowNs);
        }
    }

    @Override
    public boolean requestAddPeer(int memberId, long incarnation, long nowNs) {
        return change(() -> keeper.requestAdd(peers.at(memberId), incarnation, nowNs), nowNs);
    }

    @Override
    public boolean requestDropPeer(int memberId, String reason, long nowNs) {
        return change(() -> keeper.requestDrop(memberId, nowNs), nowNs);
    }

    @Override
    public boolean requestHandOver(long nowNs) {
        return end.ifActive(() -> {
            Peer standby = keeper.readyStandby();
            if (standby != null) {
                long incarnation = keeper.partnerIncarnation();
                round.abandon();
                keeper.end();
                handOver.begin(standby, incarnation, view, canvass.epoch(canvass.nextBallot()));
            }
            return standby != null;
        });
    }

    private boolean change(BooleanSupplier request, long nowNs) {
        if (!end.ifActive(request)) {
            return false;
        }
        evaluate(nowNs);
        return true;
    }

    @Override
    public void onMessage(int senderId, DirectBuffer message, int offset, int length, long nowNs) {
        if (end.isOver()) {
            return;
        }
        peers.start(nowNs);
        RegisterMessage decoded = RegisterMessageCodec.decode(message, offset, length);
        Peer peer = peers.at(senderId);
        if (decoded == null
                || peer == null
                || decoded.isAbsurd(acceptor.nextCounter())
                || !peer.isProcess(decoded.incarnation())) {
            refusedMessages++;
            return;
        }
        peer.onSignOfLife(nowNs);
        keeper.onIdentity(peer, decoded.incarnation(), decoded.sender());
        try {
            onMessage(peer, decoded, nowNs);
        } catch (ElectionException e) {
            throw end.failed(e);
        }
        evaluate(nowNs);
    }

    @Override
    public void onVoterMessage(long idHigh, long idLow, DirectBuffer message, int offset, int length, long nowNs) {
        if (end.isOver()) {
            return;
        }
        VoterId identity = new VoterId(idHigh, idLow);
        RegisterMessage decoded = RegisterMessageCodec.decode(message, offset, length);
        if (decoded == null
                || !decoded.sender().equals(identity)
                || !seats.isConnected(identity)
                || decoded.isAbsurd(acceptor.nextCounter())) {
            refusedMessages++;
            return;
        }
        try {
            onAnswer(RegisterValue.Voter.NOT_A_SERVER, decoded, nowNs);
        } catch (ElectionException e) {
            throw end.failed(e);
        }
    }

    @Override
    public int doWork(long nowNs) {
        if (end.isOver()) {
            return 0;
        }
        peers.start(nowNs);
        boolean isFenced = view.role() == ServerRole.FENCED;
        if (!look.isDue(nowNs) && !isFenced) {
            return 0;
        }
        ElectionView before = view.now();
        if (isFenced) {
            view.become(ServerRole.PASSIVE_UNINITIALIZED, view.activeId(), view.reason());
        }
        suspicion.whenReadOut(() -> evaluate(nowNs));
        return view.now().equals(before) ? 0 : 1;
    }

    @Override
    public boolean prepareStop(boolean isStandbyWhole, long nowNs) {
        return !change(() -> !keeper.prepareStop(isStandbyWhole, nowNs), nowNs);
    }

    @Override
    public void onStop(long nowNs) {
        end.stop();
    }

    @Override
    public String forceActive(String by, long nowNs) {
        if (end.isOver() || view.role() == ServerRole.ACTIVE_COORDINATOR) {
            return end.isOver() ? "this server is stopping or has failed" : "";
        }
        Peer active = peers.highestActive();
        if (active != null) {
            return active.name() + " is active; stop it first";
        }
        Ballot ballot = canvass.nextBallot();
        RegisterValue value = rules.forced(canvass.epoch(ballot));
        try {
            round.abandon();
            if (acceptor.prepareAndAccept(ballot, value)) {
                activate(ballot, value, "forced by " + by + "; sessions that are not here are lost", nowNs);
            }
        } catch (ElectionException e) {
            throw end.failed(e);
        }
        return "";
    }

    @Override
    public void close() {
        acceptor.close();
    }

    private void evaluate(long nowNs) {
        try {
            switch (view.role()) {
                case START, PASSIVE_UNINITIALIZED, PASSIVE_STANDBY -> seekActive(nowNs);
                case ACTIVE_COORDINATOR -> guardRole(nowNs);
                // FENCED is left by doWork, so that everyone hears of it.
                case FENCED, STOPPED -> {}
            }
        } catch (ElectionException e) {
            throw end.failed(e);
        }
    }

    private void seekActive(long nowNs) {
        peers.noteEpochs(acceptor);
        Peer active = peers.highestActive();
        if (active != null && view.role() == ServerRole.PASSIVE_STANDBY && copy.hasNamedItself()) {
            campaign(nowNs);
        } else if (active != null) {
            follow(active);
        } else if (view.role() == ServerRole.PASSIVE_STANDBY) {
            takeOver(nowNs);
        } else {
            settle(nowNs);
        }
    }

    private void follow(Peer active) {
        suspicion.onHeard();
        round.abandon();
        turn.end();
        handOver.end();
        view.lastActive(active.memberId());
        RegisterValue value = acceptor.acceptedValue();
        if (value != null && copy.isStandbyOf(active, value)) {
            activeIncarnation = value.inSync().get(0).incarnation();
            view.become(
                    ServerRole.PASSIVE_STANDBY,
                    active.memberId(),
                    active.name() + " is active; all its sessions are here");
            return;
        }
        if (view.role() == ServerRole.PASSIVE_STANDBY) {
            copy.forfeit();
        }
        view.become(ServerRole.PASSIVE_UNINITIALIZED, active.memberId(), active.name() + " is active");
    }

    /** The active of this standby is not heard, or no longer active. */
    private void takeOver(long nowNs) {
        RegisterValue value = acceptor.acceptedValue();
        Peer active = peers.at(view.activeId());
        if (value == null || active == null || !copy.isInSync(value)) {
            leaveStandby("dropped");
            return;
        }
        if (suspicion.judgeBeforeVote(active, activeIncarnation, nowNs) != Suspicion.Verdict.GONE) {
            round.abandon();
            view.become(
                    ServerRole.PASSIVE_STANDBY,
                    active.memberId(),
                    active.name() + " is missed: " + active.contact().inWords());
            return;
        }
        isTakenForSilence = suspicion.isMereSilence(active, activeIncarnation);
        campaign(nowNs);
    }

    private void leaveStandby(String reason) {
        round.abandon();
        copy.forfeit();
        view.become(ServerRole.PASSIVE_UNINITIALIZED, view.activeId(), reason);
    }

    /** No server is active: waits for the others, then for its turn. */
    private void settle(long nowNs) {
        if (handOver.isStandbyGone(nowNs)) {
            // The register says whether it was active before.
            campaign(nowNs);
            return;
        }
        Peer standby = peers.standby();
        if (standby != null) {
            round.abandon();
            turn.suspend();
            view.waiting("waiting for " + standby.name() + ", which is standby, to take over");
            return;
        }
        Peer awaited = peers.gatherRunning(running, view.role() == ServerRole.START, nowNs);
        if (awaited != null) {
            round.abandon();
            turn.suspend();
            view.waitingFor(awaited);
            return;
        }
        turn.begin(nowNs);
        int rank = copy.rank(peers.rank(running), view.role());
        if (round.isRunning() || running.size() == 1 || turn.isDue(rank, nowNs)) {
            campaign(nowNs);
        } else {
            view.waiting("waiting for " + peers.name(peers.first(running)) + " to propose");
        }
    }

    /** Begins a round to become active, or keeps asking in the one that is on its way. */
    private void campaign(long nowNs) {
        if (!canvass.progress(nowNs)) {
            return;
        }
        advance(nowNs);
        if (view.role() == ServerRole.ACTIVE_COORDINATOR || !round.isRunning()) {
            return;
        }
        if (round.phase() == QuorumRound.Phase.PREPARING
                && canvass.isHeardOut(nowNs)
                && round.base(base -> true) != null) {
            onUnusable(nowNs);
        } else if (canvass.isHeardOut(nowNs)) {
            view.missing("waiting for votes (" + round.votes() + ")");
        }
    }

    /** A quorum has answered, and this server may not lead. */
    private void onUnusable(long nowNs) {
        RegisterValue value = round.highestValue();
        round.abandon();
        canvass.rest(context.electionTimeNs() / LOOK_AGAIN_PARTS, nowNs);
        if (view.role() == ServerRole.PASSIVE_STANDBY) {
            leaveStandby("dropped while it could not be told");
            return;
        }
        view.missing(copy.awaitedAfterVotes(value, peers));
    }

    private void guardRole(long nowNs) {
        Peer other = peers.highestActive();
        if (other != null && other.epoch() > view.epoch()) {
            suspicion.onFlip(nowNs);
            fence(other);
            return;
        }
        Peer higher = peers.withHigherEpoch(view.epoch());
        if (higher != null) {
            acceptor.note(higher.epoch());
            keeper.raise(nowNs);
        }
        boolean isNeeded = keeper.doWork(nowNs);
        if (round.isRunning() && (!isNeeded && round.phase() != QuorumRound.Phase.CHOSEN || keeper.isRoundStale())) {
            round.abandon();
        }
        if (isNeeded) {
            change(nowNs);
        } else if (sender.isQuiet(RegisterElection.ANNOUNCE_NS, nowNs)) {
            sender.announce(peers, view.epoch(), nowNs);
        }
        view.showBlocked(keeper.isBlocked(), round);
    }

    private void change(long nowNs) {
        if (!round.isRunning()) {
            keeper.onRoundBegun();
        }
        if (canvass.progress(nowNs)) {
            advance(nowNs);
        }
    }

    private void fence(Peer other) {
        round.abandon();
        keeper.end();
        view.lastActive(other.memberId());
        view.set(new ElectionView(
                ServerRole.FENCED, other.epoch(), other.memberId(), other.name() + " is active in a newer epoch"));
        copy.forfeit();
        acceptor.note(other.epoch());
    }

    private void advance(long nowNs) {
        boolean isActive = view.role() == ServerRole.ACTIVE_COORDINATOR;
        if (round.phase() == QuorumRound.Phase.PREPARING) {
            QuorumRound.Base base = round.base(
                    isActive ? keeper.isUsable(view.epoch()) : copy.isCertain().and(mayLead()));
            if (base == null) {
                return;
            }
            long newEpoch = canvass.epoch(round.ballot());
            RegisterValue next = isActive ? keeper.next(base, newEpoch, nowNs) : rules.promotion(base, newEpoch);
            if (next == null || !acceptor.accept(round.ballot(), next)) {
                round.abandon();
                return;
            }
            round.propose(next);
            if (round.phase() == QuorumRound.Phase.ACCEPTING) {
                canvass.ask(nowNs);
            }
        }
        RegisterValue chosen = round.value();
        if (round.phase() != QuorumRound.Phase.CHOSEN || chosen == null) {
            return;
        }
        canvass.onChosen();
        if (isActive) {
            onChosen(chosen, nowNs);
        } else {
            if (view.role() == ServerRole.PASSIVE_STANDBY && isTakenForSilence) {
                suspicion.onFlip(nowNs);
            }
            String reason = view.role() == ServerRole.PASSIVE_STANDBY
                    ? view.reasonOfPromotion(running, isTakenForSilence) + suspicion.noteOfNobody(nowNs)
                    : handOver.reasonOr("elected with " + round.votes() + " votes");
            Ballot ballot = round.ballot();
            round.abandon();
            activate(ballot, chosen, reason, nowNs);
        }
    }

    /**
     * What this server, which is not active, may build on. One that has handed its role over is as good as a standby; and when its
     * standby's process has ended with all it held, this copy is the best there is.
     */
    private Predicate<QuorumRound.Base> mayLead() {
        return handOver.isOffered()
                ? base -> rules.mayTakeOver(base) || rules.mayLeadAfterPassive(base)
                : rules.mayLeadAs(view.role());
    }

    private void onChosen(RegisterValue chosen, long nowNs) {
        if (chosen.epoch() > view.epoch()) {
            view.set(new ElectionView(ServerRole.ACTIVE_COORDINATOR, chosen.epoch(), context.selfId(), "epoch raised"));
        }
        if (keeper.onChosen(round.ballot(), chosen)) {
            round.abandon();
            if (keeper.doWork(nowNs)) {
                change(nowNs);
            }
        }
    }

    private void activate(Ballot ballot, RegisterValue value, String reason, long nowNs) {
        turn.end();
        handOver.end();
        view.lastActive(ElectionView.NO_ACTIVE);
        view.activate(value.epoch(), reason, copy.isUnclean(peers, view.role()));
        keeper.begin(ballot, value, nowNs);
        for (Peer peer : peers.all()) {
            if (peer.isTalking()) {
                sender.announce(peer.memberId());
            }
        }
    }

    private void onMessage(Peer from, RegisterMessage message, long nowNs) {
        switch (message.type()) {
            case PREPARE -> {
                if (voter.onPrepare(from, message, view.role())) {
                    yieldTo(nowNs);
                }
            }
            case ACCEPT -> {
                if (voter.onAccept(from, message, view.role())) {
                    yieldTo(nowNs);
                }
            }
            case PROMISE, ACCEPTED, REFUSE -> onAnswer(from.memberId(), message, nowNs);
            case ACTIVE -> {
                voter.onActive(from, message, view.role());
                letGo(from, message);
            }
            case LEAVING -> voter.onLeaving(from, message, view.activeId(), nowNs);
            case PROBE -> sender.sendBare(from.memberId(), RegisterMessage.Type.ALIVE);
            case ALIVE -> {
                // Its sender has been noted.
            }
        }
    }

    /** A standby that has promised too much to accept that it was dropped believes it all the same. */
    private void letGo(Peer active, RegisterMessage message) {
        RegisterValue value = message.value();
        boolean isNews = message.ballot().isHigherThan(acceptor.acceptedBallot()) && peers.highestActive() == active;
        if (view.role() == ServerRole.PASSIVE_STANDBY && value != null && isNews && !copy.isInSync(value)) {
            leaveStandby("dropped");
        }
    }

    private void onAnswer(int memberId, RegisterMessage message, long nowNs) {
        switch (message.type()) {
            case PROMISE -> round.onPromise(memberId, message);
            case ACCEPTED -> round.onAccepted(message.sender(), message.ballot());
            case REFUSE -> canvass.onRefuse(message, view.role() == ServerRole.ACTIVE_COORDINATOR, nowNs);
            default -> refusedMessages++;
        }
        if (round.isRunning()) {
            advance(nowNs);
        }
    }

    private void yieldTo(long nowNs) {
        turn.onPromised(round.isRunning(), nowNs);
        round.abandon();
    }

    /** Everything this election knows, in one line. */
    @Override
    public String toString() {
        return view + " " + canvass + " " + turn + " " + round + " " + peers + " " + keeper + " " + seats;
    }
}
