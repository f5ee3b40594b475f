package org.stoneware.voting;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of one half of the election file. Little endian.
 *
 * <pre>
 *  offset length field
 *       0      4 magic "SWEF"
 *       4      4 version, 1
 *       8      8 generation; the readable half with the higher one counts
 *      16      4 length of the body
 *      20      4 CRC32C of bytes 0 to 19 and of the body
 *      24     16 identity
 *      40      8 incarnation
 *      48      8 highest epoch
 *      56     24 promised ballot
 *      80     24 accepted ballot
 *     104      4 flags: 1 clean stop
 *     108      4 length of the accepted value; 0 for none
 *     112      … accepted value, see {@link RegisterValueCodec}
 * </pre>
 */
final class SavedRegisterCodec {
    /** Length of one half; one block of every disk in use. */
    static final int HALF_LENGTH = 4096;

    private static final int MAGIC = 0x46455753;
    private static final int VERSION = 1;
    private static final int HEADER_LENGTH = 24;
    private static final int FIXED_LENGTH = 88;
    private static final int FLAG_CLEAN_STOP = 1;

    private SavedRegisterCodec() {}

    /** Fills one half, zeros included. */
    static void encode(SavedRegister register, long generation, UnsafeBuffer half) {
        half.setMemory(0, HALF_LENGTH, (byte) 0);
        RegisterValueCodec.putIdentity(half, 24, register.identity());
        half.putLong(40, register.incarnation(), RegisterValueCodec.ORDER);
        half.putLong(48, register.highestEpoch(), RegisterValueCodec.ORDER);
        RegisterValueCodec.putBallot(half, 56, register.promised());
        RegisterValueCodec.putBallot(half, 80, register.acceptedBallot());
        half.putInt(104, register.isCleanStop() ? FLAG_CLEAN_STOP : 0, RegisterValueCodec.ORDER);
        RegisterValue value = register.acceptedValue();
        int valueLength = value == null ? 0 : RegisterValueCodec.encode(value, half, 112);
        half.putInt(108, valueLength, RegisterValueCodec.ORDER);
        half.putInt(0, MAGIC, RegisterValueCodec.ORDER);
        half.putInt(4, VERSION, RegisterValueCodec.ORDER);
        half.putLong(8, generation, RegisterValueCodec.ORDER);
        half.putInt(16, FIXED_LENGTH + valueLength, RegisterValueCodec.ORDER);
        half.putInt(20, checksum(half), RegisterValueCodec.ORDER);
    }

    static long generation(UnsafeBuffer half) {
        return half.getLong(8, RegisterValueCodec.ORDER);
    }

    /** Reads one half; null when it was never written, torn or damaged, or is of a version not known here. */
    static @Nullable SavedRegister decode(UnsafeBuffer half) {
        int bodyLength = half.getInt(16, RegisterValueCodec.ORDER);
        if (half.getInt(0, RegisterValueCodec.ORDER) != MAGIC
                || half.getInt(4, RegisterValueCodec.ORDER) != VERSION
                || bodyLength < FIXED_LENGTH
                || bodyLength > HALF_LENGTH - HEADER_LENGTH
                || half.getInt(20, RegisterValueCodec.ORDER) != checksum(half)) {
            return null;
        }
        Ballot promised = RegisterValueCodec.ballot(half, 56);
        Ballot acceptedBallot = RegisterValueCodec.ballot(half, 80);
        int valueLength = half.getInt(108, RegisterValueCodec.ORDER);
        if (promised == null || acceptedBallot == null || valueLength != bodyLength - FIXED_LENGTH) {
            return null;
        }
        RegisterValue value = valueLength == 0 ? null : RegisterValueCodec.decode(half, 112, valueLength);
        if (valueLength != 0 && value == null) {
            return null;
        }
        return new SavedRegister(
                RegisterValueCodec.identity(half, 24),
                half.getLong(40, RegisterValueCodec.ORDER),
                half.getLong(48, RegisterValueCodec.ORDER),
                promised,
                acceptedBallot,
                value,
                (half.getInt(104, RegisterValueCodec.ORDER) & FLAG_CLEAN_STOP) != 0);
    }

    private static int checksum(UnsafeBuffer half) {
        int bodyLength = half.getInt(16, RegisterValueCodec.ORDER);
        CRC32C crc = new CRC32C();
        ByteBuffer bytes = half.byteBuffer().duplicate();
        crc.update(bytes.limit(20).position(0));
        bytes.limit(HEADER_LENGTH + bodyLength).position(HEADER_LENGTH);
        crc.update(bytes);
        return (int) crc.getValue();
    }
}
