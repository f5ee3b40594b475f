package org.stoneware.election;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.collections.IntHashSet;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.spi.election.Election;
import org.stoneware.spi.election.ElectionContext;
import org.stoneware.spi.election.ElectionException;
import org.stoneware.spi.election.ElectionOutput;
import org.stoneware.spi.election.ElectionView;
import org.stoneware.spi.election.Evidence;

/**
 * The policy {@code networked-active-passive} in availability mode: who becomes active when, by what is known of the other servers.
 *
 * <pre>
 *  from                   to                     when
 *  START                  PASSIVE_UNINITIALIZED  another server is active
 *  START                  ACTIVE_COORDINATOR     every other server was asked and a quorum accepted, or does not run
 *  PASSIVE_UNINITIALIZED  ACTIVE_COORDINATOR     the same, once no server is active; never with a persistent store
 *  ACTIVE_COORDINATOR     ACTIVE_COORDINATOR     a server that is not active knew a higher epoch: the own one is raised above it
 *  ACTIVE_COORDINATOR     FENCED                 another server is active in a higher epoch, or the register can't be written
 *  FENCED                 PASSIVE_UNINITIALIZED  at the next {@link #doWork}, unless the register can't be written
 *  any                    STOPPED                {@link #onStop}
 * </pre>
 *
 * Messages settle what servers that can talk do; evidence says which servers are asked. See docs/adr/0041. Not final: the tests plant
 * faults in a subclass.
 */
class RegisterElection implements Election {
    /** A question not answered is asked again after this time. */
    static final long RESEND_NS = TimeUnit.MILLISECONDS.toNanos(50);

    /** A server waits this long for one whose turn it is, before it proposes itself. */
    static final long MAX_STALL_NS = TimeUnit.MILLISECONDS.toNanos(500);

    /** An active tells a server that seems not to know about it at this interval. */
    static final long ANNOUNCE_NS = TimeUnit.MILLISECONDS.toNanos(200);

    /** Nothing that needs time is looked at more often. */
    private static final long LOOK_NS = TimeUnit.MILLISECONDS.toNanos(1);

    private static final long NEVER = Long.MIN_VALUE;

