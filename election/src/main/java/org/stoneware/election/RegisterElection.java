package org.stoneware.election;

import java.util.concurrent.TimeUnit;
import org.agrona.DirectBuffer;
import org.agrona.collections.IntHashSet;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.spi.election.Election;
import org.stoneware.spi.election.ElectionContext;
import org.stoneware.spi.election.ElectionException;
import org.stoneware.spi.election.ElectionOutput;
import org.stoneware.spi.election.ElectionView;
import org.stoneware.spi.election.Evidence;
import org.stoneware.voting.Ballot;
import org.stoneware.voting.Epoch;
import org.stoneware.voting.RegisterAcceptor;
import org.stoneware.voting.RegisterMessage;
import org.stoneware.voting.RegisterMessageCodec;
import org.stoneware.voting.RegisterValue;

/**
 * The policy {@code networked-active-passive} in availability mode: who becomes active when, by what is known of the other servers.
 *
 * <pre>
 *  from                   to                     when
 *  START                  PASSIVE_UNINITIALIZED  another server is active
 *  PASSIVE_UNINITIALIZED  PASSIVE_STANDBY        the active has asked to accept it as in sync, see {@link #requestAddPeer}
 *  PASSIVE_STANDBY        PASSIVE_UNINITIALIZED  it was dropped, or another server or epoch is active
 *  PASSIVE_STANDBY        ACTIVE_COORDINATOR     the active is gone, see {@link Suspicion}, and the register says in sync
 *  START                  ACTIVE_COORDINATOR     every other server was asked and a quorum accepted, or does not run
 *  PASSIVE_UNINITIALIZED  ACTIVE_COORDINATOR     the same, once no server is active; with a persistent store only where unclean promotion is allowed
 *  ACTIVE_COORDINATOR     ACTIVE_COORDINATOR     a server that is not active knew a higher epoch: the own one is raised above it
 *  ACTIVE_COORDINATOR     PASSIVE_UNINITIALIZED  {@link #requestHandOver}; until the standby is active, see {@link HandOver}
 *  ACTIVE_COORDINATOR     FENCED                 another server is active in a higher epoch, or the register can't be written
 *  FENCED                 PASSIVE_UNINITIALIZED  at the next {@link #doWork}, unless the register can't be written
 *  any                    STOPPED                {@link #onStop}
 * </pre>
 *
 * Messages settle what servers that can talk do; evidence says which servers are asked. See docs/adr/0041 and 0042. Not final: the tests
 * plant faults in a subclass.
 */
class RegisterElection implements Election {
    /** A question not answered is asked again after this time. */
    static final long RESEND_NS = TimeUnit.MILLISECONDS.toNanos(50);

    /** A server waits this long for one whose turn it is, before it proposes itself. */
    static final long MAX_STALL_NS = TimeUnit.MILLISECONDS.toNanos(500);

    /** An active tells a server that seems not to know about it at this interval. */
    static final long ANNOUNCE_NS = TimeUnit.MILLISECONDS.toNanos(200);

    private static final long NEVER = Long.MIN_VALUE;

    private final ElectionContext context;
    private final ElectionOutput output;
    private final RegisterAcceptor acceptor;
    private final RegisterProposer proposer;
    private final Peers peers;
    private final ProposalTurn turn;
    private final IntHashSet participants = new IntHashSet();
    private final RegisterSender sender;
    private final Suspicion suspicion;
    private final InSyncKeeper inSync;
    private final OwnCopy copy;
    private final BallotVoter voter;
    private final RoleView view;
    private final HandOver handOver;
    private long activeIncarnation;
    private boolean isTakenForSilence;
    /** What this server has may lack something that was acknowledged, should it become active now. */
    private boolean isUnclean;

    private long takeoverRetryNs = NEVER;
    private final RoleEnd end;
    private final LookTimer look = new LookTimer();
    private long heardCounter;
    private long refusedMessages;

