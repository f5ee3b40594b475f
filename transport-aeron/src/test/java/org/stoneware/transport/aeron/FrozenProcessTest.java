package org.stoneware.transport.aeron;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.stoneware.spi.transport.Connection;
import org.stoneware.testkit.transport.TestFrames;
import org.stoneware.testkit.transport.TransportEnd;
import org.stoneware.testkit.transport.TransportRig;

/** The long form of what the clock tests say: a real process, really stopped. */
class FrozenProcessTest {
    private static final long FREEZE_NS = 15_000_000_000L;
    private static final int FRAMES = 100;
    private static final int LENGTH = 1000;

    private final TransportRig rig = new TransportRig(AeronTransportProvider::new, () -> 60_000, 16);

    @AfterEach
    void close() {
        rig.close();
    }

    @Test
    void shouldGoOnWithAProcessThatWasStoppedForFifteenSeconds() throws IOException, InterruptedException {
        TransportEnd here = rig.open("here", EchoProcess.loopback(0));
        try (EchoProcess other = EchoProcess.start(here.address())) {
            Connection connection = here.transport().connect(EchoProcess.spec(true, here.address(), other.address()));
            rig.await(connection::isConnected, "connected");
            send(here, connection, 0);

            signal("STOP", other);
            long thawNs = System.nanoTime() + FREEZE_NS;
            rig.await(() -> thawNs - System.nanoTime() < 0, "the freeze is over");
            signal("CONT", other);
            send(here, connection, FRAMES);

            List<byte[]> heard = here.heard(connection);
            for (int i = 0; i < 2 * FRAMES; i++) {
                assertThat(heard.get(i)).isEqualTo(TestFrames.frame(1, i, LENGTH));
            }
            assertThat(here.lossesInAll()).isZero();
        }
    }

    private void send(TransportEnd here, Connection connection, int first) {
        for (int i = first; i < first + FRAMES; i++) {
            byte[] frame = TestFrames.frame(1, i, LENGTH);
            rig.await(() -> here.trySend(connection, frame) > 0, "room for a frame");
        }
        rig.await(() -> here.heard(connection).size() == first + FRAMES, "all frames come back");
    }

    private static void signal(String name, EchoProcess to) throws IOException, InterruptedException {
        Process kill = new ProcessBuilder(
                        "kill", "-" + name, Long.toString(to.handle().pid()))
                .inheritIO()
                .start();
        assertThat(kill.waitFor()).isZero();
    }
}
