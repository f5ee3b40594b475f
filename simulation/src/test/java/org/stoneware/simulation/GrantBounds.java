package org.stoneware.simulation;

import java.util.Set;

/**
 * What may happen in a {@link GrantExploration}, and how often.
 *
 * @param steps     kinds of steps tried.
 * @param requests  requests begun.
 * @param ticks     times that time passes.
 * @param holds     times messages are held up, or a Tomcat is stopped.
 * @param failovers times another server becomes active.
 * @param connects  times a Tomcat opens a connection.
 * @param lates     messages that arrive once more, or from an earlier connection.
 * @param isNamedBehind whether what a Tomcat owns and does not use is named behind its registration, and not with it.
 */
record GrantBounds(
        Set<GrantStep> steps,
        int requests,
        int ticks,
        int holds,
        int failovers,
        int connects,
        int lates,
        boolean isNamedBehind) {
    GrantBounds(Set<GrantStep> steps, int requests, int ticks, int holds, int failovers, int connects, int lates) {
        this(steps, requests, ticks, holds, failovers, connects, lates, false);
    }
}
