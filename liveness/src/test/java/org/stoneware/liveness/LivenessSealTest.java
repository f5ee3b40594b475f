package org.stoneware.liveness;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.liveness.RecordingListener.Event;
import org.stoneware.spi.liveness.Heartbeat;
import org.stoneware.spi.liveness.HelloReply;
import org.stoneware.spi.liveness.LivenessLink;
import org.stoneware.spi.liveness.LivenessListener.CloseCause;
import org.stoneware.wire.liveness.LivenessPublisher;

/** What somebody on the path of a proven connection between two servers can't do. */
class LivenessSealTest {
    private static final int SEALED = 8;
    private static final long DATA_KEY = 0x1112131415161718L;
    private static final byte[] VOTE = "vote in epoch 8".getBytes(StandardCharsets.US_ASCII);
    /** By which a forger would depose the active. */
    private static final Heartbeat HIGHER_EPOCH = new Heartbeat(17, 0, ServerRole.ACTIVE_COORDINATOR, 999, "evil:1");

    private final LivenessSettings settings =
            LivenessSettings.defaults().withServerBeat(10_000, 60_000).withValveBeat(10_000, 60_000);
    private final TcpLivenessNetwork called = new TcpLivenessNetwork(settings, "liveness-called", Keys.ARRAY);
    private final TcpLivenessNetwork calling = new TcpLivenessNetwork(settings, "liveness-calling", Keys.ARRAY);
    private final RecordingListener server = new RecordingListener();
    private final RecordingListener caller = new RecordingListener();
    private Relay relay;
    private LivenessLink callerLink;
    private LivenessLink serverLink;

    @BeforeEach
    void listen() throws Exception {
        InetSocketAddress address =
                called.listen(Greetings.anyPort(), server.replying(Greetings.ACCEPTED.withKey(DATA_KEY, DATA_KEY)));
        relay = new Relay(address);
    }

    @AfterEach
    void close() throws Exception {
        relay.close();
        called.close();
        calling.close();
    }

    @Test
    void shouldNotShowTheDataKeyToWhoReadsTheConnection() {
        greet();

        byte[] plain = ByteBuffer.allocate(Long.BYTES)
                .order(java.nio.ByteOrder.LITTLE_ENDIAN)
                .putLong(DATA_KEY)
                .array();
        assertThat(HexFormat.of().formatHex(relay.saidByCalled()))
                .doesNotContain(HexFormat.of().formatHex(plain));
    }

    @Test
    void shouldNotTakeReplyChangedOnItsWay() {
        relay.damageNextOfCalled(SEALED);

        connect();

        assertThat(caller.await(Event.Closed.class).cause()).isEqualTo(CloseCause.PROTOCOL_ERROR);
        assertThat(caller.rest()).noneMatch(Event.Replied.class::isInstance);
    }

    @Test
    void shouldNotTakeMessageChangedOnItsWay() {
        greet();
        relay.damageNextOfCalled(SEALED);

        send(serverLink);

        assertCallerHearsNothingAndCloses();
    }

    @Test
    void shouldNotTakeForgedHeartbeatWithHigherEpoch() throws Exception {
        greet();

        relay.sendToCalled(frame((publisher, buffer) -> publisher.heartbeat(HIGHER_EPOCH, buffer, 0)));

        assertServerHearsNothingAndCloses();
    }

    @Test
    void shouldNotTakeForgedElectionMessage() throws Exception {
        greet();

        relay.sendToCalled(
                frame((publisher, buffer) -> publisher.message(new UnsafeBuffer(VOTE), 0, VOTE.length, buffer, 0)));

        assertServerHearsNothingAndCloses();
    }

    @Test
    void shouldNotTakeForgedElectionMessageInASealOfItsOwnMaking() throws Exception {
        greet();

        relay.sendToCalled(frame((publisher, buffer) ->
                publisher.seal(buffer, 0, publisher.message(new UnsafeBuffer(VOTE), 0, VOTE.length, buffer, 32))));

        assertServerHearsNothingAndCloses();
    }

    @Test
    void shouldNotTakeForgedGoodbyeForEvidence() throws Exception {
        greet();

        relay.sendToCaller(frame((publisher, buffer) -> publisher.goodbye(99, "stopped", buffer, 0)));

        assertThat(caller.await(Event.Closed.class).cause()).isEqualTo(CloseCause.PROTOCOL_ERROR);
    }

    @Test
    void shouldNotTakeMessageRepeatedByTheNetwork() throws Exception {
        greet();
        byte[] before = relay.saidByCalled();
        send(serverLink);
        assertThat(caller.await(Event.Message.class).bytes()).isEqualTo(VOTE);
        byte[] after = relay.saidByCalled();

        relay.sendToCaller(Arrays.copyOfRange(after, before.length, after.length));

        assertCallerHearsNothingAndCloses();
    }

    @Test
    void shouldNotTakeItsOwnMessageSentBack() throws Exception {
        greet();
        byte[] before = relay.saidByCaller();
        send(callerLink);
        assertThat(server.await(Event.Message.class).bytes()).isEqualTo(VOTE);
        byte[] after = relay.saidByCaller();

        relay.sendToCaller(Arrays.copyOfRange(after, before.length, after.length));

        assertCallerHearsNothingAndCloses();
    }

    /** Until each end has heard the only heartbeat of the other, so that nothing else is on its way. */
    private void greet() {
        connect();
        HelloReply reply = caller.await(Event.Replied.class).reply();
        assertThat(reply.keyHigh()).isEqualTo(DATA_KEY);
        callerLink = caller.await(Event.Beat.class).link();
        serverLink = server.await(Event.Beat.class).link();
    }

    private void connect() {
        calling.connect(
                "127.0.0.1", relay.address().getPort(), 20_000_000_000L, caller.sayingHello(Greetings.SERVER_HELLO));
    }

    private static void send(LivenessLink link) {
        assertThat(link.sendMessage(new UnsafeBuffer(VOTE), 0, VOTE.length)).isTrue();
    }

    private void assertServerHearsNothingAndCloses() {
        Event.Closed closed = (Event.Closed) server.await(Event.class);
        assertThat(closed.cause()).isEqualTo(CloseCause.PROTOCOL_ERROR);
    }

    private void assertCallerHearsNothingAndCloses() {
        Event.Closed closed = (Event.Closed) caller.await(Event.class);
        assertThat(closed.cause()).isEqualTo(CloseCause.PROTOCOL_ERROR);
    }

    private static byte[] frame(Encoding encoding) {
        byte[] bytes = new byte[1024];
        return Arrays.copyOf(bytes, encoding.encode(new LivenessPublisher(), new UnsafeBuffer(bytes)));
    }

    private interface Encoding {
        int encode(LivenessPublisher publisher, UnsafeBuffer buffer);
    }
}