    RegisterElection(
            ElectionContext context, ElectionOutput output, RegisterAcceptor acceptor, RegisterProposer proposer) {
        this.context = context;
        this.output = output;
        this.acceptor = acceptor;
        this.proposer = proposer;
        this.peers = new Peers(context);
        this.turn = new ProposalTurn(Math.min(MAX_STALL_NS, context.electionTimeNs() / 4));
        this.sender = new RegisterSender(context, output, acceptor);
        this.suspicion = new Suspicion(context.electionTimeNs(), new Witnesses(output), sender);
        this.inSync = inSyncKeeper(acceptor, sender, output, peers, suspicion);
        this.copy = ownCopy(context, acceptor);
        this.voter = ballotVoter(acceptor, sender, peers);
        acceptor.start(context.incarnation());
        this.view = new RoleView(context, output, acceptor, peers);
        this.handOver = new HandOver(context, acceptor, peers, suspicion);
        this.end = new RoleEnd(acceptor, sender, peers, view, handOver.partnerOr(inSync::partnerId), () -> null, () -> {
            proposer.abandon();
            inSync.end();
        });
    }

    /** Makes the part that an active needs; the tests make one with a fault. */
    InSyncKeeper inSyncKeeper(
            RegisterAcceptor ownAcceptor,
            RegisterSender ownSender,
            ElectionOutput ownOutput,
            Peers otherServers,
            Suspicion ownSuspicion) {
        return new InSyncKeeper(ownAcceptor, ownSender, ownOutput, otherServers, ownSuspicion, this::nextBallot);
    }

    /** Makes the part that judges the own copy; the tests make one with a fault. */
    OwnCopy ownCopy(ElectionContext ownContext, RegisterAcceptor ownAcceptor) {
        return new OwnCopy(ownContext, ownAcceptor);
    }

    /** Makes the part that answers the ballots of others; the tests make one with a fault. */
    BallotVoter ballotVoter(RegisterAcceptor ownAcceptor, RegisterSender ownSender, Peers otherServers) {
        return new BallotVoter(ownAcceptor, ownSender, otherServers);
    }

