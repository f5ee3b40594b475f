package org.stoneware.wire.replication;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.stoneware.wire.session.WireException;

/** Whatever arrives: a message or {@link WireException}, never another exception. */
class ReplicationAdapterFuzzTest {
    private static final int ROUNDS = 30_000;
    private static final List<byte[]> FRAMES = SampleFrames.all();

    private final ReplicationAdapter adapter = new ReplicationAdapter();
    private final RecordedFrames recorded = new RecordedFrames();
    private int decoded;
    private int refused;

    @Test
    void shouldGiveOutcomeForRandomBytesBehindPlausibleHeader() {
        long seed = System.nanoTime();
        Random random = new Random(seed);

        for (int round = 0; round < ROUNDS; round++) {
            byte[] bytes = new byte[random.nextInt(200)];
            random.nextBytes(bytes);
            byte[] frame = FRAMES.get(random.nextInt(FRAMES.size()));
            System.arraycopy(frame, 0, bytes, 0, Math.min(bytes.length, random.nextInt(frame.length)));
            decode(bytes, "seed=" + seed + " round=" + round);
        }

        assertThat(decoded + refused).isEqualTo(ROUNDS);
    }

    @Test
    void shouldGiveOutcomeForDamagedFrames() {
        long seed = System.nanoTime();
        Random random = new Random(seed);

        for (int round = 0; round < ROUNDS; round++) {
            byte[] bytes = FRAMES.get(random.nextInt(FRAMES.size())).clone();
            for (int i = random.nextInt(4); i >= 0; i--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            }
            if (random.nextInt(4) == 0) {
                bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length * 2));
            }
            decode(bytes, "seed=" + seed + " round=" + round);
        }

        assertThat(decoded).isPositive();
        assertThat(refused).isPositive();
    }

    private void decode(byte[] bytes, String where) {
        recorded.messages.clear();
        try {
            adapter.onFrame(new UnsafeBuffer(bytes), 0, bytes.length, recorded);
            decoded++;
        } catch (WireException e) {
            refused++;
        } catch (RuntimeException e) {
            throw new AssertionError("exception came out: " + where, e);
        }
    }
}
