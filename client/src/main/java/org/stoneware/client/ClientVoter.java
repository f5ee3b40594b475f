package org.stoneware.client;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.stoneware.voting.MemoryElectionStore;
import org.stoneware.voting.RegisterAcceptor;
import org.stoneware.voting.Voter;
import org.stoneware.voting.VoterId;

/**
 * This Tomcat's vote on who may be active, for arrays whose configuration lets Tomcats vote. The servers ask; most Tomcats are never
 * asked. The vote is kept in memory only, so its identity is the one of this process: after a restart the Tomcat is another voter.
 * <p>
 * <b>Threading:</b> one thread at a time.
 */
public final class ClientVoter {
    /** Room an answer needs. */
    public static final int MAX_ANSWER_LENGTH = Voter.MAX_ANSWER_LENGTH;

    private final Voter voter;

    /**
     * @param idHigh      upper half of this process's client identity, as in its hello.
     * @param idLow       lower half of it.
     * @param incarnation random number of this process start; never 0.
     */
    public ClientVoter(long idHigh, long idLow, long incarnation) {
        voter = new Voter(new RegisterAcceptor(new MemoryElectionStore(new VoterId(idHigh, idLow))), incarnation);
    }

    /**
     * Answers a message a server's election sent to this voter.
     * <p>
     * <b>Ownership:</b> both buffers are the caller's; nothing is kept.
     *
     * @param answer has room for {@link #MAX_ANSWER_LENGTH} bytes.
     * @return length of the answer, to be sent back on the same connection; 0 when there is none.
     */
    public int onMessage(DirectBuffer message, int offset, int length, MutableDirectBuffer answer) {
        return voter.onMessage(message, offset, length, answer, 0);
    }

    /** Votes given so far. */
    public long answered() {
        return voter.answered();
    }
}