    @Override
    public ElectionView view() {
        return view.now();
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
            if (evidence.valueNs() >= Suspicion.LONG_STALL_NS) {
                // What was answered before the stall may have been overtaken by another election.
                proposer.abandon();
            }
            return;
        }
        look.soonFor(evidence);
        if (Epoch.isAbsurd(Epoch.counter(evidence.epoch()), acceptor.nextCounter())) {
            refusedMessages++;
            return;
        }
        if (evidence.isOfWitnesses()) {
            suspicion.onWitness(evidence, nowNs);
            evaluate(nowNs);
            return;
        }
        Peer peer = peers.at(evidence.memberId());
        if (peer != null) {
            peer.onEvidence(evidence, nowNs);
            evaluate(nowNs);
        }
    }

    @Override
    public boolean requestAddPeer(int memberId, long incarnation, long nowNs) {
        return end.ifActive(() -> inSync.requestAdd(peers.at(memberId), incarnation, nowNs));
    }

    @Override
    public boolean requestDropPeer(int memberId, String reason, long nowNs) {
        return end.ifActive(() -> inSync.requestDrop(memberId, reason, nowNs));
    }

    @Override
    public boolean requestHandOver(long nowNs) {
        return end.ifActive(() -> {
            Peer standby = inSync.readyStandby();
            if (standby != null) {
                long incarnation = inSync.partnerIncarnation();
                inSync.end();
                handOver.begin(standby, incarnation, view, epoch(nextBallot()));
            }
            return standby != null;
        });
    }

    @Override
    public void onMessage(int senderId, DirectBuffer message, int offset, int length, long nowNs) {
        if (end.isOver()) {
            return;
        }
        peers.start(nowNs);
        RegisterMessage decoded = RegisterMessageCodec.decode(message, offset, length);
        Peer peer = peers.at(senderId);
        if (decoded == null || peer == null || decoded.isAbsurd(acceptor.nextCounter())) {
            refusedMessages++;
            return;
        }
        if (!peer.isProcess(decoded.incarnation())) {
            refusedMessages++;
            return;
        }
        peer.onSignOfLife(nowNs);
        try {
            onMessage(peer, decoded, nowNs);
        } catch (ElectionException e) {
            throw end.failed(e);
        }
        evaluate(nowNs);
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
        return !end.ifActive(() -> !inSync.prepareStop(isStandbyWhole, nowNs));
    }

    @Override
    public void onStop(long nowNs) {
        end.stop();
    }

    @Override
    public String forceActive(String by, long nowNs) {
        Peer active = peers.highestActive();
        String refusal = end.isOver() ? "this server is stopping or has failed" : copy.refusalOfForce(active);
        if (!refusal.isEmpty() || view.role() == ServerRole.ACTIVE_COORDINATOR) {
            return refusal;
        }
        try {
            proposer.abandon();
            isUnclean = copy.isUnclean(peers, view.role());
            promoteAlone("forced by " + by + "; sessions that are not here are lost");
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
        if (active != null) {
            follow(active);
        } else if (view.role() == ServerRole.PASSIVE_STANDBY) {
            takeOver(nowNs);
        } else {
            settle(nowNs);
        }
    }

    /** Stays beside another server that is active: a server that was restarted never becomes an empty active then. */
    private void follow(Peer active) {
        suspicion.onHeard();
        proposer.abandon();
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
        view.become(
                ServerRole.PASSIVE_UNINITIALIZED,
                active.memberId(),
                active.name() + " is active; its sessions are not all here yet");
    }

    /** The active of this standby is not heard, or no longer active. */
    private void takeOver(long nowNs) {
        isUnclean = false;
        RegisterValue value = acceptor.acceptedValue();
        Peer active = peers.at(view.activeId());
        if (value == null || active == null || !copy.isInSync(value) || suspicion.hasGoneOnAlone()) {
            leaveStandby("dropped");
            return;
        }
        if (suspicion.judge(active, activeIncarnation, true, nowNs) != Suspicion.Verdict.GONE) {
            proposer.abandon();
            view.become(
                    ServerRole.PASSIVE_STANDBY,
                    active.memberId(),
                    active.name() + " is missed: " + active.contact().inWords() + suspicion.hindrance(active, nowNs));
            return;
        }
        isTakenForSilence = suspicion.isMereSilence(active, activeIncarnation);
        peers.gatherAnswering(participants);
        if (proposer.isAsking(participants)) {
            if (sender.isQuiet(RESEND_NS, nowNs)) {
                sender.ask(proposer, peers, nowNs);
            }
        } else if (takeoverRetryNs == NEVER || nowNs >= takeoverRetryNs) {
            propose(nowNs);
        }
    }

    private void leaveStandby(String reason) {
        proposer.abandon();
        copy.forfeit();
        view.become(ServerRole.PASSIVE_UNINITIALIZED, view.activeId(), reason);
    }

    /** No server is active: finds out which may take part, and whose turn it is to propose. */
    private void settle(long nowNs) {
        isUnclean = copy.isUnclean(peers, view.role());
        if (handOver.hasFailed(participants, nowNs)) {
            isUnclean = false;
            propose(nowNs);
            return;
        }
        Peer standby = peers.standby();
        if (standby != null) {
            proposer.abandon();
            turn.suspend();
            view.waiting("waiting for " + standby.name() + ", which is standby, to take over");
            return;
        }
        boolean mayBePromoted = copy.mayBePromoted(peers, view.role(), nowNs);
        // Also while only time is missing: slow Tomcats have answered by then.
        Peer heardElsewhere = mayBePromoted || copy.isUncleanAllowed() ? heardElsewhere(nowNs) : null;
        if (!mayBePromoted) {
            proposer.abandon();
            turn.suspend();
            view.waiting(copy.awaited(peers, view));
            return;
        }
        Peer awaited = peers.gatherRunning(participants, copy.refusalCountsAfterNs(peers, view.role()), nowNs);
        if (awaited != null) {
            proposer.abandon();
            turn.suspend();
            view.waitingFor(awaited);
            return;
        }
        if (heardElsewhere != null) {
            proposer.abandon();
            turn.suspend();
            view.waiting(suspicion.awaitedByTomcats(heardElsewhere));
            return;
        }
        turn.begin(nowNs);
        if (proposer.isAsking(participants)) {
            if (sender.isQuiet(RESEND_NS, nowNs)) {
                sender.ask(proposer, peers, nowNs);
            }
            return;
        }
        proposer.abandon();
        if (participants.size() > 1 && !turn.isDue(peers.rank(participants), nowNs)) {
            view.waiting("waiting for " + peers.name(peers.first(participants)) + " to propose");
        } else if (suspicion.mayAct()) {
            propose(nowNs);
        }
    }

    /** A server to be waited for that Tomcats hear and this one does not, or null. Asks them. Own epochs will be higher than its. */
    private @Nullable Peer heardElsewhere(long nowNs) {
        Peer unheard = peers.unheard(view.activeId());
        if (unheard == null) {
            return null;
        }
        boolean isFirst = context.selfId() < unheard.memberId();
        if (!suspicion.isAwaitedByTomcats(unheard, isFirst, copy.isSoleHolder(peers, view.role()), nowNs)) {
            return null;
        }
        acceptor.note(suspicion.witnessedEpoch());
        return unheard;
    }

    private void guardRole(long nowNs) {
        Peer other = peers.highestActive();
        if (other != null && isOutranked(other)) {
            suspicion.onFlip(nowNs);
            fence(other.epoch(), other.memberId(), other.name() + " is active in a newer epoch");
            return;
        }
        Peer higher = peers.withHigherEpoch(view.epoch());
        if (higher != null) {
            onHigherEpoch(higher);
            return;
        }
        if (sender.isQuiet(ANNOUNCE_NS, nowNs)) {
            sender.announce(peers, view.epoch(), nowNs);
        }
        inSync.doWork(nowNs);
    }

    /** Whether another active goes before this one, so that of two exactly one stays. */
    boolean isOutranked(Peer other) {
        if (other.epoch() != view.epoch()) {
            return other.epoch() > view.epoch();
        }
        return other.memberId() < context.selfId();
    }

    /** A joiner's saved epoch is not a newer active's: the own epoch is raised above it instead of giving up the sessions. */
    private void onHigherEpoch(Peer peer) {
        if (peers.all().length > 1 && peer.role() != ServerRole.START) {
            // It may follow a third server that can't be seen from here.
            fence(peer.epoch(), ElectionView.NO_ACTIVE, peer.name() + " knows of a newer epoch");
            return;
        }
        acceptor.note(peer.epoch());
        promoteAlone("epoch raised above the one " + peer.name() + " came with");
    }

    /** Becomes active by its own decision; the others learn of it. */
    private void promoteAlone(String reason) {
        Ballot ballot = nextBallot();
        RegisterValue next = copy.servedAlone(epoch(ballot));
        if (acceptor.prepareAndAccept(ballot, next)) {
            activate(next, reason);
        }
    }

    private void fence(long epoch, int activeId, String reason) {
        view.lastActive(activeId);
        inSync.end();
        // Nothing is acknowledged from here on. That must not wait for the disk, and needs nothing on it.
        view.set(new ElectionView(ServerRole.FENCED, Math.max(epoch, view.epoch()), activeId, reason));
        acceptor.note(epoch);
    }

    /** Makes a ballot above everything promised and heard of. */
    Ballot nextBallot() {
        long counter = Math.max(acceptor.nextCounter(), heardCounter + 1);
        if (counter > Epoch.MAX_COUNTER) {
            throw new ElectionException("no ballots are left: counter=" + counter);
        }
        return new Ballot(counter, acceptor.identity());
    }

    /** The epoch a ballot makes; no other ballot makes the same. */
    long epoch(Ballot ballot) {
        return Epoch.of(ballot.counter(), context.selfId(), acceptor.identity());
    }

    private void propose(long nowNs) {
        Ballot ballot = nextBallot();
        // Of a promise nobody else is told before the value is accepted, one write is enough for both (ADR 0265).
        boolean isAlone = participants.size() == 1;
        if (isAlone ? !acceptor.mayPrepare(ballot) : !acceptor.prepare(ballot)) {
            return;
        }
        proposer.begin(ballot, participants);
        proposer.onPromise(context.selfId(), sender.withAccepted(RegisterMessage.Type.PROMISE, ballot));
        if (proposer.phase() == RegisterProposer.Phase.PREPARING) {
            if (view.role() != ServerRole.PASSIVE_STANDBY) {
                view.waiting("asking the other servers");
            }
            sender.ask(proposer, peers, nowNs);
        }
        advance(nowNs);
    }

    private void advance(long nowNs) {
        if (proposer.phase() != RegisterProposer.Phase.IDLE && acceptor.highestEpoch() > epoch(proposer.ballot())) {
            // Heard of since: a third server may have gone on alone. Asked again above it.
            proposer.abandon();
        }
        if (proposer.phase() == RegisterProposer.Phase.PREPARED) {
            RegisterValue highest = proposer.highestAccepted();
            if (view.role() == ServerRole.PASSIVE_STANDBY && (highest == null || !copy.isInSync(highest))) {
                leaveStandby("dropped while it could not be told");
                return;
            }
            if (copy.mustYield(proposer, peers, participants, view.role())) {
                proposer.abandon();
                turn.onYielded(nowNs);
                return;
            }
            RegisterValue next = copy.servedAlone(
                    epoch(proposer.ballot()), proposer.nextVoters(), highest == null ? 0 : highest.mapEpoch());
            proposer.propose(next);
            if (!acceptor.accept(proposer.ballot(), next)) {
                proposer.abandon();
                return;
            }
            proposer.onAccepted(context.selfId(), proposer.ballot());
            if (proposer.phase() == RegisterProposer.Phase.ACCEPTING) {
                sender.ask(proposer, peers, nowNs);
            }
        }
        RegisterValue chosen = proposer.value();
        if (proposer.phase() == RegisterProposer.Phase.CHOSEN && chosen != null) {
            String reason = handOver.reasonOr(view.reasonOfPromotion(participants, isTakenForSilence));
            if (view.role() == ServerRole.PASSIVE_STANDBY && isTakenForSilence) {
                suspicion.onFlip(nowNs);
            }
            proposer.abandon();
            activate(chosen, reason);
        }
    }

    private void activate(RegisterValue value, String reason) {
        turn.end();
        handOver.end();
        view.lastActive(ElectionView.NO_ACTIVE);
        view.activate(value.epoch(), reason, isUnclean);
        inSync.begin();
        sender.announceToAll(peers);
    }

    private void onMessage(Peer from, RegisterMessage message, long nowNs) {
        switch (message.type()) {
            case PREPARE, ACCEPT -> {
                if (voter.onBallot(from, message, view.role())) {
                    yieldTo(nowNs);
                }
            }
            case PROMISE -> {
                proposer.onPromise(from.memberId(), message);
                advance(nowNs);
            }
            case ACCEPTED -> {
                proposer.onAccepted(from.memberId(), message.ballot());
                inSync.onAccepted(from, message.ballot());
                advance(nowNs);
            }
            case REFUSE -> {
                onRefuse(message, nowNs);
                inSync.onRefused(from, message.ballot(), nowNs);
            }
            case ACTIVE -> voter.onActive(from, message, view.role());
            case LEAVING -> voter.onLeaving(from, message, view.activeId(), nowNs);
            case PROBE -> sender.sendBare(from.memberId(), RegisterMessage.Type.ALIVE);
            case ALIVE -> inSync.onAlive(from, message.sender(), nowNs);
        }
    }

    /** Gives up an own attempt, which a higher ballot has overtaken, and gives the other the time to finish. */
    void yieldTo(long nowNs) {
        turn.onPromised(proposer.phase() != RegisterProposer.Phase.IDLE, nowNs);
        proposer.abandon();
    }

    private void onRefuse(RegisterMessage message, long nowNs) {
        heardCounter = Math.max(heardCounter, message.other().counter());
        if (message.ballot().equals(proposer.ballot()) && proposer.phase() != RegisterProposer.Phase.IDLE) {
            proposer.abandon();
            turn.onRefused(peers.rank(participants), nowNs);
            takeoverRetryNs = nowNs + RESEND_NS;
        }
    }

    /** Everything this election knows, in one line; two elections with equal lines behave alike. */
    @Override
    public String toString() {
        return view + " " + sender + " heardCounter=" + heardCounter + " " + turn + " " + acceptor + " " + proposer
                + " " + peers + (inSync.partnerId() == ElectionView.NO_ACTIVE ? "" : " " + inSync);
    }
}
