package org.stoneware.testkit.transport;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.SplittableRandom;

/** Frames whose every byte follows from a stream number and a sequence, so that any damage shows. */
public final class TestFrames {
    private TestFrames() {}

    public static byte[] frame(int stream, int sequence, int length) {
        byte[] frame = new byte[length];
        new SplittableRandom(((long) stream << 32) ^ sequence).nextBytes(frame);
        return frame;
    }

    /** A length between 1 and the maximum that follows from the sequence; small ones are as likely as large ones. */
    public static int length(int sequence, int maxLength) {
        SplittableRandom random = new SplittableRandom(sequence);
        return random.nextInt(4) == 0 ? 1 + random.nextInt(maxLength) : 1 + random.nextInt(Math.min(maxLength, 300));
    }

    /** Checks that a connection heard frames 0 to count - 1 of a stream: complete, in order, once each, unharmed. */
    public static void checkHeard(List<byte[]> heard, int stream, int count, int maxLength) {
        assertThat(heard.size()).as("frames heard on stream %d", stream).isEqualTo(count);
        for (int sequence = 0; sequence < count; sequence++) {
            assertThat(heard.get(sequence))
                    .as("frame %d of stream %d", sequence, stream)
                    .isEqualTo(frame(stream, sequence, length(sequence, maxLength)));
        }
    }
}