    private final ElectionContext context;
    private final ElectionOutput output;
    private final RegisterAcceptor acceptor;
    private final RegisterProposer proposer;
    private final Peers peers;
    private final ProposalTurn turn;
    private final IntHashSet participants = new IntHashSet();
    private final ExpandableArrayBuffer buffer = new ExpandableArrayBuffer(RegisterMessageCodec.MAX_LENGTH);
    private ElectionView view;
    private boolean isFailed;
    private int lastActiveId = ElectionView.NO_ACTIVE;
    private long lastLookNs = NEVER;
    private long lastSentNs = NEVER;
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
        acceptor.start(context.incarnation());
        this.view = new ElectionView(
                ServerRole.START, acceptor.highestEpoch(), ElectionView.NO_ACTIVE, "looking for the other servers");
    }

    @Override
    public ElectionView view() {
        return view;
    }

    @Override
    public long refusedMessages() {
        return refusedMessages;
    }

    @Override
    public void onEvidence(Evidence evidence, long nowNs) {
        if (isOver()) {
            return;
        }
        peers.start(nowNs);
        if (evidence.kind() == Evidence.Kind.LOCAL_STALL) {
            peers.onLocalStall(evidence.valueNs(), nowNs);
            turn.onLocalStall(evidence.valueNs(), nowNs);
            return;
        }
        Peer peer = peers.at(evidence.memberId());
        if (peer != null) {
            peer.onEvidence(evidence, nowNs);
            evaluate(nowNs);
        }
    }

    @Override
    public void onMessage(int senderId, DirectBuffer message, int offset, int length, long nowNs) {
        if (isOver()) {
            return;
        }
        peers.start(nowNs);
        RegisterMessage decoded = RegisterMessageCodec.decode(message, offset, length);
        Peer peer = peers.at(senderId);
        if (decoded == null || peer == null) {
            refusedMessages++;
            return;
        }
        if (!peer.isProcess(decoded.incarnation())) {
            refusedMessages++;
            return;
        }
        try {
            onMessage(peer, decoded, nowNs);
        } catch (ElectionException e) {
            throw failed(e);
        }
        evaluate(nowNs);
    }

    @Override
    public int doWork(long nowNs) {
        if (isOver()) {
            return 0;
        }
        peers.start(nowNs);
        boolean isFenced = view.role() == ServerRole.FENCED;
        if (!isFenced && lastLookNs != NEVER && nowNs - lastLookNs < LOOK_NS) {
            return 0;
        }
        lastLookNs = nowNs;
        ElectionView before = view;
        if (isFenced) {
            view(ServerRole.PASSIVE_UNINITIALIZED, view.activeId(), view.reason());
        }
        evaluate(nowNs);
        return view.equals(before) ? 0 : 1;
    }

    @Override
    public void onStop(long nowNs) {
        if (view.role() == ServerRole.STOPPED) {
            return;
        }
        proposer.abandon();
        // Giving up the role needs no force; it must not wait for one either.
        view(ServerRole.STOPPED, ElectionView.NO_ACTIVE, "stopped");
        if (!isFailed) {
            try {
                acceptor.stop();
            } catch (ElectionException e) {
                throw failed(e);
            }
        }
    }

    @Override
    public void close() {
        acceptor.close();
    }

    private boolean isOver() {
        return isFailed || view.role() == ServerRole.STOPPED;
    }

    private ElectionException failed(ElectionException cause) {
        isFailed = true;
        proposer.abandon();
        if (view.role() != ServerRole.STOPPED) {
            view(ServerRole.FENCED, ElectionView.NO_ACTIVE, "the register can't be written");
        }
        return cause;
    }

    // What the evidence means.

    private void evaluate(long nowNs) {
        try {
            switch (view.role()) {
                case START, PASSIVE_UNINITIALIZED -> seekActive(nowNs);
                case ACTIVE_COORDINATOR -> guardRole(nowNs);
                // FENCED is left by doWork, so that everyone hears of it; nobody is PASSIVE_STANDBY in this version.
                case PASSIVE_STANDBY, FENCED, STOPPED -> {}
            }
        } catch (ElectionException e) {
            throw failed(e);
        }
    }

    private void seekActive(long nowNs) {
        for (Peer peer : peers.all()) {
            if (peer.isTalking()) {
                acceptor.note(peer.epoch());
            }
        }
        Peer active = peers.highestActive();
        if (active != null) {
            follow(active);
        } else {
            settle(nowNs);
        }
    }

    /** Stays beside another server that is active: a server that was restarted never becomes an empty active then. */
    private void follow(Peer active) {
        proposer.abandon();
        turn.end();
        lastActiveId = active.memberId();
        view(
                ServerRole.PASSIVE_UNINITIALIZED,
                active.memberId(),
                active.name() + " is active; standby not available in this version");
    }

    /** No server is active: finds out which may take part, and whose turn it is to propose. */
    private void settle(long nowNs) {
        if (view.role() == ServerRole.PASSIVE_UNINITIALIZED && context.isStorePersistent() || !canHoldEverything()) {
            proposer.abandon();
            turn.suspend();
            waiting("waiting for " + nameOfLastActive() + ", which may hold newer sessions");
            return;
        }
        Peer awaited = peers.gatherRunning(participants, view.role() == ServerRole.START, nowNs);
        if (awaited != null) {
            proposer.abandon();
            turn.suspend();
            waiting("waiting up to " + TimeUnit.NANOSECONDS.toSeconds(context.electionTimeNs()) + " s for "
                    + awaited.name() + ": " + awaited.contact().inWords());
            return;
        }
        turn.begin(nowNs);
        if (proposer.isAsking(participants)) {
            if (nowNs - lastSentNs >= RESEND_NS) {
                ask(nowNs);
            }
            return;
        }
        proposer.abandon();
        if (participants.size() == 1 || turn.isDue(peers.rank(participants), nowNs)) {
            propose(nowNs);
        } else {
            waiting("waiting for " + peers.name(peers.first(participants)) + " to propose");
        }
    }

    private void guardRole(long nowNs) {
        Peer other = peers.highestActive();
        if (other != null && isOutranked(other)) {
            fence(other.epoch(), other.memberId(), other.name() + " is active in a newer epoch");
            return;
        }
        Peer higher = peers.withHigherEpoch(view.epoch());
        if (higher != null) {
            onHigherEpoch(higher);
            return;
        }
        if (lastSentNs == NEVER || nowNs - lastSentNs >= ANNOUNCE_NS) {
            lastSentNs = nowNs;
            for (Peer peer : peers.all()) {
                if (peer.isTalking() && (peer.isActive() || peer.epoch() < view.epoch())) {
                    announce(peer.memberId());
                }
            }
        }
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
        RegisterValue present = acceptor.acceptedValue();
        Ballot ballot = nextBallot();
        RegisterValue raised =
                value(ballot, present == null ? List.of() : present.voters(), present == null ? 0 : present.mapEpoch());
        if (acceptor.prepare(ballot) && acceptor.accept(ballot, raised)) {
            activate(raised, "epoch raised above the one " + peer.name() + " came with");
        }
    }

    private void fence(long epoch, int activeId, String reason) {
        lastActiveId = activeId;
        // Nothing is acknowledged from here on. That must not wait for the disk, and needs nothing on it.
        setView(new ElectionView(ServerRole.FENCED, Math.max(epoch, view.epoch()), activeId, reason));
        acceptor.note(epoch);
    }

    /** Whether the own store can hold every acknowledged session, as far as this server knows. */
    private boolean canHoldEverything() {
        if (!context.isStorePersistent()) {
            return true;
        }
        RegisterValue value = acceptor.acceptedValue();
        if (value == null) {
            return acceptor.highestEpoch() == Epoch.NONE;
        }
        return value.epoch() >= acceptor.highestEpoch() && value.isInSync(acceptor.identity());
    }

    // The two phases.

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
        if (!acceptor.prepare(ballot)) {
            return;
        }
        proposer.begin(ballot, participants);
        proposer.onPromise(
                context.selfId(),
                message(RegisterMessage.Type.PROMISE, ballot, acceptor.acceptedBallot(), acceptor.acceptedValue()));
        if (proposer.phase() == RegisterProposer.Phase.PREPARING) {
            waiting("asking the other servers");
            ask(nowNs);
        }
        advance(nowNs);
    }

    private void advance(long nowNs) {
        if (proposer.phase() == RegisterProposer.Phase.PREPARED) {
            RegisterValue highest = proposer.highestAccepted();
            if (context.isStorePersistent() && highest != null && !highest.isInSync(acceptor.identity())) {
                // Only one that held everything may be next; it has its turn after the stall time.
                proposer.abandon();
                acceptor.note(highest.epoch());
                return;
            }
            RegisterValue next =
                    value(proposer.ballot(), proposer.nextVoters(), highest == null ? 0 : highest.mapEpoch());
            proposer.propose(next);
            if (!acceptor.accept(proposer.ballot(), next)) {
                proposer.abandon();
                return;
            }
            proposer.onAccepted(context.selfId(), proposer.ballot());
            if (proposer.phase() == RegisterProposer.Phase.ACCEPTING) {
                ask(nowNs);
            }
        }
        RegisterValue chosen = proposer.value();
        if (proposer.phase() == RegisterProposer.Phase.CHOSEN && chosen != null) {
            String reason = reasonOfPromotion();
            proposer.abandon();
            activate(chosen, reason);
        }
    }

    private RegisterValue value(Ballot ballot, List<RegisterValue.Voter> voters, long mapEpoch) {
        VoterId self = acceptor.identity();
        List<RegisterValue.Voter> known = new ArrayList<>(voters);
        known.removeIf(voter -> voter.identity().equals(VoterId.NONE));
        return new RegisterValue(
                epoch(ballot),
                context.selfId(),
                List.of(new RegisterValue.InSync(context.selfId(), self, context.incarnation())),
                known,
                mapEpoch);
    }

    private void activate(RegisterValue value, String reason) {
        turn.end();
        lastActiveId = ElectionView.NO_ACTIVE;
        setView(new ElectionView(ServerRole.ACTIVE_COORDINATOR, value.epoch(), context.selfId(), reason));
        for (Peer peer : peers.all()) {
            if (peer.isTalking()) {
                announce(peer.memberId());
            }
        }
    }

    private String reasonOfPromotion() {
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

    private void ask(long nowNs) {
        lastSentNs = nowNs;
        RegisterMessage question = proposer.phase() == RegisterProposer.Phase.ACCEPTING
                ? message(RegisterMessage.Type.ACCEPT, proposer.ballot(), Ballot.NONE, proposer.value())
                : message(RegisterMessage.Type.PREPARE, proposer.ballot(), Ballot.NONE, null);
        for (Peer peer : peers.all()) {
            if (proposer.isAwaited(peer.memberId())) {
                send(peer.memberId(), question);
            }
        }
    }

    private void onMessage(Peer sender, RegisterMessage message, long nowNs) {
        switch (message.type()) {
            case PREPARE -> onPrepare(sender, message, nowNs);
            case ACCEPT -> onAccept(sender, message, nowNs);
            case PROMISE -> {
                proposer.onPromise(sender.memberId(), message);
                advance(nowNs);
            }
            case ACCEPTED -> {
                proposer.onAccepted(sender.memberId(), message.ballot());
                advance(nowNs);
            }
            case REFUSE -> onRefuse(message, nowNs);
            case ACTIVE -> onActive(sender, message);
        }
    }

    private void onPrepare(Peer sender, RegisterMessage message, long nowNs) {
        if (isRefused(sender, message)) {
            return;
        }
        boolean isRepeated = message.ballot().equals(acceptor.promised());
        if (acceptor.prepare(message.ballot())) {
            if (!isRepeated) {
                yieldTo(nowNs);
            }
            send(
                    sender.memberId(),
                    message(
                            RegisterMessage.Type.PROMISE,
                            message.ballot(),
                            acceptor.acceptedBallot(),
                            acceptor.acceptedValue()));
        } else {
            send(sender.memberId(), refusal(message.ballot()));
        }
    }

    private void onAccept(Peer sender, RegisterMessage message, long nowNs) {
        RegisterValue value = message.value();
        if (value == null || isRefused(sender, message)) {
            return;
        }
        boolean isRepeated = message.ballot().equals(acceptor.acceptedBallot());
        if (acceptor.accept(message.ballot(), value)) {
            if (!isRepeated) {
                yieldTo(nowNs);
            }
            send(sender.memberId(), message(RegisterMessage.Type.ACCEPTED, message.ballot(), Ballot.NONE, null));
        } else {
            send(sender.memberId(), refusal(message.ballot()));
        }
    }

    /** An active, and a server beside an active it can talk to, take part in no election. */
    boolean isRefused(Peer sender, RegisterMessage message) {
        if (view.role() == ServerRole.ACTIVE_COORDINATOR) {
            announce(sender.memberId());
            return true;
        }
        Peer active = peers.highestActive();
        if (active != null && active != sender) {
            send(sender.memberId(), refusal(message.ballot()));
            return true;
        }
        return false;
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
        }
    }

    private void onActive(Peer sender, RegisterMessage message) {
        RegisterValue value = message.value();
        if (value == null || value.activeId() != sender.memberId() || !sender.isTalking()) {
            return;
        }
        sender.onAnnouncedActive(value.epoch());
        if (view.role() != ServerRole.ACTIVE_COORDINATOR && peers.highestActive() == sender) {
            acceptor.accept(message.ballot(), value);
        }
    }

    private void announce(int memberId) {
        RegisterValue value = acceptor.acceptedValue();
        if (value != null) {
            send(memberId, message(RegisterMessage.Type.ACTIVE, acceptor.acceptedBallot(), Ballot.NONE, value));
        }
    }

    private RegisterMessage message(
            RegisterMessage.Type type, Ballot ballot, Ballot other, @Nullable RegisterValue value) {
        return new RegisterMessage(type, acceptor.identity(), context.incarnation(), ballot, other, value);
    }

    private RegisterMessage refusal(Ballot ballot) {
        Ballot tooLow = new Ballot(acceptor.nextCounter() - 1, acceptor.identity());
        return message(RegisterMessage.Type.REFUSE, ballot, tooLow, null);
    }

    private void send(int memberId, RegisterMessage message) {
        output.send(memberId, buffer, 0, RegisterMessageCodec.encode(message, buffer, 0));
    }

    // The view.

    private void waiting(String reason) {
        // A last active that can't be heard may still serve clients; one that has ended or begun anew does not.
        Peer lastActive = peers.at(lastActiveId);
        boolean mayServe = lastActive != null && lastActive.isOutOfSight();
        view(view.role(), mayServe ? lastActiveId : ElectionView.NO_ACTIVE, reason);
    }

    private void view(ServerRole role, int activeId, String reason) {
        setView(new ElectionView(role, Math.max(view.epoch(), acceptor.highestEpoch()), activeId, reason));
    }

    private void setView(ElectionView next) {
        if (!next.equals(view)) {
            ElectionView before = view;
            view = next;
            output.onView(before, next);
        }
    }

    private String nameOfLastActive() {
        int lastActive = lastActiveId;
        RegisterValue value = acceptor.acceptedValue();
        if (lastActive == ElectionView.NO_ACTIVE && value != null) {
            lastActive = value.activeId();
        }
        Peer peer = peers.at(lastActive);
        return peer == null ? "the last active server" : peer.name();
    }

    /** Everything this election knows, in one line; two elections with equal lines behave alike. */
    @Override
    public String toString() {
        return view + " lastActiveId=" + lastActiveId + " lastSentNs=" + lastSentNs + " heardCounter=" + heardCounter
                + " " + turn + " " + acceptor + " " + proposer + " " + peers;
    }
}
