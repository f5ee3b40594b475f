package org.stoneware.wire.witness;

import org.stoneware.api.cluster.ServerRole;

/** Hears decoded messages; an end overrides those it takes part in, and the others do nothing. */
public interface WitnessListener {
    /**
     * A server wants to know whether another one is heard after this question.
     *
     * @param incarnation process asked about; 0 when any will do.
     */
    default void onQuestion(long questionId, String serverName, long incarnation) {}

    /**
     * @param ageMs   time from the question to its answer, as the Tomcat has measured it.
     * @param wasSolo the process asked about has said last that it acknowledges alone.
     */
    default void onAnswer(long questionId, boolean isHeard, int ageMs, boolean wasSolo) {}

    /**
     * A Tomcat has just heard the server asked about; its answer to the question follows.
     *
     * @param incarnation process that was heard, whichever was asked about.
     * @param role        what that process has told the Tomcat of itself last, with its epoch.
     */
    default void onRole(long questionId, long incarnation, ServerRole role, long epoch) {}

    /** An active says whether it acknowledges alone. */
    default void onSoloNotice(long incarnation, boolean isSolo) {}

    /** A Tomcat wants a sign of life at once. */
    default void onProbe(long number) {}

    /** @param agentAgeMs time since the server's agent completed a cycle. */
    default void onProbeAnswer(long number, long incarnation, int agentAgeMs) {}
}
