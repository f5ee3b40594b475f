package org.stoneware.transport.aeron;

import static org.assertj.core.api.Assertions.assertThat;

import io.aeron.logbuffer.FrameDescriptor;
import io.aeron.protocol.HeaderFlyweight;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.stoneware.spi.transport.Connection;
import org.stoneware.spi.transport.ConnectionSpec;
import org.stoneware.spi.transport.ConnectionSpec.Purpose;
import org.stoneware.testkit.transport.TestFrames;
import org.stoneware.testkit.transport.TransportEnd;
import org.stoneware.testkit.transport.TransportRig;

/** Both ends talk through a relay that loses, repeats and swaps datagrams, and later replays all it has seen. */
class LossyNetworkTest {
    private static final int FRAMES = 400;
    private static final int ODDS = 12;

    private final TransportRig rig = new TransportRig(AeronTransportProvider::new, () -> 60_000, 16);
    private final List<Relay> relays = new ArrayList<>();

    @AfterEach
    void close() {
        rig.close();
        relays.forEach(Relay::close);
    }

    @Test
    void shouldDeliverEverythingOnceInOrderOverANetworkThatDoesNot() {
        Link link = new Link(1);

        link.send(FRAMES);

        TestFrames.checkHeard(link.server.heard(link.there), 1, FRAMES, link.here.maxFrameLength());
        assertThat(link.lost + link.repeated + link.swapped).isPositive();
    }

    @Test
    void shouldNotBeMovedByARecordingOfItself() {
        Link link = new Link(2);
        link.send(FRAMES);
        List<byte[]> recorded = new ArrayList<>(relays.get(0).recorded);

        for (byte[] datagram : recorded) {
            relays.get(0).forward(ByteBuffer.wrap(datagram), link.server.address());
            rig.cycle(1);
        }
        Connection next = link.reconnect();
        for (byte[] datagram : recorded) {
            relays.get(0).forward(ByteBuffer.wrap(datagram), link.server.address());
            rig.cycle(1);
        }

        assertThat(link.server.heard(next)).isEmpty();
        assertThat(link.server.losses(next)).isEmpty();
        TestFrames.checkHeard(link.server.heard(link.there), 1, FRAMES, link.here.maxFrameLength());
    }

    @Test
    void shouldConnectWhenTheFirstSetupsOfBothEndsAreLost() {
        Link link = new Link(3);
        link.toServer.setupsToLose = 2;
        link.toClient.setupsToLose = 2;

        link.connect(2);
        link.send(FRAMES);

        TestFrames.checkHeard(link.server.heard(link.there), 1, FRAMES, link.here.maxFrameLength());
        assertThat(link.toServer.setupsToLose + link.toClient.setupsToLose).isZero();
    }

    private TransportEnd open(String name) {
        return rig.open(name, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    }

    /** A client and a server, each of which takes a relay for the other. */
    private final class Link {
        private final TransportEnd client = open("client");
        private final TransportEnd server = open("server");
        private final Relay toServer;
        private final Relay toClient;
        private final SplittableRandom random;
        private Connection here;
        private Connection there;
        private int lost;
        private int repeated;
        private int swapped;

        private Link(long seed) {
            random = new SplittableRandom(seed);
            toServer = new Relay(server.address(), this);
            toClient = new Relay(client.address(), this);
            relays.add(toServer);
            relays.add(toClient);
            connect(1);
        }

        private void connect(int id) {
            here = client.transport()
                    .connect(new ConnectionSpec(id, 2, 3, true, client.address(), toServer.address(), Purpose.CLIENT));
            there = server.transport()
                    .connect(new ConnectionSpec(id, 2, 3, false, server.address(), toClient.address(), Purpose.CLIENT));
            rig.await(() -> relay() && here.isConnected() && there.isConnected(), "both ends connected");
        }

        private Connection reconnect() {
            here.close();
            rig.await(() -> relay() && server.lossesInAll() == 1, "the server sees the close");
            Connection before = there;
            connect(2);
            Connection next = there;
            there = before;
            return next;
        }

        private void send(int frames) {
            for (int i = 0; i < frames; i++) {
                byte[] frame = TestFrames.frame(1, i, TestFrames.length(i, here.maxFrameLength()));
                rig.await(() -> relay() && client.trySend(here, frame) > 0, "room for a frame");
            }
            rig.await(() -> relay() && server.heard(there).size() >= frames, "all frames heard");
        }

        private boolean relay() {
            toServer.run();
            toClient.run();
            return true;
        }
    }

    /** Takes datagrams for one end and passes them on badly; what comes back goes to where the last one came from. */
    private static final class Relay {
        private final DatagramChannel front;
        private final Map<SocketAddress, DatagramChannel> backs = new HashMap<>();
        private final List<byte[]> recorded = new ArrayList<>();
        private final ByteBuffer buffer = ByteBuffer.allocate(1 << 16);
        private final SocketAddress target;
        private final Link link;
        private byte[] held;
        private int setupsToLose;

        private Relay(SocketAddress target, Link link) {
            this.target = target;
            this.link = link;
            front = open(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        }

        private InetSocketAddress address() {
            try {
                return (InetSocketAddress) front.getLocalAddress();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private void run() {
            try {
                SocketAddress from;
                while ((from = front.receive(buffer.clear())) != null) {
                    byte[] datagram = new byte[buffer.flip().remaining()];
                    buffer.get(datagram);
                    recorded.add(datagram);
                    passOn(datagram, backs.computeIfAbsent(from, key -> open(null)));
                }
                for (Map.Entry<SocketAddress, DatagramChannel> back : backs.entrySet()) {
                    while (back.getValue().receive(buffer.clear()) != null) {
                        front.send(buffer.flip(), back.getKey());
                    }
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private void passOn(byte[] datagram, DatagramChannel back) throws IOException {
            if (setupsToLose > 0 && isSetup(datagram)) {
                setupsToLose--;
                return;
            }
            int fate = link.random.nextInt(ODDS);
            if (fate == 0) {
                link.lost++;
                return;
            }
            if (fate == 1 && held == null) {
                link.swapped++;
                held = datagram;
                return;
            }
            back.send(ByteBuffer.wrap(datagram), target);
            if (fate == 2) {
                link.repeated++;
                back.send(ByteBuffer.wrap(datagram), target);
            }
            if (held != null) {
                back.send(ByteBuffer.wrap(held), target);
                held = null;
            }
        }

        private static boolean isSetup(byte[] datagram) {
            return FrameDescriptor.frameType(new UnsafeBuffer(datagram), 0) == HeaderFlyweight.HDR_TYPE_SETUP;
        }

        private void forward(ByteBuffer datagram, SocketAddress to) {
            try {
                front.send(datagram, to);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private void close() {
            try {
                front.close();
                for (DatagramChannel back : backs.values()) {
                    back.close();
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private static DatagramChannel open(SocketAddress address) {
            try {
                DatagramChannel channel = DatagramChannel.open();
                channel.bind(address == null ? new InetSocketAddress(InetAddress.getLoopbackAddress(), 0) : address);
                channel.configureBlocking(false);
                return channel;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
