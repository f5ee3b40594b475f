package org.stoneware.election;

import org.stoneware.api.cluster.ServerRole;
import org.stoneware.voting.Ballot;
import org.stoneware.voting.RegisterAcceptor;
import org.stoneware.voting.RegisterMessage;
import org.stoneware.voting.RegisterValue;

/**
 * Answers the ballots of other servers and learns what an active says it was elected with. Not final: the tests plant faults in a
 * subclass.
 */
class BallotVoter {
    private final RegisterAcceptor acceptor;
    private final RegisterSender sender;
    private final Peers peers;

    BallotVoter(RegisterAcceptor acceptor, RegisterSender sender, Peers peers) {
        this.acceptor = acceptor;
        this.sender = sender;
        this.peers = peers;
    }

    /** Answers a question of either phase; returns whether the answer is a yes that had not been given before. */
    final boolean onBallot(Peer from, RegisterMessage message, ServerRole role) {
        return message.type() == RegisterMessage.Type.PREPARE
                ? onPrepare(from, message, role)
                : onAccept(from, message, role);
    }

    /** Answers a question for a promise; returns whether one was given that had not been given before. */
    boolean onPrepare(Peer from, RegisterMessage message, ServerRole role) {
        if (isRefused(from, message, role)) {
            return false;
        }
        boolean isRepeated = message.ballot().equals(acceptor.promised());
        if (!acceptor.prepare(message.ballot())) {
            sender.refuse(from.memberId(), message.ballot());
            return false;
        }
        sender.send(from.memberId(), sender.withAccepted(RegisterMessage.Type.PROMISE, message.ballot()));
        return !isRepeated;
    }

    /** Answers a proposed value; returns whether it was accepted and had not been before. */
    boolean onAccept(Peer from, RegisterMessage message, ServerRole role) {
        RegisterValue value = message.value();
        if (value == null || isRefused(from, message, role)) {
            return false;
        }
        boolean isRepeated = message.ballot().equals(acceptor.acceptedBallot());
        if (!acceptor.accept(message.ballot(), value)) {
            sender.refuse(from.memberId(), message.ballot());
            return false;
        }
        sender.send(
                from.memberId(), sender.message(RegisterMessage.Type.ACCEPTED, message.ballot(), Ballot.NONE, null));
        return !isRepeated;
    }

    /** An active, its standby, and a server beside an active it can talk to, take part in no election of others. */
    boolean isRefused(Peer from, RegisterMessage message, ServerRole role) {
        if (role == ServerRole.ACTIVE_COORDINATOR) {
            sender.announce(from.memberId());
            return true;
        }
        Peer active = peers.highestActive();
        boolean isStandby = role == ServerRole.PASSIVE_STANDBY;
        boolean isOfNoActive =
                isStandby && (active == null || message.type() == RegisterMessage.Type.PREPARE && !isPreparing(from));
        if (isOfNoActive || active != null && active != from) {
            sender.refuse(from.memberId(), message.ballot());
            return true;
        }
        return false;
    }

    /** Whether the active of this standby asks for promises too; only in consistency mode. */
    boolean isPreparing(Peer active) {
        return false;
    }

    /** An active has told what it is active with. */
    void onActive(Peer from, RegisterMessage message, ServerRole role) {
        RegisterValue value = message.value();
        if (value == null || value.activeId() != from.memberId() || !from.isTalking()) {
            return;
        }
        from.onAnnouncedActive(value.epoch());
        if (role != ServerRole.ACTIVE_COORDINATOR && peers.highestActive() == from) {
            acceptor.accept(message.ballot(), value);
        }
    }

    /** Another server has given up its role for good. */
    void onLeaving(Peer from, RegisterMessage message, int activeId, long nowNs) {
        RegisterValue value = message.value();
        if (value != null && value.activeId() == from.memberId() && activeId == from.memberId()) {
            acceptor.accept(message.ballot(), value);
        }
        from.onLeft(nowNs);
    }
}
