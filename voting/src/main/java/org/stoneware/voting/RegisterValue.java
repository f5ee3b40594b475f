package org.stoneware.voting;

import java.util.List;

/**
 * What the configuration register holds.
 *
 * @param epoch    number of this configuration; see {@link Epoch}.
 * @param activeId position of the active in the configuration file.
 * @param inSync   servers that hold everything the active has acknowledged, the active first.
 * @param voters   who votes on the next change.
 * @param former   who voted before this value, when it changes the voters: until a later value is accepted, both sets must agree.
 *                 Empty otherwise, and always in availability mode.
 * @param mapEpoch version of the slot map; 0 while there is one mirror group.
 */
public record RegisterValue(
        long epoch, int activeId, List<InSync> inSync, List<Voter> voters, List<Voter> former, long mapEpoch) {
    /** Most entries of each list, so that a value fits into one message and one half of the election file. */
    public static final int MAX_ENTRIES = 32;

    public RegisterValue {
        inSync = List.copyOf(inSync);
        voters = List.copyOf(voters);
        former = List.copyOf(former);
    }

    /** A value that does not change the voters. */
    public RegisterValue(long epoch, int activeId, List<InSync> inSync, List<Voter> voters, long mapEpoch) {
        this(epoch, activeId, inSync, voters, List.of(), mapEpoch);
    }

    /** Whether a voter votes on the next change. */
    public boolean isVoter(VoterId identity) {
        for (Voter voter : voters) {
            if (voter.identity().equals(identity)) {
                return true;
            }
        }
        return false;
    }

    /** Whether the server with this identity held everything when the value was made, in whatever incarnation. */
    public boolean isInSync(VoterId identity) {
        for (InSync member : inSync) {
            if (member.identity().equals(identity)) {
                return true;
            }
        }
        return false;
    }

    /** Whether this very process of the server with this identity holds everything. */
    public boolean isInSync(VoterId identity, long incarnation) {
        for (InSync member : inSync) {
            if (member.identity().equals(identity) && member.incarnation() == incarnation) {
                return true;
            }
        }
        return false;
    }

    /**
     * A server that holds a complete copy.
     *
     * @param memberId    its position in the configuration file.
     * @param identity    its voter identity.
     * @param incarnation the process that holds the copy.
     */
    public record InSync(int memberId, VoterId identity, long incarnation) {}

    /**
     * One voter.
     *
     * @param memberId its position in the configuration file, or {@link #NOT_A_SERVER}.
     * @param identity its identity.
     */
    public record Voter(int memberId, VoterId identity) {
        /** A Tomcat or an external voter: it votes and holds no data. */
        public static final int NOT_A_SERVER = -1;

        public boolean isServer() {
            return memberId != NOT_A_SERVER;
        }
    }
}
