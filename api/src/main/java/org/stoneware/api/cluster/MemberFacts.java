package org.stoneware.api.cluster;

import java.util.Collections;
import java.util.Set;
import java.util.TreeSet;

/**
 * What is known of a server beside its role. {@link #UNKNOWN} stands for a number nobody knows.
 *
 * @param states           states within its role.
 * @param progressPercent  how much of its copy it holds, 0 to 100, while {@link MemberState#COPYING}.
 * @param lagEntries       log entries a standby has not confirmed; the active knows.
 * @param sessions         sessions it holds.
 * @param uptimeMs         milliseconds since it began to start.
 * @param storageMode      mode of its store; empty when unknown.
 * @param lastChange       why its role changed last, for people; empty when unknown.
 */
public record MemberFacts(
        Set<MemberState> states,
        int progressPercent,
        long lagEntries,
        long sessions,
        long uptimeMs,
        String storageMode,
        String lastChange) {
    /** In place of a number. */
    public static final int UNKNOWN = -1;

    /** Nothing is known. */
    public static final MemberFacts NONE = new MemberFacts(Set.of(), UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, "", "");

    public MemberFacts {
        states = Collections.unmodifiableSet(new TreeSet<>(states));
    }
}
