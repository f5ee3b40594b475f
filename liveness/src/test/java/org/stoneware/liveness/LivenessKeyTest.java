package org.stoneware.liveness;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.api.config.ArrayKey;
import org.stoneware.liveness.RecordingListener.Event;
import org.stoneware.spi.liveness.Heartbeat;
import org.stoneware.spi.liveness.Hello;
import org.stoneware.spi.liveness.HelloReply;
import org.stoneware.spi.liveness.LivenessLink;
import org.stoneware.spi.liveness.LivenessListener.CloseCause;

/** Who is taken in, and what is believed, when the ends hold an array's key. */
class LivenessKeyTest {
    private static final long CONNECT_TIMEOUT_NS = 20_000_000_000L;
    private static final ArrayKey KEY = Keys.ARRAY;
    private static final HelloReply GRANTED = Greetings.ACCEPTED.withKey(0x1112131415161718L, 0x2122232425262728L);
    private static final Heartbeat ACTIVE = new Heartbeat(99, 0, ServerRole.ACTIVE_COORDINATOR, 7, "a:1");

    private final List<TcpLivenessNetwork> networks = new ArrayList<>();
    private final RecordingListener server = new RecordingListener().replying(GRANTED);
    private final RecordingListener caller = new RecordingListener();

    @AfterEach
    void closeNetworks() {
        networks.forEach(TcpLivenessNetwork::close);
    }

    @ParameterizedTest
    @EnumSource(Hello.Kind.class)
    void shouldGreetEveryKindOfCallerWithTheSameKey(Hello.Kind kind) {
        InetSocketAddress address = listen(KEY);

        connect(KEY, address, Greetings.hello(kind, 17));

        assertThat(server.await(Event.HelloHeard.class).hello().kind()).isEqualTo(kind);
        HelloReply reply = caller.await(Event.Replied.class).reply();
        assertThat(reply.status()).isEqualTo(HelloReply.Status.ACCEPTED);
        assertThat(reply.keyHigh()).isEqualTo(GRANTED.keyHigh());
        assertThat(reply.keyLow()).isEqualTo(GRANTED.keyLow());
        assertThat(server.await(Event.Beat.class).heartbeat().incarnation()).isEqualTo(17);
        assertThat(caller.await(Event.Beat.class).heartbeat().incarnation()).isEqualTo(99);
    }

    @Test
    void shouldCarryMessagesOfAllLengthsBothWaysAmongHeartbeats() {
        connect(KEY, listen(KEY), Greetings.SERVER_HELLO);
        LivenessLink callerLink = caller.await(Event.Replied.class).link();
        LivenessLink serverLink = server.await(Event.Beat.class).link();

        for (int length : new int[] {0, 1, 2000, 2048, 4097, LivenessLink.MAX_MESSAGE_LENGTH, 3}) {
            byte[] content = new byte[length];
            new Random(length).nextBytes(content);

            assertThat(callerLink.sendMessage(new UnsafeBuffer(content), 0, length))
                    .isTrue();
            assertThat(serverLink.sendMessage(new UnsafeBuffer(content), 0, length))
                    .isTrue();

            assertThat(server.await(Event.Message.class).bytes()).isEqualTo(content);
            assertThat(caller.await(Event.Message.class).bytes()).isEqualTo(content);
            caller.await(Event.Beat.class);
            server.await(Event.Beat.class);
        }
    }

    @Test
    void shouldTellGoodbyeOfProvenEnd() {
        connect(KEY, listen(KEY), Greetings.SERVER_HELLO);
        caller.await(Event.Replied.class);

        server.await(Event.HelloHeard.class).link().goodbye("stopped by operator");

        Event.Closed closed = caller.await(Event.Closed.class);
        assertThat(closed.cause()).isEqualTo(CloseCause.GOODBYE);
        assertThat(closed.reason()).isEqualTo("stopped by operator");
    }

    @Test
    void shouldTellProvenCallerWhyItIsNotTakenIn() {
        server.replying(Greetings.reply(HelloReply.Status.NOT_ACTIVE));

        connect(KEY, listen(KEY), Greetings.VALVE_HELLO);

        HelloReply reply = caller.await(Event.Replied.class).reply();
        assertThat(reply.status()).isEqualTo(HelloReply.Status.NOT_ACTIVE);
        assertThat(reply.activeAddress()).isEqualTo("a:1");
    }

