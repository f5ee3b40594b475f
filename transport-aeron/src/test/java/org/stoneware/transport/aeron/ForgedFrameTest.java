package org.stoneware.transport.aeron;

import static org.assertj.core.api.Assertions.assertThat;

import io.aeron.ExclusivePublication;
import io.aeron.protocol.DataHeaderFlyweight;
import io.aeron.protocol.HeaderFlyweight;
import io.aeron.protocol.RttMeasurementFlyweight;
import io.aeron.protocol.SetupFlyweight;
import io.aeron.protocol.StatusMessageFlyweight;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.file.Path;
import java.util.Arrays;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.stoneware.spi.transport.Connection;
import org.stoneware.spi.transport.ConnectionSpec;
import org.stoneware.spi.transport.ConnectionSpec.Purpose;
import org.stoneware.testkit.transport.TransportEnd;
import org.stoneware.testkit.transport.TransportLink;
import org.stoneware.testkit.transport.TransportRig;

/** Frames as the contract's garbage can't be: well formed to Aeron, wrong to us. */
class ForgedFrameTest {
    private static final int LENGTH = 20;
    private static final int TERM_LENGTH = 64 * 1024;
    private static final int CYCLES = 50;

    @TempDir
    Path directory;

    private final TransportRig rig = new TransportRig(AeronTransportProvider::new, () -> 60_000, 16);
    private final ChannelSelector selector = new ChannelSelector();
    private EmbeddedDriver forger;

    @BeforeEach
    void openForger() {
        forger = new EmbeddedDriver(
                new AeronSettings().conclude(), directory.resolve("driver"), 16, selector, new AdmittedStreams());
    }

    @AfterEach
    void close() {
        forger.close();
        selector.close();
        rig.close();
    }

    @Test
    void shouldDeliverFramesWithTheRightKeyAndSequence() {
        TransportEnd server = open("server");
        Victim victim = victim(server);

        victim.send(victim.key, 0, LENGTH);
        victim.send(victim.key, 1, LENGTH);
        rig.await(() -> server.heardInAll() == 2, "both frames");

        assertThat(server.lossesInAll()).isZero();
    }

    @Test
    void shouldDropFramesWithAnotherKey() {
        TransportEnd server = open("server");
        Victim victim = victim(server);

        victim.send(victim.key + 1, 0, LENGTH);
        victim.send(victim.key, 0, LENGTH);
        rig.await(() -> server.heardInAll() == 1, "the right frame");

        assertThat(server.transport().counters().framesRejected()).isPositive();
        assertThat(server.lossesInAll()).isZero();
    }

    @Test
    void shouldDropRepeatedFrames() {
        TransportEnd server = open("server");
        Victim victim = victim(server);

        victim.send(victim.key, 0, LENGTH);
        victim.send(victim.key, 0, LENGTH);
        victim.send(victim.key, 1, LENGTH);
        rig.await(() -> server.heardInAll() >= 2, "both frames");

        assertThat(server.heardInAll()).isEqualTo(2);
        assertThat(server.transport().counters().framesRejected()).isPositive();
        assertThat(server.lossesInAll()).isZero();
    }

    @Test
    void shouldLoseTheConnectionOnceWhenFramesAreMissing() {
        TransportEnd server = open("server");
        Victim victim = victim(server);

        victim.send(victim.key, 0, LENGTH);
        victim.send(victim.key, 2, LENGTH);
        victim.send(victim.key, 3, LENGTH);
        rig.await(() -> server.lossesInAll() > 0, "the loss");
        rig.cycle(50);

        assertThat(server.heardInAll()).isEqualTo(1);
        assertThat(server.losses(victim.connection)).singleElement().asString().contains("missing");
    }

    @Test
    void shouldDropFramesTooShortForTheHeader() {
        TransportEnd server = open("server");
        Victim victim = victim(server);

        victim.sendRaw(new byte[FrameHeader.LENGTH - 1]);
        victim.send(victim.key, 0, LENGTH);
        rig.await(() -> server.heardInAll() == 1, "the right frame");

        assertThat(server.lossesInAll()).isZero();
    }

