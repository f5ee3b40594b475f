package org.stoneware.voting;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of a {@link RegisterMessage}; opaque to everything that carries them. Little endian.
 *
 * <pre>
 *  offset length field
 *       0      1 version, 1
 *       1      1 type
 *       2      2 zero
 *       4      8 sender's incarnation
 *      12     16 sender's identity
 *      28     24 ballot: counter 8, proposer 16
 *      52     24 other ballot
 *      76      4 length of the value; 0 for none
 *      80      … value, see {@link RegisterValueCodec}
 * </pre>
 */
public final class RegisterMessageCodec {
    /** Longest message. */
    public static final int MAX_LENGTH = 80 + RegisterValueCodec.MAX_LENGTH;

    private static final int VERSION = 1;
    private static final int HEADER_LENGTH = 80;

    private RegisterMessageCodec() {}

    /** Writes the message and returns its length. */
    public static int encode(RegisterMessage message, MutableDirectBuffer buffer, int offset) {
        buffer.putByte(offset, (byte) VERSION);
        buffer.putByte(offset + 1, (byte) message.type().code());
        buffer.putShort(offset + 2, (short) 0);
        buffer.putLong(offset + 4, message.incarnation(), RegisterValueCodec.ORDER);
        RegisterValueCodec.putIdentity(buffer, offset + 12, message.sender());
        RegisterValueCodec.putBallot(buffer, offset + 28, message.ballot());
        RegisterValueCodec.putBallot(buffer, offset + 52, message.other());
        RegisterValue value = message.value();
        int valueLength = value == null ? 0 : RegisterValueCodec.encode(value, buffer, offset + HEADER_LENGTH);
        buffer.putInt(offset + 76, valueLength, RegisterValueCodec.ORDER);
        return HEADER_LENGTH + valueLength;
    }

    /** Reads a message; null when the bytes are not one that this version knows. */
    public static @Nullable RegisterMessage decode(DirectBuffer buffer, int offset, int length) {
        if (length < HEADER_LENGTH || length > MAX_LENGTH || offset < 0 || length > buffer.capacity() - offset) {
            return null;
        }
        RegisterMessage.Type type = RegisterMessage.Type.ofCode(buffer.getByte(offset + 1));
        if (buffer.getByte(offset) != VERSION || type == null || buffer.getShort(offset + 2) != 0) {
            return null;
        }
        long incarnation = buffer.getLong(offset + 4, RegisterValueCodec.ORDER);
        VoterId sender = RegisterValueCodec.identity(buffer, offset + 12);
        Ballot ballot = RegisterValueCodec.ballot(buffer, offset + 28);
        Ballot other = RegisterValueCodec.ballot(buffer, offset + 52);
        int valueLength = buffer.getInt(offset + 76, RegisterValueCodec.ORDER);
        if (ballot == null || other == null || ballot.counter() == 0 || valueLength != length - HEADER_LENGTH) {
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
        return new RegisterMessage(type, sender, incarnation, ballot, other, value);
    }

    private static boolean isValueNeeded(RegisterMessage.Type type, Ballot other) {
        return switch (type) {
            case ACCEPT, ACTIVE -> true;
            case PROMISE -> other.counter() != 0;
            case PREPARE, ACCEPTED, REFUSE, LEAVING, PROBE, ALIVE -> false;
        };
    }
}
