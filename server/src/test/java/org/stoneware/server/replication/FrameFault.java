package org.stoneware.server.replication;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.util.Map;
import java.util.Random;
import java.util.zip.CRC32C;
import org.agrona.concurrent.UnsafeBuffer;

/** Changes frames on their way as a standby with a planted bug would have sent or understood them. */
final class FrameFault {
    static final int ACK_INDEX = 40;

    private static final int TEMPLATE = 2;
    private static final int ACK = 6;
    private static final int RECORD = 3;
    private static final int ENTRY = 5;
    private static final int COMMIT = 8;
    private static final int INCARNATION = 24;
    private static final int RECORD_INDEX = 48;
    private static final int RECORD_CRC = 56;
    private static final int RECORD_KIND = 60;
    private static final int RECORD_CONTENT = 65;
    private static final int REMOVED = 2;

    private final PlantedBug bug;
    private final Map<Integer, Long> inSync;

    FrameFault(PlantedBug bug, Map<Integer, Long> inSync) {
        this.bug = bug;
        this.inSync = inSync;
    }

    static boolean isCommit(byte[] frame) {
        return new UnsafeBuffer(frame).getShort(TEMPLATE, LITTLE_ENDIAN) == COMMIT;
    }

    static boolean isAck(UnsafeBuffer frame) {
        return frame.getShort(TEMPLATE, LITTLE_ENDIAN) == ACK;
    }

    /** Flips a bit of what a checksum covers. */
    static void damage(byte[] frame, Random random) {
        int template = new UnsafeBuffer(frame).getShort(TEMPLATE, LITTLE_ENDIAN);
        if (template == RECORD || template == ENTRY) {
            frame[ACK_INDEX + random.nextInt(frame.length - ACK_INDEX)] ^= (byte) (1 << random.nextInt(8));
        }
    }

    void onFrameToActive(byte[] bytes, SimulatedStandby server, long activeLastIndex) {
        UnsafeBuffer frame = new UnsafeBuffer(bytes);
        if (bug == PlantedBug.ACK_BEFORE_RECEIVED && isAck(frame)) {
            long index = frame.getLong(ACK_INDEX, LITTLE_ENDIAN);
            frame.putLong(ACK_INDEX, Math.min(index + 1, activeLastIndex), LITTLE_ENDIAN);
        }
        Long counted = inSync.get(server.memberId);
        if (bug == PlantedBug.ACK_WITHOUT_INCARNATION && counted != null) {
            frame.putLong(INCARNATION, counted, LITTLE_ENDIAN);
        }
    }

    void onFrameToStandby(byte[] bytes) {
        UnsafeBuffer frame = new UnsafeBuffer(bytes);
        if (bug == PlantedBug.MISSING_TOMBSTONE
                && frame.getShort(TEMPLATE, LITTLE_ENDIAN) == RECORD
                && frame.getByte(RECORD_KIND) == REMOVED) {
            frame.putLong(RECORD_INDEX, 0, LITTLE_ENDIAN);
            CRC32C crc = new CRC32C();
            UnsafeBuffer numbers = new UnsafeBuffer(new byte[48]);
            numbers.putLong(0, frame.getLong(40, LITTLE_ENDIAN), LITTLE_ENDIAN);
            numbers.putLong(16, REMOVED, LITTLE_ENDIAN);
            crc.update(numbers.byteArray());
            crc.update(bytes, RECORD_CONTENT, bytes.length - RECORD_CONTENT);
            frame.putInt(RECORD_CRC, (int) crc.getValue(), LITTLE_ENDIAN);
        }
    }
}
