package org.stoneware.transport.aeron;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.stoneware.spi.transport.Connection;
import org.stoneware.spi.transport.ConnectionSpec;
import org.stoneware.spi.transport.ConnectionSpec.Purpose;
import org.stoneware.spi.transport.TransportException;
import org.stoneware.testkit.transport.TransportEnd;
import org.stoneware.testkit.transport.TransportRig;

class AddressTest {
    private final TransportRig rig = new TransportRig(AeronTransportProvider::new, () -> 60_000, 16);

    @AfterEach
    void close() {
        rig.close();
    }

    @ParameterizedTest
    @CsvSource({
        "127.0.0.1, 127.0.0.1, 127.0.0.1",
        "127.0.0.2, 127.0.0.1, 127.0.0.1",
        "127.0.0.1, 0.0.0.0, 127.0.0.1",
        "::1, ::1, ::1"
    })
    void shouldConnect(String clientHost, String serverHost, String serverSeenAs) {
        assumeTrue(isOurs(clientHost) && isOurs(serverHost), "this machine lacks an address");
        TransportEnd client = rig.open("client", new InetSocketAddress(clientHost, 0));
        TransportEnd server = rig.open("server", new InetSocketAddress(serverHost, 0));
        InetSocketAddress seen =
                new InetSocketAddress(serverSeenAs, server.address().getPort());

        Connection here = client.transport().connect(spec(true, client.address(), seen));
        Connection there = server.transport().connect(spec(false, server.address(), client.address()));
        rig.await(() -> here.isConnected() && there.isConnected(), "both ends connected");
        client.trySend(here, new byte[] {1});
        server.trySend(there, new byte[] {2});
        rig.await(() -> client.heardInAll() == 1 && server.heardInAll() == 1, "a frame each way");

        assertThat(client.heard(here)).containsExactly(new byte[] {2});
        assertThat(server.heard(there)).containsExactly(new byte[] {1});
    }

    /** The two servers of one machine have the same ports on different addresses. */
    @Test
    void shouldBindTheSamePortOnTwoAddresses() {
        assumeTrue(isOurs("127.0.0.2"), "this machine lacks an address");
        TransportEnd one = rig.open("one", new InetSocketAddress("127.0.0.1", 0));

        TransportEnd other = rig.open(
                "other", new InetSocketAddress("127.0.0.2", one.address().getPort()));

        assertThat(other.address().getPort()).isEqualTo(one.address().getPort());
    }

    @Test
    void shouldSayInWordsThatAnotherProcessHoldsThePort() throws IOException {
        TransportEnd end = rig.open("one", new InetSocketAddress("127.0.0.1", 0));
        try (DatagramSocket held = new DatagramSocket(new InetSocketAddress("127.0.0.1", 0))) {
            InetSocketAddress wanted = new InetSocketAddress("127.0.0.1", held.getLocalPort());

            assertThatExceptionOfType(TransportException.class)
                    .isThrownBy(() -> end.transport().bind(wanted))
                    .withMessage("can't bind UDP 127.0.0.1:" + held.getLocalPort()
                            + ": another process holds this port of UDP; stop it (ss -lunp 'sport = :"
                            + held.getLocalPort()
                            + "' shows it) or set another port in the configuration file");
        }
    }

    @Test
    void shouldRefuseAHostNobodyKnows() {
        InetSocketAddress unknown = InetSocketAddress.createUnresolved("unknown.invalid", 9510);
        TransportEnd end = rig.open("one", new InetSocketAddress("127.0.0.1", 0));

        assertThatExceptionOfType(TransportException.class)
                .isThrownBy(() -> end.transport().bind(unknown));
        assertThatExceptionOfType(TransportException.class)
                .isThrownBy(() -> end.transport().connect(spec(true, end.address(), unknown)));
    }

    private static ConnectionSpec spec(boolean isInitiator, InetSocketAddress local, InetSocketAddress remote) {
        return new ConnectionSpec(1, 2, 3, isInitiator, local, remote, Purpose.CLIENT);
    }

    private static boolean isOurs(String host) {
        try (DatagramSocket socket = new DatagramSocket(new InetSocketAddress(host, 0))) {
            return socket.isBound();
        } catch (IOException e) {
            return false;
        }
    }
}
