package org.stoneware.shell.link;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FrameChannelTest {
    @Test
    void shouldCutWhatIsTooLongForOneFrame() throws IOException {
        Bytes bytes = new Bytes(new byte[0]);
        byte[] body = new byte[Frame.MAX_BODY * 2 + 5];
        new Random(3).nextBytes(body);

        new FrameChannel(bytes).send(new Frame(Frame.Type.OUT, body));

        FrameChannel received = new FrameChannel(new Bytes(bytes.written.toByteArray()));
        ByteArrayOutputStream whole = new ByteArrayOutputStream();
        Frame frame;
        while ((frame = received.receive()) != null) {
            assertThat(frame.type()).isEqualTo(Frame.Type.OUT);
            whole.write(frame.body());
        }
        assertThat(whole.toByteArray()).isEqualTo(body);
    }

    @Test
    void shouldRefuseWhatIsNoFrame() {
        assertThatThrownBy(() -> receive(99, 0, 0, 0, 0)).hasMessageContaining("type=99");
        assertThatThrownBy(() -> receive(2, 0x7f, 0, 0, 0)).hasMessageContaining("length=");
        assertThatThrownBy(() -> receive(2, 0xff, 0, 0, 0)).hasMessageContaining("length=");
        assertThatThrownBy(() -> receive(2, 0, 0, 0, 9, 1)).hasMessageContaining("inside a frame");
    }

    @Test
    void shouldEndInOrderOrWithAnErrorWhateverArrives() {
        Random random = new Random(5);
        for (int i = 0; i < 5_000; i++) {
            byte[] noise = new byte[random.nextInt(64)];
            random.nextBytes(noise);
            FrameChannel channel = new FrameChannel(new Bytes(noise));
            try {
                int frames = 0;
                while (channel.receive() != null) {
                    frames++;
                }
                assertThat(frames).isLessThanOrEqualTo(noise.length);
            } catch (IOException e) {
                assertThat(e).hasMessageMatching(".*(frame).*");
            }
        }
    }

    private static void receive(int... bytes) throws IOException {
        byte[] all = new byte[bytes.length];
        for (int i = 0; i < all.length; i++) {
            all[i] = (byte) bytes[i];
        }
        new FrameChannel(new Bytes(all)).receive();
    }

    /** A channel over bytes in memory. */
    private static final class Bytes implements ByteChannel {
        final ByteArrayOutputStream written = new ByteArrayOutputStream();
        private final ByteArrayInputStream in;

        Bytes(byte[] readable) {
            this.in = new ByteArrayInputStream(readable);
        }

        @Override
        public int read(ByteBuffer into) {
            byte[] some = new byte[Math.min(7, into.remaining())];
            int read = in.read(some, 0, some.length);
            if (read > 0) {
                into.put(some, 0, read);
            }
            return read;
        }

        @Override
        public int write(ByteBuffer from) {
            int length = Math.min(100_000, from.remaining());
            byte[] some = new byte[length];
            from.get(some);
            written.write(some, 0, length);
            return length;
        }

        @Override
        public boolean isOpen() {
            return true;
        }

        @Override
        public void close() {}
    }
}
