package org.stoneware.spi.election;

import java.util.List;

/**
 * The servers that hold everything acknowledged, by process: an acknowledgement of another process of the same server counts for
 * nothing.
 *
 * @param epoch   epoch of the active; acknowledgements of another one count for nothing.
 * @param members the active first.
 */
public record InSyncSet(long epoch, List<Member> members) {
    public InSyncSet {
        members = List.copyOf(members);
    }

    /** Whether this process is in sync. */
    public boolean contains(int memberId, long incarnation) {
        return members.contains(new Member(memberId, incarnation));
    }

    /**
     * One server.
     *
     * @param memberId    its position in the configuration file.
     * @param incarnation its process.
     */
    public record Member(int memberId, long incarnation) {}
}
