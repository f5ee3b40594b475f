package org.stoneware.wire.liveness;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.stoneware.spi.liveness.Heartbeat;
import org.stoneware.spi.liveness.Hello;
import org.stoneware.spi.liveness.HelloReply;

/** Whatever arrives: an outcome, no exception, and no more memory than the message itself is allowed to need. */
class LivenessAdapterFuzzTest {
    private static final int ROUNDS = 30_000;
    private static final int MAX_ALLOCATED_BYTES = 2 * LivenessProtocol.MAX_GREETING_LENGTH;
    private static final List<byte[]> FRAMES = SampleMessages.allFrames();

    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private final LivenessAdapter adapter = new LivenessAdapter(new Ignoring());

    @Test
    void shouldGiveOutcomeForRandomBytes() {
        long seed = System.nanoTime();

        randomBytes(seed, Long.MAX_VALUE);
        randomBytes(seed, MAX_ALLOCATED_BYTES);
    }

    @Test
    void shouldGiveOutcomeForDamagedFrames() {
        long seed = System.nanoTime();

        damagedFrames(seed, Long.MAX_VALUE);
        damagedFrames(seed, MAX_ALLOCATED_BYTES);
    }

    /** The first pass of a seed loads classes, which takes memory too; only the second is measured. */
    private void randomBytes(long seed, long maxAllocatedBytes) {
        Random random = new Random(seed);
        for (int round = 0; round < ROUNDS; round++) {
            byte[] bytes = new byte[random.nextInt(200)];
            random.nextBytes(bytes);
            if (random.nextBoolean()) {
                plausibleHeader(bytes, random);
            }
            check(bytes, random.nextBoolean(), maxAllocatedBytes, "seed=" + seed + " round=" + round);
        }
    }

    private void damagedFrames(long seed, long maxAllocatedBytes) {
        Random random = new Random(seed);
        for (int round = 0; round < ROUNDS; round++) {
            byte[] bytes = FRAMES.get(random.nextInt(FRAMES.size())).clone();
            for (int i = random.nextInt(4); i >= 0; i--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            }
            if (random.nextInt(4) == 0) {
                bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length * 2));
            }
            check(bytes, random.nextBoolean(), maxAllocatedBytes, "seed=" + seed + " round=" + round);
        }
    }

    private void check(byte[] bytes, boolean isGreeted, long maxAllocatedBytes, String where) {
        UnsafeBuffer buffer = new UnsafeBuffer(bytes);
        long before = threads.getCurrentThreadAllocatedBytes();

        int consumed;
        try {
            consumed = adapter.onBytes(buffer, 0, bytes.length, isGreeted);
        } catch (RuntimeException e) {
            throw new AssertionError("exception came out: " + where, e);
        }

        long allocated = threads.getCurrentThreadAllocatedBytes() - before;
        assertThat(consumed).as(where).isBetween(LivenessAdapter.PROTOCOL_ERROR, bytes.length);
        assertThat(allocated).as("bytes allocated, %s", where).isLessThan(maxAllocatedBytes);
    }

    /** Gets random bytes past the header, to where lengths are read. */
    private static void plausibleHeader(byte[] bytes, Random random) {
        byte[] frame = FRAMES.get(random.nextInt(FRAMES.size()));
        System.arraycopy(frame, 0, bytes, 0, Math.min(bytes.length, LivenessProtocol.PREAMBLE_LENGTH));
        if (bytes.length > LivenessProtocol.PREAMBLE_LENGTH) {
            new UnsafeBuffer(bytes).putInt(0, bytes.length - 4, ByteOrder.LITTLE_ENDIAN);
        }
    }

    /** Reads every byte it is given. */
    private static final class Ignoring implements LivenessMessageListener {
        private int sum;

        @Override
        public void onHello(Hello hello) {
            sum += hello.name().length();
        }

        @Override
        public void onReply(HelloReply reply) {
            sum += reply.reason().length();
        }

        @Override
        public void onHeartbeat(Heartbeat heartbeat) {
            sum += heartbeat.activeAddress().length();
        }

        @Override
        public void onMessage(DirectBuffer buffer, int offset, int length) {
            for (int i = 0; i < length; i++) {
                sum += buffer.getByte(offset + i);
            }
        }

        @Override
        public void onGoodbye(long incarnation, String reason) {
            sum += reason.length();
        }

        @Override
        public void onChallenge(byte[] nonce, byte[] proof) {
            sum += nonce[LivenessProtocol.NONCE_LENGTH - 1] + proof[LivenessProtocol.PROOF_LENGTH - 1];
        }

        @Override
        public void onProof(byte[] proof) {
            sum += proof[LivenessProtocol.PROOF_LENGTH - 1];
        }

        @Override
        public void onSealed(byte[] mac, DirectBuffer buffer, int offset, int length) {
            sum += mac[LivenessProtocol.MAC_LENGTH - 1];
            onMessage(buffer, offset, length);
        }
    }
}
