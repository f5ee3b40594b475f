package org.stoneware.voting;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A voter that holds no sessions: a Tomcat or the external voter. It answers every server; which one may be active is decided by the
 * servers' ballots alone.
 * <p>
 * <b>Threading:</b> one thread at a time.
 * <p>
 * <b>Failure:</b> an {@link org.stoneware.spi.election.ElectionException} means that the vote can't be kept: it is not answered, and
 * nothing may be answered any more.
 */
public final class Voter {
    /** Room an answer needs. */
    public static final int MAX_ANSWER_LENGTH = RegisterMessageCodec.MAX_LENGTH;

    /** Nothing is to be answered. */
    public static final int NO_ANSWER = 0;

    private final RegisterAcceptor acceptor;
    private final long incarnation;
    private long answered;
    private long refusedMessages;

    /**
     * @param acceptor    its memory.
     * @param incarnation process start of this voter; never 0.
     */
    public Voter(RegisterAcceptor acceptor, long incarnation) {
        this.acceptor = acceptor;
        this.incarnation = incarnation;
    }

    public VoterId identity() {
        return acceptor.identity();
    }

    /** Messages answered so far. */
    public long answered() {
        return answered;
    }

    /** Messages that could not be read, or ask for what no voter can give. */
    public long refusedMessages() {
        return refusedMessages;
    }

    /** Position of the server it accepted as active last, or -1 before the first. */
    public int activeId() {
        RegisterValue value = acceptor.acceptedValue();
        return value == null ? -1 : value.activeId();
    }

    /**
     * Takes in what a server's election sent, and writes the answer. What the answer says is kept before this returns.
     * <p>
     * <b>Ownership:</b> both buffers are the caller's; nothing is kept.
     *
     * @param answer has room for {@link #MAX_ANSWER_LENGTH} bytes from {@code answerOffset} on.
     * @return length of the answer, for the server that asked; or {@link #NO_ANSWER}.
     */
    public int onMessage(DirectBuffer message, int offset, int length, MutableDirectBuffer answer, int answerOffset) {
        RegisterMessage question = RegisterMessageCodec.decode(message, offset, length);
        if (question == null
                || question.isAbsurd(acceptor.nextCounter())
                        && acceptor.promised().counter() > 0) {
            refusedMessages++;
            return NO_ANSWER;
        }
        RegisterMessage reply =
                switch (question.type()) {
                    case PREPARE -> onPrepare(question.ballot());
                    case ACCEPT -> onAccept(question.ballot(), question.value());
                    case PROBE -> message(RegisterMessage.Type.ALIVE, question.ballot(), Ballot.NONE, null);
                    case PROMISE, ACCEPTED, REFUSE, ACTIVE, LEAVING, ALIVE -> null;
                };
        if (reply == null) {
            refusedMessages++;
            return NO_ANSWER;
        }
        answered++;
        return RegisterMessageCodec.encode(reply, answer, answerOffset);
    }

    private RegisterMessage onPrepare(Ballot ballot) {
        return acceptor.prepare(ballot)
                ? message(RegisterMessage.Type.PROMISE, ballot, acceptor.acceptedBallot(), acceptor.acceptedValue())
                : refuse(ballot);
    }

    private @Nullable RegisterMessage onAccept(Ballot ballot, @Nullable RegisterValue value) {
        if (value == null) {
            return null;
        }
        return acceptor.accept(ballot, value)
                ? message(RegisterMessage.Type.ACCEPTED, ballot, Ballot.NONE, null)
                : refuse(ballot);
    }

    private RegisterMessage refuse(Ballot ballot) {
        Ballot tooLow = new Ballot(acceptor.nextCounter() - 1, acceptor.identity());
        return message(RegisterMessage.Type.REFUSE, ballot, tooLow, null);
    }

    private RegisterMessage message(
            RegisterMessage.Type type, Ballot ballot, Ballot other, @Nullable RegisterValue value) {
        return new RegisterMessage(type, acceptor.identity(), incarnation, ballot, other, value);
    }
}
