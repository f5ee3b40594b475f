package org.stoneware.election;

import org.stoneware.api.cluster.ServerRole;
import org.stoneware.voting.RegisterAcceptor;
import org.stoneware.voting.RegisterMessage;
import org.stoneware.voting.RegisterValue;

/** Answers ballots in consistency mode, where an active asks its standby for promises as well. */
final class QuorumVoter extends BallotVoter {
    private final RegisterAcceptor acceptor;
    private final RegisterSender sender;
    private final Peers peers;
    private final HandOver handOver;

    QuorumVoter(RegisterAcceptor acceptor, RegisterSender sender, Peers peers, HandOver handOver) {
        super(acceptor, sender, peers);
        this.acceptor = acceptor;
        this.sender = sender;
        this.peers = peers;
        this.handOver = handOver;
    }

    /**
     * A server agrees to be counted as in sync only while it hears the active: else it would be counted and not be standby, and if that
     * active has ended, nobody could lead.
     */
    @Override
    boolean onAccept(Peer from, RegisterMessage message, ServerRole role) {
        RegisterValue value = message.value();
        boolean isAdded = value != null && role != ServerRole.PASSIVE_STANDBY && value.isInSync(acceptor.identity());
        return (!isAdded || from.isTalking()) && super.onAccept(from, message, role);
    }

    @Override
    boolean isPreparing(Peer active) {
        return peers.highestActive() == active;
    }

    @Override
    boolean isRefused(Peer from, RegisterMessage message, ServerRole role) {
        if (handOver.isOpposedTo(from)) {
            sender.refuse(from.memberId(), message.ballot());
            return true;
        }
        return super.isRefused(from, message, role);
    }
}