    @Test
    void shouldDropForeignStreamsBeforeTheDriverSeesThem() throws IOException {
        TransportEnd client = open("client");
        TransportEnd server = open("server");
        TransportLink link = rig.connect(client, server);
        StreamIdentity known = StreamIdentity.incoming(link.there().spec());
        long rejectedBefore = server.transport().counters().framesRejected();

        int sent = 0;
        for (int stream = 0; stream < 50; stream++) {
            inject(server, setup(stream, stream, TERM_LENGTH));
            inject(server, data(stream, stream));
            inject(server, data(known.streamId(), stream));
            inject(server, roundTripRequest(stream));
            inject(server, statusMessage(stream));
            sent += 5;
        }
        int injected = sent;
        rig.await(
                () -> server.transport().counters().framesRejected() >= rejectedBefore + injected, "all are rejected");
        link.exchange(50);

        link.checkExchanged(50);
        assertThat(server.lossesInAll() + client.lossesInAll()).isZero();
    }

    @Test
    void shouldDropSetupsThatAreCutShortOrUnsound() throws IOException {
        TransportEnd server = open("server");
        ConnectionSpec spec = spec(server.address(), open("client").address());
        server.transport().connect(spec);
        StreamIdentity expected = StreamIdentity.incoming(spec);

        byte[] sound = setup(expected.streamId(), expected.sessionId(), TERM_LENGTH);
        inject(server, Arrays.copyOf(sound, SetupFlyweight.HEADER_LENGTH - 1));
        inject(server, setup(expected.streamId(), expected.sessionId(), 1 << 30));
        inject(server, setup(expected.streamId(), expected.sessionId(), TERM_LENGTH + 1));
        inject(server, setup(expected.streamId(), expected.sessionId(), -1));

        rig.await(() -> server.transport().counters().framesRejected() >= 4, "all are rejected");
    }

    @Test
    void shouldSendNothingBeforeTheRightInitiatorArrives() throws IOException {
        TransportEnd server = open("server");
        try (DatagramChannel initiator = DatagramChannel.open()) {
            initiator.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            initiator.configureBlocking(false);
            ConnectionSpec spec = spec(server.address(), (InetSocketAddress) initiator.getLocalAddress());
            server.transport().connect(spec);
            StreamIdentity expected = StreamIdentity.incoming(spec);
            StreamIdentity answering = StreamIdentity.outgoing(spec);
            UnsafeBuffer answer = new UnsafeBuffer(ByteBuffer.allocate(2048));

            inject(server, setup(expected.streamId(), expected.sessionId() + 1, TERM_LENGTH));
            inject(server, setup(expected.streamId() + 1, expected.sessionId(), TERM_LENGTH));
            inject(server, data(expected.streamId(), expected.sessionId()));
            rig.cycle(CYCLES);
            assertThat(initiator.receive(answer.byteBuffer().clear()))
                    .as("the server has not spoken")
                    .isNull();

            inject(server, setup(expected.streamId(), expected.sessionId(), TERM_LENGTH));
            rig.await(() -> receive(initiator, answer.byteBuffer()), "the server speaks");
            SetupFlyweight heard = new SetupFlyweight(answer);
            assertThat(heard.headerType()).isEqualTo(HeaderFlyweight.HDR_TYPE_SETUP);
            assertThat(heard.streamId()).isEqualTo(answering.streamId());
            assertThat(heard.sessionId()).isEqualTo(answering.sessionId());
        }
    }

    @Test
    void shouldLoseAConnectionOnceWhenTheWayBackCannotBeOpened() throws IOException {
        TransportEnd server = open("server");
        ConnectionSpec spec = spec(server.address(), new InetSocketAddress("224.0.1.2", 4000));
        Connection connection = server.transport().connect(spec);
        StreamIdentity expected = StreamIdentity.incoming(spec);

        inject(server, setup(expected.streamId(), expected.sessionId(), TERM_LENGTH));
        rig.await(() -> server.lossesInAll() > 0, "the loss");
        rig.cycle(CYCLES);

        assertThat(server.losses(connection)).singleElement().asString().contains("can't be opened");
        assertThat(server.trySend(connection, new byte[LENGTH])).isEqualTo(Connection.CLOSED);
    }

