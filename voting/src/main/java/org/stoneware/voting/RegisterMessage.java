package org.stoneware.voting;

import org.jspecify.annotations.Nullable;
import org.stoneware.spi.election.HeldCopy;

/**
 * What one server's register says to another's.
 *
 * @param type        what it is.
 * @param sender      voter identity of the sender.
 * @param incarnation process start of the sender; counts only while the sender is known by the same one.
 * @param ballot      the ballot it is about.
 * @param other       with {@link Type#PROMISE} the ballot of the value accepted last, with {@link Type#REFUSE} one whose
 *                    counter must be exceeded, else {@link Ballot#NONE}.
 * @param value       with {@link Type#ACCEPT} and {@link Type#ACTIVE} the value, with {@link Type#PROMISE} and
 *                    {@link Type#LEAVING} the value accepted last or null, else null.
 * @param held        with {@link Type#PROMISE} what the sender found of the sessions when it started; null where it does not say.
 */
public record RegisterMessage(
        Type type,
        VoterId sender,
        long incarnation,
        Ballot ballot,
        Ballot other,
        @Nullable RegisterValue value,
        @Nullable HeldCopy held) {
    private static final int MAX_VOTERS = 32;

    /** A message that says nothing of what the sender holds. */
    public RegisterMessage(
            Type type, VoterId sender, long incarnation, Ballot ballot, Ballot other, @Nullable RegisterValue value) {
        this(type, sender, incarnation, ballot, other, value, null);
    }

    /** The same message with what its sender holds. */
    public RegisterMessage withHeld(@Nullable HeldCopy copy) {
        return new RegisterMessage(type, sender, incarnation, ballot, other, value, copy);
    }

    /** Kinds of messages. Codes are sent on the wire and never change meaning. */
    public enum Type {
        /** Asks for the promise to take part in no lower ballot. */
        PREPARE(1),
        /** Gives it, with the value accepted last. */
        PROMISE(2),
        /** Asks to accept a value. */
        ACCEPT(3),
        /** Has accepted it, and forced it to disk. */
        ACCEPTED(4),
        /** Will not; names the counter that must be exceeded. */
        REFUSE(5),
        /** The sender is active with this value. */
        ACTIVE(6),
        /** The sender has given up its role for good; the value is what it accepted last. */
        LEAVING(7),
        /** Asks for {@link #ALIVE}. */
        PROBE(8),
        /** The sender runs, as this voter and this process. */
        ALIVE(9);

        private static final Type[] TYPES = values();
        private final int code;

        Type(int code) {
            this.code = code;
        }

        int code() {
            return code;
        }

        static @Nullable Type ofCode(int code) {
            return code < 1 || code > TYPES.length ? null : TYPES[code - 1];
        }
    }

    /** Whether this message counts beyond reason, see {@link Epoch#isAbsurd}, or names more voters than an array has. */
    public boolean isAbsurd(long nextCounter) {
        return Epoch.isAbsurd(ballot.counter(), nextCounter)
                || Epoch.isAbsurd(other.counter(), nextCounter)
                || (value != null
                        && (Epoch.isAbsurd(Epoch.counter(value.epoch()), nextCounter)
                                || value.voters().size() > MAX_VOTERS));
    }
}
