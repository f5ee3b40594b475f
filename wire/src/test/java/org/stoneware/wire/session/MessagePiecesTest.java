package org.stoneware.wire.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.stoneware.spi.transport.Connection;
import org.stoneware.spi.transport.ConnectionSpec;
import org.stoneware.spi.transport.FrameClaim;

/** {@link MessageSender} and {@link MessageAssembler} against each other. */
class MessagePiecesTest {
    private static final int LARGE = 20 * 1024 * 1024;

    private final NarrowConnection connection = new NarrowConnection();
    private final List<byte[]> arrived = new ArrayList<>();

    @Test
    void shouldCarryLargeMessageBetweenSmallOnesInOrder() {
        MessageSender sender = new MessageSender(connection, 64L * 1024 * 1024);
        MessageAssembler assembler = new MessageAssembler(LARGE);
        byte[] large = new byte[LARGE];
        new Random(7).nextBytes(large);
        List<byte[]> sent = List.of(new byte[] {1}, large, new byte[] {2, 2}, new byte[3_000], new byte[] {5});

        for (byte[] message : sent) {
            assertThat(sender.send(new UnsafeBuffer(message), 0, message.length))
                    .isTrue();
        }
        while (sender.hasBacklog() || !connection.frames.isEmpty()) {
            deliver(assembler);
            sender.doWork();
        }

        assertThat(arrived).hasSize(sent.size());
        for (int i = 0; i < sent.size(); i++) {
            assertThat(Arrays.equals(arrived.get(i), sent.get(i)))
                    .as("message %d", i)
                    .isTrue();
        }
        assertThat(sender.backlogBytes()).isZero();
    }

    @Test
    void shouldRefuseMoreThanItsBacklog() {
        MessageSender sender = new MessageSender(connection, 10_000);
        connection.capacity = 0;

        assertThat(sender.send(new UnsafeBuffer(new byte[9_000]), 0, 9_000)).isTrue();
        assertThat(sender.send(new UnsafeBuffer(new byte[1_000]), 0, 1_000)).isTrue();
        assertThat(sender.send(new UnsafeBuffer(new byte[1]), 0, 1)).isFalse();
    }

    @Test
    void shouldSaySoWhenTheConnectionIsClosed() {
        MessageSender sender = new MessageSender(connection, 10_000);
        connection.close();

        assertThat(sender.send(new UnsafeBuffer(new byte[1]), 0, 1)).isFalse();
    }

    @Test
    void shouldSurviveHostileFrames() {
        Random random = new Random(8);
        for (int round = 0; round < 2_000; round++) {
            MessageAssembler assembler = new MessageAssembler(4_096);
            int taken = 0;
            try {
                for (int i = 0; i < 8; i++) {
                    byte[] frame = new byte[random.nextInt(40)];
                    if (frame.length >= FrameHeader.LENGTH) {
                        int flags = random.nextInt(8) == 0 ? random.nextInt() : 64 * random.nextInt(4);
                        FrameHeader.write(new UnsafeBuffer(frame), 0, flags, random.nextInt(64) - 4);
                    }
                    assembler.onFrame(new UnsafeBuffer(frame), 0, frame.length, (buffer, offset, length) -> {
                        assertThat(length).isPositive();
                        assertThat(offset + length).isLessThanOrEqualTo(buffer.capacity());
                    });
                    taken++;
                }
            } catch (WireException e) {
                assertThat(taken).isLessThan(8);
            }
        }
    }

    private void deliver(MessageAssembler assembler) {
        byte[] frame;
        while ((frame = connection.frames.poll()) != null) {
            assembler.onFrame(new UnsafeBuffer(frame), 0, frame.length, (buffer, offset, length) -> {
                byte[] message = new byte[length];
                buffer.getBytes(offset, message);
                arrived.add(message);
            });
        }
    }

    /** Takes few frames before it asks for patience. */
    private static final class NarrowConnection implements Connection {
        final ArrayDeque<byte[]> frames = new ArrayDeque<>();
        int capacity = 16;
        private boolean isClosed;

        @Override
        public ConnectionSpec spec() {
            InetSocketAddress address = new InetSocketAddress(1);
            return new ConnectionSpec(1, 1, 1, true, address, address, ConnectionSpec.Purpose.CLIENT);
        }

        @Override
        public boolean isConnected() {
            return !isClosed;
        }

        @Override
        public int maxFrameLength() {
            return 1_408;
        }

        @Override
        public long tryClaim(int length, FrameClaim claim) {
            if (isClosed) {
                return CLOSED;
            }
            if (frames.size() >= capacity) {
                return BACK_PRESSURED;
            }
            byte[] frame = new byte[length];
            claim.set(new UnsafeBuffer(frame), 0, length, isCommitted -> {
                if (isCommitted) {
                    frames.add(frame);
                }
            });
            return length;
        }

        @Override
        public void close() {
            isClosed = true;
        }
    }
}
