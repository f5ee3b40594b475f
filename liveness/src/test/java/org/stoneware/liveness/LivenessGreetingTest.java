package org.stoneware.liveness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.stoneware.liveness.RecordingListener.Event;
import org.stoneware.spi.liveness.Hello;
import org.stoneware.spi.liveness.HelloReply;
import org.stoneware.spi.liveness.LivenessLink;
import org.stoneware.spi.liveness.LivenessListener.CloseCause;

class LivenessGreetingTest {
    private static final long CONNECT_TIMEOUT_NS = 20_000_000_000L;

    private final List<TcpLivenessNetwork> networks = new ArrayList<>();
    private final TcpLivenessNetwork serverSide = network(LivenessSettings.defaults());
    private final TcpLivenessNetwork callerSide = network(LivenessSettings.defaults());
    private final RecordingListener server = new RecordingListener();
    private final RecordingListener caller = new RecordingListener();

    @AfterEach
    void closeNetworks() {
        networks.forEach(TcpLivenessNetwork::close);
    }

    @ParameterizedTest
    @EnumSource(Hello.Kind.class)
    void shouldGreetEveryKindOfCallerAndExchangeHeartbeats(Hello.Kind kind) {
        Hello hello = Greetings.hello(kind, 17);
        InetSocketAddress address = serverSide.listen(Greetings.anyPort(), server.replying(Greetings.ACCEPTED));

        connect(address, caller.sayingHello(hello));

        assertThat(server.await(Event.HelloHeard.class).hello().name()).isEqualTo("caller");
        assertThat(caller.await(Event.Replied.class).reply().status()).isEqualTo(HelloReply.Status.ACCEPTED);
        assertThat(server.await(Event.Beat.class).heartbeat().incarnation()).isEqualTo(17);
        assertThat(caller.await(Event.Beat.class).heartbeat().incarnation()).isEqualTo(99);
    }

    @Test
    void shouldTellCallerTheTimesOfItsKind() {
        InetSocketAddress address = serverSide.listen(Greetings.anyPort(), server.replying(Greetings.ACCEPTED));
        RecordingListener peer = new RecordingListener();

        connect(address, caller.sayingHello(Greetings.VALVE_HELLO));
        connect(address, peer.sayingHello(Greetings.SERVER_HELLO));

        assertThat(caller.await(Event.Replied.class).reply().heartbeatMs()).isEqualTo(250);
        assertThat(peer.await(Event.Replied.class).reply().heartbeatMs()).isEqualTo(50);
    }

    @ParameterizedTest
    @EnumSource(value = HelloReply.Status.class, mode = EnumSource.Mode.EXCLUDE, names = "ACCEPTED")
    void shouldTellCallerWhyItIsNotTakenInAndClose(HelloReply.Status status) {
        InetSocketAddress address = serverSide.listen(Greetings.anyPort(), server.replying(Greetings.reply(status)));

        connect(address, caller.sayingHello(Greetings.VALVE_HELLO));

        HelloReply reply = caller.await(Event.Replied.class).reply();
        assertThat(reply.status()).isEqualTo(status);
        assertThat(reply.reason()).isEqualTo("why");
        assertThat(reply.activeAddress()).isEqualTo("a:1");
        assertThat(caller.await(Event.Closed.class).cause()).isEqualTo(CloseCause.CLOSED_HERE);
        assertThat(server.await(Event.Closed.class).cause()).isEqualTo(CloseCause.CLOSED_HERE);
    }

    @Test
    void shouldCarryMessagesOfAllLengthsBothWaysInOrder() {
        InetSocketAddress address = serverSide.listen(Greetings.anyPort(), server.replying(Greetings.ACCEPTED));
        connect(address, caller.sayingHello(Greetings.SERVER_HELLO));
        LivenessLink callerLink = caller.await(Event.Replied.class).link();
        LivenessLink serverLink = server.await(Event.Beat.class).link();

        for (int length : new int[] {0, 1, 2000, 2048, 4097, LivenessLink.MAX_MESSAGE_LENGTH, 3}) {
            byte[] content = content(length);

            assertThat(callerLink.sendMessage(new UnsafeBuffer(content), 0, length))
                    .isTrue();
            assertThat(serverLink.sendMessage(new UnsafeBuffer(content), 0, length))
                    .isTrue();

            assertThat(server.await(Event.Message.class).bytes()).isEqualTo(content);
            assertThat(caller.await(Event.Message.class).bytes()).isEqualTo(content);
        }
    }

    @Test
    void shouldRefuseMessageBeforeGreetingAndAfterClose() {
        InetSocketAddress address = serverSide.listen(Greetings.anyPort(), server);
        connect(address, caller);
        LivenessLink link = caller.await(Event.Connected.class).link();
        UnsafeBuffer content = new UnsafeBuffer(new byte[1]);

        assertThat(link.sendMessage(content, 0, 1)).isFalse();
        link.close();
        assertThat(link.sendMessage(content, 0, 1)).isFalse();
    }

