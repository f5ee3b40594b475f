package org.stoneware.transport.aeron;

import static java.util.concurrent.TimeUnit.HOURS;
import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.MINUTES;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.stoneware.spi.transport.Connection;
import org.stoneware.spi.transport.ConnectionSpec;
import org.stoneware.spi.transport.Transport;
import org.stoneware.spi.transport.TransportContext;
import org.stoneware.spi.transport.TransportException;
import org.stoneware.spi.transport.TransportProvider;
import org.stoneware.testkit.transport.TransportEnd;
import org.stoneware.testkit.transport.TransportLink;
import org.stoneware.testkit.transport.TransportRig;

class AeronTransportTest {
    private static final long PATIENCE_MS = 60_000;
    private static final int FRAMES = 50;
    private static final int IDLE_CYCLES = 10_000;
    private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();

    @TempDir
    Path directory;

    private final AtomicLong pauseNs = new AtomicLong();
    private AeronSettings settings = paused();
    private final TransportRig rig = new TransportRig(this::provider, () -> PATIENCE_MS, 16);

    @AfterEach
    void closeEnds() {
        rig.close();
    }

    @Test
    void shouldSurviveAPauseOfFifteenSecondsOfEitherEnd() {
        TransportLink link = rig.connect(open("client"), open("server"));
        link.exchange(FRAMES);

        pauseNs.addAndGet(SECONDS.toNanos(15));
        link.exchange(FRAMES, FRAMES);

        link.checkExchanged(2 * FRAMES);
        assertThat(link.client().lossesInAll() + link.server().lossesInAll()).isZero();
        assertThat(link.client().transport().counters().rebuilds()).isZero();
    }

    @Test
    void shouldRebuildItselfAndKeepItsAddressAfterAPauseBeyondItsTimeOuts() {
        TransportEnd client = open("client");
        settings = new AeronSettings();
        TransportEnd server = open("server");
        TransportLink before = rig.connect(client, server);
        before.exchange(FRAMES);

        pauseNs.addAndGet(HOURS.toNanos(1));
        rig.await(() -> client.lossesInAll() > 0, "the client reports its connection lost");
        rig.await(() -> client.transport().counters().rebuilds() == 1, "the client is rebuilt");

        assertThat(client.losses(before.here())).hasSize(1);
        assertThat(isBound(client.address())).isTrue();
        TransportLink after = rig.connect(client, server);
        after.exchange(FRAMES);
        after.checkExchanged(FRAMES);
        assertThat(client.transport().counters().framesSent()).isEqualTo(2 * FRAMES);
    }

    @Test
    void shouldTryToRebuildUntilItsAddressIsFreeAgain() throws IOException {
        settings = paused().rebuildIntervalNs(1);
        TransportEnd client = rig.open("client", new InetSocketAddress(LOOPBACK, freePort()));
        settings = new AeronSettings();
        TransportLink before = rig.connect(client, open("server"));

        pauseNs.addAndGet(HOURS.toNanos(1));
        client.transport().doWork(System.nanoTime());
        try (DatagramSocket thief = new DatagramSocket(client.address())) {
            for (int i = 0; i < 5; i++) {
                client.transport().doWork(System.nanoTime());
            }
            assertThat(thief.isBound()).isTrue();
            assertThatExceptionOfType(TransportException.class)
                    .isThrownBy(() -> client.transport().connect(before.here().spec()));
        }

        rig.await(() -> client.transport().counters().rebuilds() == 1, "the client is rebuilt");
        assertThat(isBound(client.address())).isTrue();
    }

    @Test
    void shouldGiveUpAPortItChoseItselfWhenAnotherHasItAfterAPause() throws IOException {
        settings = paused().rebuildIntervalNs(1);
        TransportEnd client = open("client");
        settings = new AeronSettings();
        TransportEnd server = open("server");
        rig.connect(client, server);

        pauseNs.addAndGet(HOURS.toNanos(1));
        client.transport().doWork(System.nanoTime());
        try (DatagramSocket thief = new DatagramSocket(client.address())) {
            rig.await(() -> client.transport().counters().rebuilds() == 1, "the client is rebuilt");
            assertThat(thief.isBound()).isTrue();
            assertThatExceptionOfType(TransportException.class)
                    .isThrownBy(() -> client.transport().connect(rig.spec(client, server, true)))
                    .withMessageContaining("not a bound address");

            InetSocketAddress anew = client.transport().bind(new InetSocketAddress(LOOPBACK, 0));
            Connection here = client.transport().connect(spec(true, anew, server.address()));
            Connection there = server.transport().connect(spec(false, server.address(), anew));
            rig.await(() -> here.isConnected() && there.isConnected(), "both ends connected");
        }
    }

    @Test
    void shouldFreeAnAddressThatIsUnbound() {
        TransportEnd client = open("client");
        TransportEnd server = open("server");

        client.transport().unbind(client.address());

        rig.await(() -> !isBound(client.address()), "the port is free");
        assertThatExceptionOfType(TransportException.class)
                .isThrownBy(() -> client.transport().connect(rig.spec(client, server, true)));
        InetSocketAddress anew = client.transport().bind(client.address());
        assertThat(anew).isEqualTo(client.address());
    }

    @Test
    void shouldNotBindAgainAfterAPauseWhatWasUnboundBefore() {
        settings = paused();
        TransportEnd client = open("client");
        client.transport().unbind(client.address());

        pauseNs.addAndGet(HOURS.toNanos(1));
        rig.await(() -> client.transport().counters().rebuilds() == 1, "the client is rebuilt");

        assertThat(isBound(client.address())).isFalse();
    }

