package org.stoneware.election;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.agrona.concurrent.UnsafeBuffer;
import org.stoneware.testkit.election.SimulatedVoters;
import org.stoneware.voting.MemoryElectionStore;
import org.stoneware.voting.RegisterAcceptor;
import org.stoneware.voting.Voter;
import org.stoneware.voting.VoterId;

/** The shipped voter on memory that outlives its process, as the file of an external voter does. */
final class MemoryVoters implements SimulatedVoters.Factory {
    private final Map<VoterId, MemoryElectionStore> stores = new HashMap<>();

    @Override
    public SimulatedVoters.Ballots open(long idHigh, long idLow) {
        MemoryElectionStore store =
                stores.computeIfAbsent(new VoterId(idHigh, idLow), identity -> new MemoryElectionStore(identity));
        Voter voter = new Voter(new RegisterAcceptor(store), 9);
        return message -> {
            UnsafeBuffer answer = new UnsafeBuffer(new byte[Voter.MAX_ANSWER_LENGTH]);
            int length = voter.onMessage(new UnsafeBuffer(message), 0, message.length, answer, 0);
            return length == Voter.NO_ANSWER ? null : Arrays.copyOf(answer.byteArray(), length);
        };
    }
}
