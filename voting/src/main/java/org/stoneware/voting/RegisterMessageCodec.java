package org.stoneware.voting;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.jspecify.annotations.Nullable;
import org.stoneware.spi.election.HeldCopy;

/**
 * The bytes of a {@link RegisterMessage}; opaque to everything that carries them. Little endian.
 *
 * <pre>
 *  offset length field
 *       0      1 version, 1
 *       1      1 type
 *       2      2 flags: 1 held copy follows, 2 it is complete, 4 it is suspect
 *       4      8 sender's incarnation
 *      12     16 sender's identity
 *      28     24 ballot: counter 8, proposer 16
 *      52     24 other ballot
 *      76      4 length of the value; 0 for none
 *      80      … value, see {@link RegisterValueCodec}
 *       …     16 only with flag 1: epoch 8 and index 8 of the last entry held
 * </pre>
 */
public final class RegisterMessageCodec {
    /** Longest message. */
    public static final int MAX_LENGTH = 80 + RegisterValueCodec.MAX_LENGTH + 16;

    private static final int VERSION = 1;
    private static final int HEADER_LENGTH = 80;
    private static final int HELD_LENGTH = 16;
    private static final int HELD = 1;
    private static final int HELD_COMPLETE = 2;
    private static final int HELD_SUSPECT = 4;

    private RegisterMessageCodec() {}

    /** Writes the message and returns its length. */
    public static int encode(RegisterMessage message, MutableDirectBuffer buffer, int offset) {
        buffer.putByte(offset, (byte) VERSION);
        buffer.putByte(offset + 1, (byte) message.type().code());
        HeldCopy held = message.held();
        buffer.putShort(offset + 2, (short) flags(held), RegisterValueCodec.ORDER);
        buffer.putLong(offset + 4, message.incarnation(), RegisterValueCodec.ORDER);
        RegisterValueCodec.putIdentity(buffer, offset + 12, message.sender());
        RegisterValueCodec.putBallot(buffer, offset + 28, message.ballot());
        RegisterValueCodec.putBallot(buffer, offset + 52, message.other());
        RegisterValue value = message.value();
        int valueLength = value == null ? 0 : RegisterValueCodec.encode(value, buffer, offset + HEADER_LENGTH);
        buffer.putInt(offset + 76, valueLength, RegisterValueCodec.ORDER);
        int length = HEADER_LENGTH + valueLength;
        if (held == null) {
            return length;
        }
        buffer.putLong(offset + length, held.epoch(), RegisterValueCodec.ORDER);
        buffer.putLong(offset + length + 8, held.index(), RegisterValueCodec.ORDER);
        return length + HELD_LENGTH;
    }

    private static int flags(@Nullable HeldCopy held) {
        return held == null
                ? 0
                : HELD | (held.isComplete() ? HELD_COMPLETE : 0) | (held.isSuspect() ? HELD_SUSPECT : 0);
    }

    /** Reads a message; null when the bytes are not one that this version knows. */
    public static @Nullable RegisterMessage decode(DirectBuffer buffer, int offset, int length) {
        if (length < HEADER_LENGTH || length > MAX_LENGTH || offset < 0 || length > buffer.capacity() - offset) {
            return null;
        }
        RegisterMessage.Type type = RegisterMessage.Type.ofCode(buffer.getByte(offset + 1));
        int flags = buffer.getShort(offset + 2, RegisterValueCodec.ORDER);
        boolean hasHeld = (flags & HELD) != 0;
        boolean isKnown = (flags & ~(HELD | HELD_COMPLETE | HELD_SUSPECT)) == 0 && (hasHeld || flags == 0);
        int heldLength = hasHeld ? HELD_LENGTH : 0;
        if (buffer.getByte(offset) != VERSION || type == null || !isKnown || length < HEADER_LENGTH + heldLength) {
            return null;
        }
        long incarnation = buffer.getLong(offset + 4, RegisterValueCodec.ORDER);
        VoterId sender = RegisterValueCodec.identity(buffer, offset + 12);
        Ballot ballot = RegisterValueCodec.ballot(buffer, offset + 28);
        Ballot other = RegisterValueCodec.ballot(buffer, offset + 52);
        int valueLength = buffer.getInt(offset + 76, RegisterValueCodec.ORDER);
        if (ballot == null
                || other == null
                || ballot.counter() == 0
                || valueLength != length - HEADER_LENGTH - heldLength) {
            return null;
        }
        if (incarnation == 0 || sender.equals(VoterId.NONE)) {
            return null;
        }
        RegisterValue value =
                valueLength == 0 ? null : RegisterValueCodec.decode(buffer, offset + HEADER_LENGTH, valueLength);
        if (value == null && (valueLength != 0 || isValueNeeded(type, other))) {
            return null;
        }
        int heldAt = offset + HEADER_LENGTH + valueLength;
        HeldCopy held = hasHeld
                ? new HeldCopy(
                        (flags & HELD_COMPLETE) != 0,
                        buffer.getLong(heldAt, RegisterValueCodec.ORDER),
                        buffer.getLong(heldAt + 8, RegisterValueCodec.ORDER),
                        (flags & HELD_SUSPECT) != 0)
                : null;
        return new RegisterMessage(type, sender, incarnation, ballot, other, value, held);
    }

    private static boolean isValueNeeded(RegisterMessage.Type type, Ballot other) {
        return switch (type) {
            case ACCEPT, ACTIVE -> true;
            case PROMISE -> other.counter() != 0;
            case PREPARE, ACCEPTED, REFUSE, LEAVING, PROBE, ALIVE -> false;
        };
    }
}
