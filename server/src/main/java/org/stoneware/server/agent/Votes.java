package org.stoneware.server.agent;

import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.agrona.DirectBuffer;
import org.stoneware.server.membership.VoterLinks;
import org.stoneware.spi.election.Election;
import org.stoneware.spi.election.VoterContact;

/**
 * What voters that are no servers say goes to the election.
 * <p>
 * <b>Threading:</b> the agent thread.
 */
final class Votes implements VoterLinks.Output {
    private final Supplier<Election> election;
    private final LongSupplier electionTime;

    /** @param election asked for with every call: it is opened after the doors. */
    Votes(Supplier<Election> election, LongSupplier electionTime) {
        this.election = election;
        this.electionTime = electionTime;
    }

    @Override
    public void onVoter(VoterContact voter, boolean isConnected) {
        election.get().onVoter(voter, isConnected, electionTime.getAsLong());
    }

    @Override
    public void onVoterMessage(long idHigh, long idLow, DirectBuffer buffer, int offset, int length) {
        election.get().onVoterMessage(idHigh, idLow, buffer, offset, length, electionTime.getAsLong());
    }
}
