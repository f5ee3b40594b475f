package org.stoneware.election;

import org.stoneware.api.cluster.ServerRole;
import org.stoneware.voting.RegisterAcceptor;
import org.stoneware.voting.RegisterMessage;

/** Answers ballots in consistency mode, where an active asks its standby for promises as well. */
final class QuorumVoter extends BallotVoter {
    private final RegisterSender sender;
    private final Peers peers;
    private final HandOver handOver;

    QuorumVoter(RegisterAcceptor acceptor, RegisterSender sender, Peers peers, HandOver handOver) {
        super(acceptor, sender, peers);
        this.sender = sender;
        this.peers = peers;
        this.handOver = handOver;
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
