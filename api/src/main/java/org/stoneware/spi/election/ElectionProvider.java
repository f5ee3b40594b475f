package org.stoneware.spi.election;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * What an election bundle registers as a service, with the property {@code election.policy} equal to {@link #policy()}.
 * <p>
 * <b>Threading:</b> callable from any thread.
 */
@ConsumerType
public interface ElectionProvider {
    /** Name of the policy, for example {@code networked-active-passive}. */
    String policy();

    /**
     * Opens the election of one array. Nothing has happened yet: the caller feeds evidence and messages, and the election answers
     * through the output.
     *
     * @throws ElectionException when the saved register can't be read; the message names the file and what to do.
     */
    Election open(ElectionContext context, ElectionOutput output);
}
