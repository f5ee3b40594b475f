package org.stoneware.election;

import java.util.List;

/**
 * What the configuration register holds.
 *
 * @param epoch    number of this configuration; see {@link Epoch}.
 * @param activeId position of the active in the configuration file.
 * @param inSync   servers that hold everything the active has acknowledged, the active first.
 * @param voters   who votes on the next change.
 * @param mapEpoch version of the slot map; 0 while there is one mirror group.
 */
record RegisterValue(long epoch, int activeId, List<InSync> inSync, List<Voter> voters, long mapEpoch) {
    /** Most entries of either list, so that a value fits into one message and one half of the election file. */
    static final int MAX_ENTRIES = 64;

    RegisterValue {
        inSync = List.copyOf(inSync);
        voters = List.copyOf(voters);
    }

    /** Whether the server with this identity held everything when the value was made, in whatever incarnation. */
    boolean isInSync(VoterId identity) {
        for (InSync member : inSync) {
            if (member.identity().equals(identity)) {
                return true;
            }
        }
        return false;
    }

    /** Whether this very process of the server with this identity holds everything. */
    boolean isInSync(VoterId identity, long incarnation) {
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
    record InSync(int memberId, VoterId identity, long incarnation) {}

    /**
     * One voter.
     *
     * @param memberId its position in the configuration file, or {@link #NOT_A_SERVER}.
     * @param identity its identity.
     */
    record Voter(int memberId, VoterId identity) {
        /** A Tomcat or an external voter: it votes and holds no data. */
        static final int NOT_A_SERVER = -1;

        boolean isServer() {
            return memberId != NOT_A_SERVER;
        }
    }
}
