package org.stoneware.voting;

import java.util.List;
import java.util.Set;
import java.util.function.IntPredicate;

/**
 * When enough voters have agreed: a majority of the voter set that contains the proposer, or all data servers of the register.
 * <p>
 * In availability mode a server that evidently does not run is passed over: it counts as agreed. A consistency mode passes over
 * nobody. Not final: the tests plant faults in subclasses.
 */
public class QuorumRule {
    /**
     * @param voters       the voter set that judges; an empty one, as before the first value, has nothing to say.
     * @param proposer     who asks.
     * @param agreed       identities that have agreed.
     * @param isPassedOver positions of servers that are passed over.
     */
    public boolean isQuorum(
            List<RegisterValue.Voter> voters, VoterId proposer, Set<VoterId> agreed, IntPredicate isPassedOver) {
        if (!agreed.contains(proposer)) {
            return false;
        }
        int agreeing = 0;
        int servers = 0;
        int agreeingServers = 0;
        for (RegisterValue.Voter voter : voters) {
            boolean isAgreed =
                    agreed.contains(voter.identity()) || voter.isServer() && isPassedOver.test(voter.memberId());
            agreeing += isAgreed ? 1 : 0;
            if (voter.isServer()) {
                servers++;
                agreeingServers += isAgreed ? 1 : 0;
            }
        }
        return voters.isEmpty() || 2 * agreeing > voters.size() || servers > 0 && agreeingServers == servers;
    }
}