    @Test
    void shouldRefuseCallerWithoutKeyInWordsAndTellItWhoIsActive() {
        InetSocketAddress address = listen(KEY);
        networks.get(0).status(ACTIVE);

        connect(null, address, Greetings.VALVE_HELLO);

        HelloReply reply = caller.await(Event.Replied.class).reply();
        assertThat(reply.status()).isEqualTo(HelloReply.Status.REFUSED);
        assertThat(reply.reason()).contains("copy this server's conf/array.key");
        assertThat(reply.role()).isEqualTo(ServerRole.ACTIVE_COORDINATOR);
        assertThat(reply.epoch()).isEqualTo(7);
        caller.await(Event.Closed.class);
        assertThat(server.rest()).isEmpty();
        assertThat(networks.get(0).protocolErrors()).isOne();
    }

    @Test
    void shouldNotBelieveServerWithoutKey() {
        InetSocketAddress address = listen(null);
        networks.get(0).status(ACTIVE);

        connect(KEY, address, Greetings.VALVE_HELLO);

        assertNothingBelieved(caller.await(Event.Replied.class).reply(), "no proof came");
        assertThat(caller.await(Event.Closed.class).cause()).isEqualTo(CloseCause.CLOSED_HERE);
        assertThat(server.rest()).isEmpty();
    }

    @Test
    void shouldRefuseEachOtherWithDifferentKeys() {
        InetSocketAddress address = listen(Keys.OTHER);

        connect(KEY, address, Greetings.VALVE_HELLO);

        assertNothingBelieved(caller.await(Event.Replied.class).reply(), "another array.key");
        assertThat(caller.await(Event.Closed.class).cause()).isEqualTo(CloseCause.CLOSED_HERE);
        assertThat(server.rest()).isEmpty();
    }

    @Test
    void shouldNotBelieveServerThatAcceptsWithoutProof() throws IOException {
        try (ServerSocket impostor = impostor()) {
            connect(KEY, addressOf(impostor), Greetings.SERVER_HELLO);

            try (RawPeer called = RawPeer.accept(impostor)) {
                called.await(Hello.class);
                called.send(Greetings.ACCEPTED);

                assertNothingBelieved(caller.await(Event.Replied.class).reply(), "no proof came");
                called.awaitEnd();
            }
        }
    }

    @Test
    void shouldNotTakeTheCallersProofForTheServers() throws IOException {
        try (ServerSocket impostor = impostor()) {
            connect(KEY, addressOf(impostor), Greetings.SERVER_HELLO);

            try (RawPeer called = RawPeer.accept(impostor)) {
                ProofExchange exchange = Keys.exchange(KEY);
                ProvenKeys keys = exchange.onHello(called.await(Hello.class));
                called.sendChallenge(exchange.nonce(), keys.callerProof());

                assertNothingBelieved(caller.await(Event.Replied.class).reply(), "another array.key");
            }
        }
    }

    @Test
    void shouldTakeNoEvidenceFromGoodbyeOfUnprovenServer() throws IOException {
        try (ServerSocket impostor = impostor()) {
            connect(KEY, addressOf(impostor), Greetings.SERVER_HELLO);

            try (RawPeer called = RawPeer.accept(impostor)) {
                called.await(Hello.class);
                called.sendGoodbye("I am dead, take over");

                assertThat(caller.await(Event.Closed.class).cause()).isEqualTo(CloseCause.CLOSED_HERE);
            }
        }
    }

    @Test
    void shouldRefuseItsOwnGreetingSentBackToIt() throws IOException {
        InetSocketAddress address = listen(KEY);
        try (ServerSocket mirror = impostor()) {
            networks.get(0)
                    .connect(
                            "127.0.0.1",
                            mirror.getLocalPort(),
                            CONNECT_TIMEOUT_NS,
                            caller.sayingHello(Greetings.SERVER_HELLO));

            try (RawPeer called = RawPeer.accept(mirror);
                    RawPeer back = new RawPeer(address)) {
                back.send(called.await(Hello.class));

                assertThat(back.await(HelloReply.class).reason()).contains("sent back");
                assertThat(server.rest()).isEmpty();
            }
        }
    }

