package org.stoneware.election;

import java.util.List;
import java.util.Objects;
import org.agrona.DirectBuffer;
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
 * The policy {@code appointed}: an operator says who is active, and nothing else does.
 *
 * <pre>
 *  from                   to                     when
 *  START                  ACTIVE_COORDINATOR     it was appointed last, before its restart; or the array is new and it is first in the file;
 *                                                and no Tomcat hears another one serve
 *  START                  PASSIVE_UNINITIALIZED  another server is active
 *  PASSIVE_UNINITIALIZED  PASSIVE_STANDBY        the active has asked to accept it as in sync
 *  PASSIVE_STANDBY        PASSIVE_UNINITIALIZED  it was dropped, or another server or epoch is active
 *  any passive            ACTIVE_COORDINATOR     {@link #appoint}
 *  PASSIVE_STANDBY        ACTIVE_COORDINATOR     the active has handed over to it
 *  ACTIVE_COORDINATOR     PASSIVE_UNINITIALIZED  {@link #requestHandOver}; back, when the standby ends before it has accepted
 *  ACTIVE_COORDINATOR     FENCED                 another server is active in a higher epoch, or the register can't be written
 *  FENCED                 PASSIVE_UNINITIALIZED  at the next {@link #doWork}, unless the register can't be written
 *  any                    STOPPED                {@link #onStop}
 * </pre>
 *
 * An active goes on alone when its standby is gone: its appointment still holds. See docs/adr/0045. Not final: the tests make some with
 * a register in memory.
 */
class AppointedElection implements Election {
    private final ElectionContext context;
    private final RegisterAcceptor acceptor;
    private final Peers peers;
    private final RegisterSender sender;
    private final Suspicion suspicion;
    private final InSyncKeeper inSync;
    private final OwnCopy copy;
    private final BallotVoter voter;
    private final RoleView view;
    private final boolean wasAppointed;
    private final RoleEnd end;
    private final HandOver handOver;
    private int offeredTo = ElectionView.NO_ACTIVE;
    private boolean isTaken;
    private final LookTimer look = new LookTimer();
    private long refusedMessages;

    AppointedElection(ElectionContext context, ElectionOutput output, RegisterAcceptor acceptor) {
        this.context = context;
        this.acceptor = acceptor;
        this.peers = new Peers(context);
        this.sender = new RegisterSender(context, output, acceptor);
        this.suspicion = new Suspicion(context.electionTimeNs(), new Witnesses(output, Witnesses.LONG_WAIT_NS), sender);
        this.inSync = new InSyncKeeper(acceptor, sender, output, peers, suspicion, this::nextBallot);
        this.copy = new OwnCopy(context, acceptor);
        this.voter = new BallotVoter(acceptor, sender, peers);
        RegisterValue value = acceptor.acceptedValue();
        this.wasAppointed = value != null && value.activeId() == context.selfId();
        acceptor.start(context.incarnation());
        this.view = new RoleView(context, output, acceptor, peers);
        this.handOver = new HandOver(context, acceptor, peers, suspicion);
        this.end = new RoleEnd(
                acceptor, sender, peers, view, handOver.partnerOr(inSync::partnerId), () -> null, inSync::end);
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
            suspicion.onLocalStall(evidence.valueNs(), nowNs);
            return;
        }
        look.soonFor(evidence);
        if (Epoch.isAbsurd(Epoch.counter(evidence.epoch()), acceptor.nextCounter())) {
            refusedMessages++;
            return;
        }
        if (evidence.isOfWitnesses()) {
            suspicion.onWitness(evidence, nowNs);
        } else {
            Peer peer = peers.at(evidence.memberId());
            if (peer != null) {
                peer.onEvidence(evidence, nowNs);
            }
        }
        evaluate(nowNs);
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
        try {
            onMessage(peer, decoded, nowNs);
        } catch (ElectionException e) {
            throw end.failed(e);
        }
        evaluate(nowNs);
    }

    private void onMessage(Peer from, RegisterMessage message, long nowNs) {
        switch (message.type()) {
            case ACCEPT -> {
                if (!isOffer(from, message) || !acceptor.accept(message.ballot(), mustValue(message))) {
                    voter.onAccept(from, message, view.role());
                    return;
                }
                Ballot ballot = message.ballot();
                sender.send(from.memberId(), sender.message(RegisterMessage.Type.ACCEPTED, ballot, Ballot.NONE, null));
                activate(mustValue(message).epoch(), from.name() + " handed over on request");
            }
            case ACCEPTED -> {
                isTaken |= from.memberId() == offeredTo && message.ballot().equals(acceptor.acceptedBallot());
                inSync.onAccepted(from, message.ballot());
            }
            case REFUSE -> inSync.onRefused(from, message.ballot(), nowNs);
            case ACTIVE -> voter.onActive(from, message, view.role());
            case LEAVING -> voter.onLeaving(from, message, view.activeId(), nowNs);
            case PROBE -> sender.sendBare(from.memberId(), RegisterMessage.Type.ALIVE);
            case ALIVE -> inSync.onAlive(from, message.sender(), nowNs);
            // Nobody asks for promises here.
            case PREPARE, PROMISE -> refusedMessages++;
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
            RegisterValue present = acceptor.acceptedValue();
            return standby != null && present != null && present.inSync().size() > 1 && offer(standby, present, nowNs);
        });
    }

    /** Appoints the standby. That is on the disk here before the role is given up: after a restart this server does not resume. */
    private boolean offer(Peer standby, RegisterValue present, long nowNs) {
        long incarnation = inSync.partnerIncarnation();
        RegisterValue.InSync next = present.inSync().get(1);
        Ballot ballot = nextBallot();
        long epoch = Epoch.of(ballot.counter(), context.selfId(), acceptor.identity());
        RegisterValue value = new RegisterValue(
                epoch,
                standby.memberId(),
                List.of(next),
                List.of(new RegisterValue.Voter(standby.memberId(), next.identity())),
                present.mapEpoch());
        if (!acceptor.prepareAndAccept(ballot, value)) {
            return false;
        }
        inSync.end();
        isTaken = false;
        offeredTo = standby.memberId();
        handOver.begin(standby, incarnation, view, epoch);
        sendOffer(nowNs);
        return true;
    }

    private void sendOffer(long nowNs) {
        sender.onAsked(nowNs);
        Ballot ballot = acceptor.acceptedBallot();
        RegisterValue value = acceptor.acceptedValue();
        sender.send(offeredTo, sender.message(RegisterMessage.Type.ACCEPT, ballot, Ballot.NONE, value));
    }

    /** Whether the active of this standby appoints it in its own place. */
    private boolean isOffer(Peer from, RegisterMessage message) {
        RegisterValue value = message.value();
        RegisterValue present = acceptor.acceptedValue();
        return value != null
                && present != null
                && view.role() == ServerRole.PASSIVE_STANDBY
                && view.activeId() == from.memberId()
                && value.activeId() == context.selfId()
                && copy.isInSync(value)
                && copy.isInSync(present);
    }

    private static RegisterValue mustValue(RegisterMessage message) {
        return Objects.requireNonNull(message.value(), "value");
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
    public String appoint(boolean isForced, String by, long nowNs) {
        if (end.isOver()) {
            return "this server is stopping or has failed";
        }
        if (view.role() == ServerRole.ACTIVE_COORDINATOR) {
            return "";
        }
        RegisterValue value = acceptor.acceptedValue();
        boolean isComplete = view.role() == ServerRole.PASSIVE_STANDBY && value != null && copy.isInSync(value);
        boolean isNew = value == null && acceptor.highestEpoch() == Epoch.NONE;
        Peer active = peers.highestActive();
        if (!isForced && !isComplete && !isNew) {
            return "this server may lack sessions (" + view.role().stateName() + ": " + view.reason()
                    + "); force it to lose what it lacks";
        }
        if (!isForced && active != null) {
            return active.name()
                    + " is active; let it hand over (bin/hand-over), or force this one: entries on their way are"
                    + " lost then";
        }
        try {
            Peer heardElsewhere = isForced ? null : heardElsewhere(nowNs);
            if (heardElsewhere != null) {
                return suspicion.awaitedByTomcats(heardElsewhere)
                        + "; ask again, or force this one: two servers are active then";
            }
            promote((isForced && !isComplete ? "forced by " : "appointed by ") + by);
        } catch (ElectionException e) {
            throw end.failed(e);
        }
        return "";
    }

    @Override
    public String forceActive(String by, long nowNs) {
        return appoint(true, by, nowNs);
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
    public void close() {
        acceptor.close();
    }

    private void evaluate(long nowNs) {
        try {
            switch (view.role()) {
                case START, PASSIVE_UNINITIALIZED, PASSIVE_STANDBY -> seekActive(nowNs);
                case ACTIVE_COORDINATOR -> guardRole(nowNs);
                case FENCED, STOPPED -> {}
            }
        } catch (ElectionException e) {
            throw end.failed(e);
        }
    }

    private void seekActive(long nowNs) {
        peers.noteEpochs(acceptor);
        Peer active = peers.highestActive();
        RegisterValue value = acceptor.acceptedValue();
        if (active != null) {
            suspicion.onHeard();
            endOffer();
            view.lastActive(active.memberId());
            boolean isStandby = value != null && copy.isStandbyOf(active, value);
            if (!isStandby && view.role() == ServerRole.PASSIVE_STANDBY) {
                copy.forfeit();
            }
            view.become(
                    isStandby ? ServerRole.PASSIVE_STANDBY : ServerRole.PASSIVE_UNINITIALIZED,
                    active.memberId(),
                    active.name() + " is active" + (isStandby ? "; all its sessions are here" : ""));
        } else if (handOver.isOffered()) {
            awaitTaking(nowNs);
        } else if (view.role() == ServerRole.START) {
            resume(value, nowNs);
        } else {
            missActive(nowNs);
        }
    }

    /** Tomcats say whether the active, which is not heard here, goes on without this server: then it holds everything no more. */
    private void missActive(long nowNs) {
        Peer heardElsewhere = heardElsewhere(nowNs);
        boolean isStandby = view.role() == ServerRole.PASSIVE_STANDBY;
        Peer last = peers.at(view.activeId());
        if (isStandby && last != null && !last.isTalking() && hasGoneOnWithoutThis()) {
            copy.forfeit();
            view.become(
                    ServerRole.PASSIVE_UNINITIALIZED,
                    view.activeId(),
                    peers.name(view.activeId()) + " has gone on without this server, as Tomcats say");
        } else if (heardElsewhere != null) {
            view.missing(suspicion.awaitedByTomcats(heardElsewhere));
        } else {
            view.missing((last == null ? "no server is active" : last.name() + " is not active")
                    + (isStandby ? "; this server holds everything" : "") + "; waiting for an operator to appoint one");
        }
    }

    /** Whether Tomcats were told that the active acknowledges alone, or by a later process of it that it is active in a later epoch. */
    private boolean hasGoneOnWithoutThis() {
        RegisterValue value = acceptor.acceptedValue();
        return suspicion.hasGoneOnAlone() || value != null && suspicion.witnessedEpoch() > value.epoch();
    }

    /** A server that is not heard here and may be active beyond a link that has failed, or null. Asks Tomcats. Own epochs will be higher than its. */
    private @Nullable Peer heardElsewhere(long nowNs) {
        Peer unheard = peers.unheard(view.activeId());
        boolean mayServe = unheard != null && suspicion.isAwaitedByTomcats(unheard, true, false, nowNs);
        acceptor.note(suspicion.witnessedEpoch());
        return mayServe ? unheard : null;
    }

    /** The standby was appointed in this server's place and is not active yet. */
    private void awaitTaking(long nowNs) {
        String name = peers.name(offeredTo);
        if (!isTaken && handOver.hasStandbyEnded(nowNs)) {
            promote("took its role back: " + name + " ended before it took it over");
            return;
        }
        Peer standby = peers.at(offeredTo);
        if (!isTaken && standby != null && standby.isTalking()) {
            if (sender.isQuiet(RegisterElection.RESEND_NS, nowNs)) {
                sendOffer(nowNs);
            }
            view.waiting("waiting for " + name + ", which is standby, to take over");
        } else {
            view.waiting("handed over to " + name
                    + ", which is not heard; waiting for it, or for an operator to force this" + " server");
        }
    }

    private void endOffer() {
        handOver.end();
        offeredTo = ElectionView.NO_ACTIVE;
    }

    /**
     * What was decided before a restart holds, unless another server has been appointed since. Whether one serves beyond a link that has
     * failed Tomcats know, which get the time to dial when a connection is refused; only a new array does not wait for that.
     */
    private void resume(@Nullable RegisterValue value, long nowNs) {
        Peer holder = holder(value);
        if (holder != null) {
            view.waiting(holder.name() + " is standby and holds everything; waiting for an operator to appoint one");
            return;
        }
        // Also while only time is missing: slow Tomcats have answered by then.
        Peer heardElsewhere = heardElsewhere(nowNs);
        boolean isNewest = value != null && value.epoch() >= acceptor.highestEpoch() && !mayOtherLead(value);
        boolean isFirst = value == null && acceptor.highestEpoch() == Epoch.NONE && context.selfId() == 0;
        boolean isSuspect = copy.isComplete() && copy.awaitsOperator(value);
        boolean isEntitled =
                wasAppointed && isNewest && !isSuspect && (copy.isComplete() || !context.isStorePersistent());
        Peer awaited = awaited(isEntitled ? Witnesses.DIAL_NS : 0, nowNs);
        if (awaited != null) {
            view.waitingFor(awaited);
        } else if (heardElsewhere != null) {
            view.waiting(suspicion.awaitedByTomcats(heardElsewhere));
        } else if (wasAppointed && isNewest && isSuspect) {
            view.waiting(OwnCopy.AWAITS_OPERATOR);
        } else if (!isEntitled && !isFirst) {
            view.waiting("no server is active; waiting for an operator to appoint one");
        } else if (suspicion.mayAct()) {
            promote(
                    isEntitled
                            ? "appointed before its restart"
                            : "first in the configuration file, and nobody was ever appointed");
        }
    }

    /** A server that can be talked to and holds everything, which an operator may appoint; or null. */
    private @Nullable Peer holder(@Nullable RegisterValue value) {
        for (Peer peer : peers.all()) {
            if (isHolder(peer, value) || peer.isTalking() && peer.role() == ServerRole.PASSIVE_STANDBY) {
                return peer;
            }
        }
        return null;
    }

    /** A server that has not said yet what it is, or may still be heard; or null. */
    private @Nullable Peer awaited(long refusedNs, long nowNs) {
        for (Peer peer : peers.all()) {
            long lostNs = peer.lostForNs(nowNs);
            boolean isRefused = peer.contact() == Peer.Contact.REFUSED && lostNs >= refusedNs;
            boolean isAbsent = isRefused || lostNs >= context.electionTimeNs();
            if (peer.isTalking() ? !peer.isRoleTold() : !isAbsent) {
                return peer;
            }
        }
        return null;
    }

    /** Whether this very process was in sync when this server ended: whatever it says now, it holds everything. */
    private static boolean isHolder(Peer peer, @Nullable RegisterValue value) {
        if (value == null || !peer.isTalking()) {
            return false;
        }
        for (RegisterValue.InSync member : value.inSync()) {
            if (member.memberId() == peer.memberId() && peer.isProcess(member.incarnation())) {
                return true;
            }
        }
        return false;
    }

    /** Whether another server that held everything may have been appointed since: it can't be asked. */
    private boolean mayOtherLead(RegisterValue value) {
        for (RegisterValue.InSync member : value.inSync()) {
            Peer peer = peers.at(member.memberId());
            if (peer != null && !peer.isTalking()) {
                return true;
            }
        }
        return false;
    }

    private void guardRole(long nowNs) {
        Peer other = peers.highestActive();
        boolean isOutranked = other != null
                && (other.epoch() > view.epoch()
                        || other.epoch() == view.epoch() && other.memberId() < context.selfId());
        if (other != null && isOutranked) {
            suspicion.onFlip(nowNs);
            inSync.end();
            view.lastActive(other.memberId());
            view.set(new ElectionView(
                    ServerRole.FENCED, other.epoch(), other.memberId(), other.name() + " was appointed later"));
            acceptor.note(other.epoch());
            return;
        }
        Peer higher = peers.withHigherEpoch(view.epoch());
        if (higher != null) {
            acceptor.note(higher.epoch());
            promote("epoch raised above the one " + higher.name() + " came with");
            return;
        }
        if (sender.isQuiet(RegisterElection.ANNOUNCE_NS, nowNs)) {
            sender.announce(peers, view.epoch(), nowNs);
        }
        inSync.doWork(nowNs);
    }

    private Ballot nextBallot() {
        long counter = acceptor.nextCounter();
        if (counter > Epoch.MAX_COUNTER) {
            throw new ElectionException("no ballots are left: counter=" + counter);
        }
        return new Ballot(counter, acceptor.identity());
    }

    private void promote(String reason) {
        Ballot ballot = nextBallot();
        long epoch = Epoch.of(ballot.counter(), context.selfId(), acceptor.identity());
        RegisterValue value = new RegisterValue(
                epoch,
                context.selfId(),
                List.of(new RegisterValue.InSync(context.selfId(), acceptor.identity(), context.incarnation())),
                List.of(new RegisterValue.Voter(context.selfId(), acceptor.identity())),
                0);
        if (acceptor.prepareAndAccept(ballot, value)) {
            activate(epoch, reason);
        }
    }

    private void activate(long epoch, String reason) {
        endOffer();
        view.lastActive(ElectionView.NO_ACTIVE);
        view.set(new ElectionView(ServerRole.ACTIVE_COORDINATOR, epoch, context.selfId(), reason));
        inSync.begin();
        for (Peer peer : peers.all()) {
            if (peer.isTalking()) {
                sender.announce(peer.memberId());
            }
        }
    }

    @Override
    public String toString() {
        return view + " " + sender + " " + acceptor + " " + peers + " " + inSync;
    }
}
