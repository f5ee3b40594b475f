package org.stoneware.election;

import org.stoneware.spi.election.Election;
import org.stoneware.spi.election.ElectionContext;
import org.stoneware.spi.election.ElectionOutput;
import org.stoneware.voting.MemoryElectionStore;
import org.stoneware.voting.QuorumRule;
import org.stoneware.voting.RegisterAcceptor;
import org.stoneware.voting.VoterId;

/** The election that ships, with a register in memory. */
public final class SimulatedElections {
    private SimulatedElections() {}

    public static Election open(ElectionContext context, ElectionOutput output) {
        RegisterAcceptor acceptor =
                new RegisterAcceptor(new MemoryElectionStore(new VoterId(71, 1 + context.selfId())));
        RegisterProposer proposer = new RegisterProposer(new QuorumRule(), context.selfId(), acceptor.identity());
        return new RegisterElection(context, output, acceptor, proposer);
    }
}
