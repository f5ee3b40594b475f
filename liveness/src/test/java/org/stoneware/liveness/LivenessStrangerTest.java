package org.stoneware.liveness;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.stoneware.liveness.RecordingListener.Event;
import org.stoneware.spi.liveness.LivenessLink;
import org.stoneware.spi.liveness.LivenessListener.CloseCause;

/** What does not speak the protocol, or does not play by its rules, loses its connection and disturbs nobody. */
class LivenessStrangerTest {
    private final TcpLivenessNetwork network = new TcpLivenessNetwork(
            LivenessSettings.defaults().withValveBeat(20, 60_000).withTimeouts(20_000, 100, 1000), "liveness-test");
    private final RecordingListener listener = new RecordingListener().replying(Greetings.ACCEPTED);
    private InetSocketAddress address;

    @BeforeEach
    void listen() {
        address = network.listen(Greetings.anyPort(), listener);
    }

    @AfterEach
    void closeNetwork() {
        network.close();
    }

    @Test
    void shouldCloseAndCountHttpRequest() throws IOException {
        try (RawPeer browser = new RawPeer(address)) {
            browser.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            browser.awaitEnd();
        }

        assertThat(network.protocolErrors()).isOne();
        assertThat(listener.rest()).isEmpty();
    }

    @Test
    void shouldSurviveManyConnectionsOfRandomBytesAndStillGreet() throws IOException {
        long seed = System.nanoTime();
        Random random = new Random(seed);

        for (int i = 0; i < 100; i++) {
            byte[] bytes = new byte[4 + random.nextInt(500)];
            random.nextBytes(bytes);
            // A length that no greeting has, so that each is refused by its first bytes.
            bytes[3] |= 1;
            try (RawPeer stranger = new RawPeer(address)) {
                stranger.send(bytes);
                stranger.awaitEnd();
            }
        }

        assertThat(network.protocolErrors()).as("seed=%d", seed).isEqualTo(100);
        RawPeer.greeting(address).close();
    }

    @Test
    void shouldNotWaitForBodyOfOversizedHello() throws IOException {
        try (RawPeer stranger = new RawPeer(address)) {
            stranger.send(new byte[] {0, 0x30, 0, 0});
            stranger.awaitEnd();
        }

        assertThat(network.protocolErrors()).isOne();
    }

    @Test
    void shouldCloseOnHeartbeatBeforeHello() throws IOException {
        try (RawPeer stranger = new RawPeer(address)) {
            stranger.send(Greetings.BEAT);
            stranger.awaitEnd();
        }

        assertThat(network.protocolErrors()).isOne();
    }

    @Test
    void shouldCloseOnSecondHelloAndTellTheListener() throws IOException {
        try (RawPeer peer = RawPeer.greeting(address)) {
            peer.send(Greetings.VALVE_HELLO);

            assertThat(listener.await(Event.Closed.class).cause()).isEqualTo(CloseCause.PROTOCOL_ERROR);
            peer.awaitEnd();
        }
    }

    @Test
    void shouldTellListenerOfGarbageAfterGreeting() throws IOException {
        try (RawPeer peer = RawPeer.greeting(address)) {
            peer.send("garbage garbage".getBytes(StandardCharsets.US_ASCII));

            assertThat(listener.await(Event.Closed.class).cause()).isEqualTo(CloseCause.PROTOCOL_ERROR);
        }
    }

    @Test
    @Timeout(RecordingListener.WAIT_SEC)
    void shouldRefuseMessagesAndThenCloseWhenPeerDoesNotRead() throws IOException {
        try (RawPeer peer = RawPeer.greeting(address)) {
            LivenessLink link = listener.await(Event.HelloHeard.class).link();
            UnsafeBuffer content = new UnsafeBuffer(new byte[LivenessLink.MAX_MESSAGE_LENGTH]);

            int refused = 0;
            while (listener.rest().stream().noneMatch(Event.Closed.class::isInstance)) {
                refused += link.sendMessage(content, 0, content.capacity()) ? 0 : 1;
            }

            assertThat(refused).isPositive();
            Event.Closed closed = listener.await(Event.Closed.class);
            assertThat(closed.cause()).isEqualTo(CloseCause.CLOSED_HERE);
            assertThat(closed.reason()).contains("does not read");
        }
    }

    @Test
    void shouldDecodeGreetingThatComesByteByByte() throws IOException {
        try (RawPeer slow = new RawPeer(address)) {
            byte[] frame = new byte[8192];
            int length = new org.stoneware.wire.liveness.LivenessPublisher()
                    .hello(Greetings.VALVE_HELLO, new UnsafeBuffer(frame), 0);
            for (int i = 0; i < length; i++) {
                slow.send(new byte[] {frame[i]});
            }

            listener.await(Event.HelloHeard.class);
        }
    }
}
