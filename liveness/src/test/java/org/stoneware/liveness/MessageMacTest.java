package org.stoneware.liveness;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.util.ArrayList;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.stoneware.wire.liveness.LivenessProtocol;
import org.stoneware.wire.liveness.LivenessPublisher;

class MessageMacTest {
    private final WriteQueue queue = new WriteQueue(1 << 20);
    private final MessageMac receiving = Keys.messages();
    private final Taker taker = new Taker();

    MessageMacTest() {
        queue.stampWith(Keys.messages());
    }

    @Test
    void shouldNumberMessagesInTheOrderTheyAreWritten() throws IOException {
        queue.offer(sealed(1));
        queue.offer(sealed(2));
        queue.writeTo(taker);
        queue.writeAhead(sealed(3), taker);
        queue.offer(sealed(4));
        queue.writeTo(taker);

        assertThat(taker.written).allMatch(this::isGenuine).hasSize(4);
    }

    @Test
    void shouldNotUseUpTheNumberOfMessageThatWasDropped() throws IOException {
        taker.isFull = true;
        assertThat(queue.writeAhead(sealed(1), taker)).isFalse();
        taker.isFull = false;
        taker.written.clear();

        queue.offer(sealed(2));
        queue.writeTo(taker);

        assertThat(taker.written).allMatch(this::isGenuine).hasSize(1);
    }

    @Test
    void shouldLeavePlainMessagesAlone() throws IOException {
        byte[] bytes = new byte[64];
        int length = new LivenessPublisher().goodbye(1, "end", new UnsafeBuffer(bytes), 0);
        ByteBuffer before = ByteBuffer.wrap(bytes.clone(), 0, length);

        queue.offer(ByteBuffer.wrap(bytes, 0, length));
        queue.writeTo(taker);

        assertThat(taker.written).containsExactly(before);
    }

    @Test
    void shouldNotTakeMessagesOutOfTurnOrTwiceOrChanged() throws IOException {
        queue.offer(sealed(1));
        queue.offer(sealed(2));
        queue.writeTo(taker);
        ByteBuffer first = taker.written.get(0);
        ByteBuffer second = taker.written.get(1);
        ByteBuffer changed =
                ByteBuffer.allocate(first.remaining()).put(first.duplicate()).flip();
        changed.put(changed.limit() - 1, (byte) 77);

        assertThat(isGenuine(second)).isFalse();
        assertThat(isGenuine(changed)).isFalse();
        assertThat(isGenuine(first)).isTrue();
        assertThat(isGenuine(first)).isFalse();
        assertThat(isGenuine(second)).isTrue();
    }

    private boolean isGenuine(ByteBuffer sealed) {
        byte[] code = new byte[LivenessProtocol.MAC_LENGTH];
        sealed.get(LivenessProtocol.MAC_OFFSET, code);
        return receiving.isGenuine(
                code,
                new UnsafeBuffer(sealed.array()),
                LivenessProtocol.SEAL_LENGTH,
                sealed.limit() - LivenessProtocol.SEAL_LENGTH);
    }

    private static ByteBuffer sealed(int content) {
        byte[] bytes = new byte[128];
        UnsafeBuffer buffer = new UnsafeBuffer(bytes);
        LivenessPublisher publisher = new LivenessPublisher();
        int length = publisher.message(
                new UnsafeBuffer(new byte[] {(byte) content}), 0, 1, buffer, LivenessProtocol.SEAL_LENGTH);
        return ByteBuffer.wrap(bytes, 0, publisher.seal(buffer, 0, length));
    }

    /** Takes all or nothing. */
    private static final class Taker implements WritableByteChannel {
        final List<ByteBuffer> written = new ArrayList<>();
        boolean isFull;

        @Override
        public int write(ByteBuffer source) {
            if (isFull) {
                return 0;
            }
            int count = source.remaining();
            written.add(ByteBuffer.allocate(count).put(source).flip());
            return count;
        }

        @Override
        public boolean isOpen() {
            return true;
        }

        @Override
        public void close() {}
    }
}