    private TransportEnd open(String name) {
        return rig.open(name, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    }

    private Victim victim(TransportEnd server) {
        InetSocketAddress nobody = new InetSocketAddress(InetAddress.getLoopbackAddress(), 9);
        Connection connection = server.transport().connect(spec(server.address(), nobody));
        ConnectionSpec mirrored = new ConnectionSpec(1, 2, 3, true, nobody, server.address(), Purpose.CLIENT);
        StreamIdentity identity = StreamIdentity.outgoing(mirrored);
        ExclusivePublication publication = forger.aeron()
                .addExclusivePublication(
                        StreamChannel.of(mirrored, 0, TERM_LENGTH).outgoing(), identity.streamId());
        return new Victim(connection, publication, identity.frameKey());
    }

    private static ConnectionSpec spec(InetSocketAddress local, InetSocketAddress remote) {
        return new ConnectionSpec(1, 2, 3, false, local, remote, Purpose.CLIENT);
    }

    private static void inject(TransportEnd end, byte[] datagram) throws IOException {
        try (DatagramSocket socket = new DatagramSocket()) {
            socket.send(new DatagramPacket(datagram, datagram.length, end.address()));
        }
        // The socket's buffer is small; a test that overruns it would wait for what the system dropped.
        end.cycle();
    }

    private static boolean receive(DatagramChannel channel, ByteBuffer buffer) {
        try {
            return channel.receive(buffer.clear()) != null;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static byte[] setup(int streamId, int sessionId, int termLength) {
        byte[] datagram = new byte[SetupFlyweight.HEADER_LENGTH];
        SetupFlyweight setup = new SetupFlyweight(header(datagram, HeaderFlyweight.HDR_TYPE_SETUP));
        setup.streamId(streamId).sessionId(sessionId).termLength(termLength).mtuLength(1408);
        return datagram;
    }

    private static byte[] data(int streamId, int sessionId) {
        byte[] datagram = new byte[DataHeaderFlyweight.HEADER_LENGTH + 32];
        DataHeaderFlyweight data = new DataHeaderFlyweight(header(datagram, HeaderFlyweight.HDR_TYPE_DATA));
        data.streamId(streamId).sessionId(sessionId);
        return datagram;
    }

    private static byte[] roundTripRequest(int streamId) {
        byte[] datagram = new byte[RttMeasurementFlyweight.HEADER_LENGTH];
        new RttMeasurementFlyweight(header(datagram, HeaderFlyweight.HDR_TYPE_RTTM)).streamId(streamId);
        return datagram;
    }

    private static byte[] statusMessage(int streamId) {
        byte[] datagram = new byte[StatusMessageFlyweight.HEADER_LENGTH];
        new StatusMessageFlyweight(header(datagram, HeaderFlyweight.HDR_TYPE_SM)).streamId(streamId);
        return datagram;
    }

    private static UnsafeBuffer header(byte[] datagram, int type) {
        UnsafeBuffer buffer = new UnsafeBuffer(datagram);
        new HeaderFlyweight(buffer)
                .frameLength(datagram.length)
                .version(HeaderFlyweight.CURRENT_VERSION)
                .headerType(type);
        return buffer;
    }

    /** A connection whose other end is a forger that knows its stream. */
    private final class Victim {
        private final Connection connection;
        private final ExclusivePublication publication;
        private final long key;

        private Victim(Connection connection, ExclusivePublication publication, long key) {
            this.connection = connection;
            this.publication = publication;
            this.key = key;
        }

        private void send(long frameKey, long sequence, int length) {
            byte[] frame = new byte[FrameHeader.LENGTH + length];
            FrameHeader.put(new UnsafeBuffer(frame), 0, frameKey, sequence);
            sendRaw(frame);
        }

        private void sendRaw(byte[] frame) {
            UnsafeBuffer buffer = new UnsafeBuffer(frame);
            rig.await(
                    () -> {
                        forger.invoke();
                        return publication.offer(buffer) > 0;
                    },
                    "the forger sends");
            forger.invoke();
        }
    }
}