    @Test
    void shouldRefuseGreetingRecordedEarlier() throws Exception {
        InetSocketAddress address = listen(KEY);
        byte[] recorded;
        try (Relay relay = new Relay(address)) {
            connect(KEY, relay.address(), Greetings.SERVER_HELLO);
            caller.await(Event.Replied.class);
            recorded = relay.saidByCaller();
        }
        server.await(Event.Closed.class);

        try (RawPeer replaying = new RawPeer(address)) {
            replaying.send(recorded);

            replaying.await(RawPeer.Challenge.class);
            assertThat(replaying.await(HelloReply.class).status()).isEqualTo(HelloReply.Status.REFUSED);
            assertThat(server.rest()).isEmpty();
        }
    }

    @Test
    void shouldRefuseMessagesBeforeTheProof() throws IOException {
        try (RawPeer peer = new RawPeer(listen(KEY))) {
            peer.send(Keys.exchange(KEY).withNonce(Greetings.SERVER_HELLO));
            peer.await(RawPeer.Challenge.class);

            peer.send(Greetings.BEAT);

            peer.awaitEnd();
            assertThat(server.rest()).isEmpty();
        }
    }

    @Test
    void shouldRefuseWrongProof() throws IOException {
        try (RawPeer peer = new RawPeer(listen(KEY))) {
            peer.send(Keys.exchange(KEY).withNonce(Greetings.SERVER_HELLO));
            RawPeer.Challenge challenge = peer.await(RawPeer.Challenge.class);

            // What the server itself has said is no proof of the caller.
            peer.sendProof(challenge.proof());

            assertThat(peer.await(HelloReply.class).status()).isEqualTo(HelloReply.Status.REFUSED);
            assertThat(server.rest()).isEmpty();
        }
    }

    @Test
    void shouldRefuseHelloChangedOnItsWay() throws IOException {
        ProofExchange exchange = Keys.exchange(KEY);
        Hello genuine = exchange.withNonce(Greetings.VALVE_HELLO);
        Hello changed = exchange.withNonce(Greetings.SERVER_HELLO);
        try (RawPeer peer = new RawPeer(listen(KEY))) {
            peer.send(changed);
            RawPeer.Challenge challenge = peer.await(RawPeer.Challenge.class);

            assertThat(exchange.onChallenge(genuine, challenge.nonce(), challenge.proof()))
                    .isNull();
            assertThat(exchange.onChallenge(changed, challenge.nonce(), challenge.proof()))
                    .isNotNull();
        }
    }

    private static void assertNothingBelieved(HelloReply reply, String reason) {
        assertThat(reply.status()).isEqualTo(HelloReply.Status.REFUSED);
        assertThat(reply.reason()).contains(reason);
        assertThat(reply.role()).isEqualTo(ServerRole.START);
        assertThat(reply.epoch()).isZero();
        assertThat(reply.incarnation()).isZero();
        assertThat(reply.activeAddress()).isEmpty();
    }

    private InetSocketAddress listen(@Nullable ArrayKey key) {
        return network(key).listen(Greetings.anyPort(), server);
    }

    private void connect(@Nullable ArrayKey key, InetSocketAddress address, Hello hello) {
        network(key).connect("127.0.0.1", address.getPort(), CONNECT_TIMEOUT_NS, caller.sayingHello(hello));
    }

    private TcpLivenessNetwork network(@Nullable ArrayKey key) {
        TcpLivenessNetwork network = new TcpLivenessNetwork(
                LivenessSettings.defaults().withServerBeat(20, 20_000).withValveBeat(20, 20_000), "liveness-test", key);
        networks.add(network);
        return network;
    }

    private static ServerSocket impostor() throws IOException {
        return new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
    }

    private static InetSocketAddress addressOf(ServerSocket socket) {
        return new InetSocketAddress(socket.getInetAddress(), socket.getLocalPort());
    }
}
