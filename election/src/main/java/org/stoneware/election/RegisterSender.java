package org.stoneware.election;

import org.agrona.ExpandableArrayBuffer;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.spi.election.ElectionContext;
import org.stoneware.spi.election.ElectionOutput;
import org.stoneware.voting.Ballot;
import org.stoneware.voting.RegisterAcceptor;
import org.stoneware.voting.RegisterMessage;
import org.stoneware.voting.RegisterMessageCodec;
import org.stoneware.voting.RegisterValue;
import org.stoneware.voting.VoterId;

/** Says what this server's register has to say. */
final class RegisterSender {
    private static final long NEVER = Long.MIN_VALUE;

    private final ElectionContext context;
    private final ElectionOutput output;
    private final RegisterAcceptor acceptor;
    private final ExpandableArrayBuffer buffer = new ExpandableArrayBuffer(RegisterMessageCodec.MAX_LENGTH);
    private long lastSentNs = NEVER;

    RegisterSender(ElectionContext context, ElectionOutput output, RegisterAcceptor acceptor) {
        this.context = context;
        this.output = output;
        this.acceptor = acceptor;
    }

    /** A message of this server. */
    RegisterMessage message(RegisterMessage.Type type, Ballot ballot, Ballot other, @Nullable RegisterValue value) {
        return new RegisterMessage(type, acceptor.identity(), context.incarnation(), ballot, other, value);
    }

    /** A message that says what was accepted last along with a ballot, and what lies here where sessions outlive a process. */
    RegisterMessage withAccepted(RegisterMessage.Type type, Ballot ballot) {
        return message(type, ballot, acceptor.acceptedBallot(), acceptor.acceptedValue())
                .withHeld(context.isStorePersistent() ? context.held() : null);
    }

    void send(int memberId, RegisterMessage message) {
        output.send(memberId, buffer, 0, RegisterMessageCodec.encode(message, buffer, 0));
    }

    /** Sends to a voter that is no server. */
    void send(VoterId voter, RegisterMessage message) {
        output.sendToVoter(voter.high(), voter.low(), buffer, 0, RegisterMessageCodec.encode(message, buffer, 0));
    }

    void refuse(int memberId, Ballot ballot) {
        Ballot tooLow = new Ballot(acceptor.nextCounter() - 1, acceptor.identity());
        send(memberId, message(RegisterMessage.Type.REFUSE, ballot, tooLow, null));
    }

    /** Tells the configuration this server is active with. */
    void announce(int memberId) {
        RegisterValue value = acceptor.acceptedValue();
        if (value != null) {
            send(memberId, message(RegisterMessage.Type.ACTIVE, acceptor.acceptedBallot(), Ballot.NONE, value));
        }
    }

    /** Tells it to everyone who can be talked to. */
    void announceToAll(Peers peers) {
        for (Peer peer : peers.all()) {
            if (peer.isTalking()) {
                announce(peer.memberId());
            }
        }
    }

    /** Sends a message that carries nothing; a ballot is part of every message. */
    void sendBare(int memberId, RegisterMessage.Type type) {
        send(memberId, message(type, new Ballot(acceptor.nextCounter(), acceptor.identity()), Ballot.NONE, null));
    }

    /**
     * Tells that the role has been given up for good.
     *
     * @param lastWord what to say; null for what was accepted last.
     */
    void sendLeaving(int memberId, @Nullable RegisterMessage lastWord) {
        Ballot ballot = acceptor.acceptedBallot();
        if (lastWord != null) {
            send(memberId, lastWord);
        } else if (ballot.counter() > 0) {
            send(memberId, message(RegisterMessage.Type.LEAVING, ballot, Ballot.NONE, acceptor.acceptedValue()));
        }
    }

    /** Whether nothing has been asked or announced for so long; answers do not count. */
    boolean isQuiet(long durationNs, long nowNs) {
        return lastSentNs == NEVER || nowNs - lastSentNs >= durationNs;
    }

    /** Asks the question of the present phase of everyone whose answer is awaited. */
    void ask(RegisterProposer proposer, Peers peers, long nowNs) {
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

    /** Notes that something was asked now. */
    void onAsked(long nowNs) {
        lastSentNs = nowNs;
    }

    /** Announces this active to everyone who seems not to know about it, and to its standby. */
    void announce(Peers peers, long epoch, long nowNs) {
        lastSentNs = nowNs;
        for (Peer peer : peers.all()) {
            boolean isStandby = peer.role() == ServerRole.PASSIVE_STANDBY;
            if (peer.isTalking() && (peer.isActive() || isStandby || peer.epoch() < epoch)) {
                announce(peer.memberId());
            }
        }
    }

    @Override
    public String toString() {
        return "lastSentNs=" + lastSentNs;
    }
}