    @Test
    void shouldRefuseMessageThatIsTooLong() {
        InetSocketAddress address = serverSide.listen(Greetings.anyPort(), server);
        connect(address, caller);
        LivenessLink link = caller.await(Event.Connected.class).link();
        UnsafeBuffer content = new UnsafeBuffer(new byte[LivenessLink.MAX_MESSAGE_LENGTH + 1]);

        assertThatThrownBy(() -> link.sendMessage(content, 0, content.capacity()))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void shouldRefuseSecondHelloAndReplyOutOfTurn() {
        InetSocketAddress address = serverSide.listen(Greetings.anyPort(), server);
        connect(address, caller.sayingHello(Greetings.VALVE_HELLO));
        LivenessLink link = caller.await(Event.Connected.class).link();
        server.await(Event.HelloHeard.class);

        assertThatThrownBy(() -> link.sendHello(Greetings.VALVE_HELLO)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> link.sendReply(Greetings.ACCEPTED)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void shouldTakeReplyGivenLaterByAnotherThread() {
        InetSocketAddress address = serverSide.listen(Greetings.anyPort(), server);
        connect(address, caller.sayingHello(Greetings.VALVE_HELLO));

        server.await(Event.HelloHeard.class).link().sendReply(Greetings.ACCEPTED);

        assertThat(caller.await(Event.Replied.class).reply().serverName()).isEqualTo("Server1");
    }

    @Test
    void shouldCloseConnectionThatSaysNothing() throws IOException {
        TcpLivenessNetwork impatient = network(LivenessSettings.defaults().withTimeouts(50, 1000, 1000));
        InetSocketAddress address = impatient.listen(Greetings.anyPort(), server);

        try (RawPeer stranger = new RawPeer(address)) {
            stranger.awaitEnd();
        }

        assertThat(impatient.protocolErrors()).isOne();
        assertThat(server.rest()).isEmpty();
    }

    @Test
    void shouldCloseConnectionWhoseHelloIsNotAnswered() {
        TcpLivenessNetwork impatient = network(LivenessSettings.defaults().withTimeouts(50, 1000, 1000));
        InetSocketAddress address = serverSide.listen(Greetings.anyPort(), server);

        impatient.connect(
                "127.0.0.1", address.getPort(), CONNECT_TIMEOUT_NS, caller.sayingHello(Greetings.VALVE_HELLO));

        Event.Closed closed = caller.await(Event.Closed.class);
        assertThat(closed.cause()).isEqualTo(CloseCause.CLOSED_HERE);
        assertThat(closed.reason()).contains("AWAIT_REPLY");
    }

    @Test
    void shouldCloseOldestStrangerWhenTooManySayNothing() throws IOException {
        TcpLivenessNetwork bounded = network(LivenessSettings.defaults().withBounds(3, 100, 1 << 20));
        InetSocketAddress address = bounded.listen(Greetings.anyPort(), server.replying(Greetings.ACCEPTED));
        List<RawPeer> strangers = new ArrayList<>();

        for (int i = 0; i < 4; i++) {
            strangers.add(new RawPeer(address));
        }
        strangers.get(0).awaitEnd();
        strangers.get(3).send(Greetings.VALVE_HELLO);

        assertThat(strangers.get(3).await(HelloReply.class).status()).isEqualTo(HelloReply.Status.ACCEPTED);
        for (RawPeer stranger : strangers) {
            stranger.close();
        }
    }

    @Test
    void shouldCloseConnectionsBeyondTheMaximum() throws IOException {
        TcpLivenessNetwork bounded = network(LivenessSettings.defaults().withBounds(10, 1, 1 << 20));
        InetSocketAddress address = bounded.listen(Greetings.anyPort(), server.replying(Greetings.ACCEPTED));

        try (RawPeer first = RawPeer.greeting(address);
                RawPeer second = new RawPeer(address)) {
            second.awaitEnd();
            first.send(Greetings.BEAT);

            assertThat(server.await(Event.Beat.class).heartbeat()).isEqualTo(Greetings.BEAT);
        }
    }

    private TcpLivenessNetwork network(LivenessSettings settings) {
        TcpLivenessNetwork network = new TcpLivenessNetwork(settings, "liveness-test");
        networks.add(network);
        return network;
    }

    private void connect(InetSocketAddress address, RecordingListener listener) {
        callerSide.connect("127.0.0.1", address.getPort(), CONNECT_TIMEOUT_NS, listener);
    }

    private static byte[] content(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return Arrays.copyOf(bytes, length);
    }
}
