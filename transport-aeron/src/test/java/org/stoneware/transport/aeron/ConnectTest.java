package org.stoneware.transport.aeron;

import static java.util.concurrent.TimeUnit.HOURS;
import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.stoneware.spi.transport.Connection;
import org.stoneware.spi.transport.ConnectionSpec;
import org.stoneware.spi.transport.ConnectionSpec.Purpose;
import org.stoneware.spi.transport.Transport;
import org.stoneware.spi.transport.TransportContext;
import org.stoneware.spi.transport.TransportException;
import org.stoneware.spi.transport.TransportProvider;
import org.stoneware.testkit.transport.TransportEnd;
import org.stoneware.testkit.transport.TransportRig;

/**
 * How two ends find each other (ADR 0024). Aeron's clock stands still unless a test sets it forward, so whatever connects here
 * does so without a repetition or any other timer.
 */
class ConnectTest {
    private static final int CYCLES = 50;
    private static final int CROWD = 40;

    private final AtomicLong clockNs = new AtomicLong(SECONDS.toNanos(1));
    private final TransportRig rig = new TransportRig(this::provider, () -> 60_000, CROWD);
    private final TransportEnd client = open("client");
    private final TransportEnd server = open("server");

    @AfterEach
    void closeEnds() {
        rig.close();
    }

    @ParameterizedTest
    @EnumSource
    void shouldConnectAtOnceWhenTheInitiatorComesLater(Purpose purpose) {
        Connection there = server.transport().connect(accepting(1, purpose));
        rig.cycle(CYCLES);

        Connection here = client.transport().connect(initiating(1, purpose));
        rig.await(() -> here.isConnected() && there.isConnected(), "both ends connected");

        checkFramesFlow(here, there);
    }

    @Test
    void shouldConnectAtOnceWhenACrowdArrivesAtOnce() {
        List<Connection> accepted = acceptCrowd();
        rig.cycle(CYCLES);

        List<Connection> initiated = initiateCrowd();
        rig.await(
                () -> accepted.stream().allMatch(Connection::isConnected)
                        && initiated.stream().allMatch(Connection::isConnected),
                "all ends connected");

        for (int i = 0; i < CROWD; i++) {
            checkFramesFlow(initiated.get(i), accepted.get(i));
        }
    }

    @Test
    void shouldTellInitiatorsWhenTheAcceptorClosesWithoutHavingSpoken() {
        List<Connection> accepted = acceptCrowd();
        List<Connection> initiated = initiateCrowd();
        server.cycle();
        assertThat(initiated).noneMatch(Connection::isConnected);

        accepted.forEach(Connection::close);
        awaitWhileTimePasses(() -> client.lossesInAll() == CROWD, "the client learns of every close");

        assertThat(server.lossesInAll()).isZero();
    }

    @Test
    void shouldTellAnInitiatorThatComesAfterTheAcceptorClosed() {
        server.transport().connect(accepting(1, Purpose.CLIENT)).close();
        rig.cycle(CYCLES);

        Connection late = client.transport().connect(initiating(1, Purpose.CLIENT));
        rig.cycle(CYCLES);
        assertThat(late.isConnected()).isFalse();
        awaitWhileTimePasses(() -> client.lossesInAll() > 0, "the client learns of the close");

        assertThat(client.losses(late)).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void shouldRefuseARemoteAddressWithoutAPort(boolean isInitiator) {
        InetSocketAddress nowhere = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        ConnectionSpec spec = new ConnectionSpec(1, 2, 3, isInitiator, server.address(), nowhere, Purpose.CLIENT);

        assertThatExceptionOfType(TransportException.class)
                .isThrownBy(() -> server.transport().connect(spec));
    }

    @Test
    void shouldLoseWhatAwaitsItsInitiatorWhenItIsRebuilt() {
        Connection awaiting = server.transport().connect(accepting(1, Purpose.CLIENT));

        clockNs.addAndGet(HOURS.toNanos(1));
        rig.await(
                () -> server.transport().counters().rebuilds() == 1
                        && client.transport().counters().rebuilds() == 1,
                "both ends are rebuilt");

        assertThat(server.losses(awaiting)).hasSize(1);
        Connection there = server.transport().connect(accepting(2, Purpose.CLIENT));
        Connection here = client.transport().connect(initiating(2, Purpose.CLIENT));
        rig.await(() -> here.isConnected() && there.isConnected(), "both ends connected");
        checkFramesFlow(here, there);
    }

    private void awaitWhileTimePasses(BooleanSupplier isDone, String what) {
        rig.await(
                () -> {
                    clockNs.addAndGet(MILLISECONDS.toNanos(10));
                    return isDone.getAsBoolean();
                },
                what);
    }

    private void checkFramesFlow(Connection here, Connection there) {
        assertThat(client.trySend(here, new byte[] {1})).isPositive();
        assertThat(server.trySend(there, new byte[] {2})).isPositive();
        rig.await(() -> !server.heard(there).isEmpty() && !client.heard(here).isEmpty(), "both ends hear");
        assertThat(server.heard(there)).containsExactly(new byte[] {1});
        assertThat(client.heard(here)).containsExactly(new byte[] {2});
    }

    private List<Connection> acceptCrowd() {
        List<Connection> accepted = new ArrayList<>();
        for (int id = 1; id <= CROWD; id++) {
            accepted.add(server.transport().connect(accepting(id, Purpose.CLIENT)));
        }
        return accepted;
    }

    private List<Connection> initiateCrowd() {
        List<Connection> initiated = new ArrayList<>();
        for (int id = 1; id <= CROWD; id++) {
            initiated.add(client.transport().connect(initiating(id, Purpose.CLIENT)));
        }
        return initiated;
    }

    private ConnectionSpec accepting(int id, Purpose purpose) {
        return new ConnectionSpec(id, 2, 3, false, server.address(), client.address(), purpose);
    }

    private ConnectionSpec initiating(int id, Purpose purpose) {
        return new ConnectionSpec(id, 2, 3, true, client.address(), server.address(), purpose);
    }

    private TransportEnd open(String name) {
        return rig.open(name, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    }

    private TransportProvider provider() {
        return new TransportProvider() {
            @Override
            public String name() {
                return AeronTransportProvider.NAME;
            }

            @Override
            public Transport open(TransportContext context) {
                return new AeronTransport(
                        context, new AeronSettings().nanoClock(clockNs::get).conclude());
            }
        };
    }
}