    /** Looking for closed sockets ends a wake-up that has come since the caller last looked at what it is woken for. */
    @Test
    void shouldNotWaitAfterItMayHaveTakenAWakeUp() {
        AeronTransport transport = (AeronTransport) open("server").transport();
        long nowNs = System.nanoTime();
        boolean wasIdle = false;

        for (int i = 0; i < IDLE_CYCLES && !wasIdle; i++) {
            nowNs += SECONDS.toNanos(2);
            transport.wakeup();
            wasIdle = transport.doWork(nowNs) == 0;
        }

        assertThat(wasIdle).isTrue();
        assertThat(transport.isSettled()).isFalse();
    }

    @Test
    void shouldWaitWhileNothingHappens() {
        AeronTransport transport = (AeronTransport) open("server").transport();
        long nowNs = System.nanoTime();

        for (int i = 0; i < IDLE_CYCLES && !transport.isSettled(); i++) {
            transport.doWork(nowNs);
        }

        assertThat(transport.isSettled()).isTrue();
    }

    @Test
    void shouldLoseAConnectionWhoseOtherEndHasFallenSilent() {
        TransportEnd client = open("client");
        TransportLink link = rig.connect(client, open("server"));
        link.exchange(FRAMES);

        pauseNs.addAndGet(MINUTES.toNanos(1));
        rig.await(() -> client.lossesInAll() > 0, "the client misses the server", List.of(client));

        assertThat(client.trySend(link.here(), new byte[1])).isEqualTo(Connection.CLOSED);
        assertThat(client.transport().counters().rebuilds()).isZero();
    }

    @Test
    void shouldFreeWhatClosedConnectionsHeld() {
        settings = paused().lingerTimeoutNs(MILLISECONDS.toNanos(10)).directoryParents(List.of(directory));
        TransportEnd client = open("client");
        TransportEnd server = open("server");
        for (int i = 0; i < 5; i++) {
            TransportLink link = rig.connect(client, server);
            link.exchange(FRAMES);
            assertThat(streamFiles()).isPositive();
            link.here().close();
            link.there().close();
        }

        rig.await(
                () -> {
                    pauseNs.addAndGet(MILLISECONDS.toNanos(10));
                    return streamFiles() == 0;
                },
                "no stream has a file left");
    }

    @Test
    void shouldLeaveNoDirectoryBehind() throws IOException {
        settings = new AeronSettings().directoryParents(List.of(directory));
        TransportLink link = rig.connect(open("client"), open("server"));
        link.exchange(FRAMES);

        rig.close();

        try (Stream<Path> left = Files.list(directory)) {
            assertThat(left).isEmpty();
        }
    }

    @Test
    void shouldNameItsDirectoryAfterItselfAndItsProcess() {
        settings = new AeronSettings().directoryParents(List.of(directory));

        open("Server1");
        open("Server1");

        String first = "stoneware-Server1-" + ProcessHandle.current().pid();
        assertThat(directory.resolve(first).resolve("driver")).isDirectory();
        assertThat(directory.resolve(first + "~2").resolve("driver")).isDirectory();
    }

    @Test
    void shouldRefuseANameThatIsNoFileName() {
        assertThatExceptionOfType(TransportException.class).isThrownBy(() -> open("../elsewhere"));
    }

    @Test
    void shouldSayWhatIsMissingWhenThereIsNoPlaceForItsFiles() {
        Path missing = directory.resolve("missing");
        settings = new AeronSettings().directoryParents(List.of(missing));

        assertThatExceptionOfType(TransportException.class)
                .isThrownBy(() -> open("server"))
                .withMessageContaining(missing.toString());
    }

    private TransportEnd open(String name) {
        return rig.open(name, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    }

    private TransportProvider provider() {
        AeronSettings chosen = settings;
        settings = copy(chosen);
        return new TransportProvider() {
            @Override
            public String name() {
                return AeronTransportProvider.NAME;
            }

            @Override
            public Transport open(TransportContext context) {
                return new AeronTransport(context, chosen.conclude());
            }
        };
    }

    private static ConnectionSpec spec(boolean isInitiator, InetSocketAddress local, InetSocketAddress remote) {
        return new ConnectionSpec(99, 1, 2, isInitiator, local, remote, ConnectionSpec.Purpose.CLIENT);
    }

    private static int freePort() throws IOException {
        try (DatagramSocket chosen = new DatagramSocket(new InetSocketAddress(LOOPBACK, 0))) {
            return chosen.getLocalPort();
        }
    }

    /** Settings whose clock jumps where the test pauses the process. */
    private AeronSettings paused() {
        return new AeronSettings().nanoClock(() -> System.nanoTime() + pauseNs.get());
    }

    /** Settings serve one transport; the next one of a test has the same. */
    private static AeronSettings copy(AeronSettings settings) {
        return new AeronSettings()
                .directoryParents(settings.directoryParents())
                .lingerTimeoutNs(settings.lingerTimeoutNs())
                .rebuildIntervalNs(settings.rebuildIntervalNs())
                .nanoClock(settings.nanoClock());
    }

    /** Log files of publications and images below the test's directory. */
    private long streamFiles() {
        try (Stream<Path> all = Files.walk(directory)) {
            return all.filter(path -> path.toString().endsWith(".logbuffer")).count();
        } catch (IOException | UncheckedIOException e) {
            // A file went while it was looked at.
            return Long.MAX_VALUE;
        }
    }

    private static boolean isBound(InetSocketAddress address) {
        try (DatagramSocket other = new DatagramSocket(address)) {
            return !other.isBound();
        } catch (IOException e) {
            return true;
        }
    }
}
