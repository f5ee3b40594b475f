package org.stoneware.testkit.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.fail;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.stoneware.spi.transport.Connection;
import org.stoneware.spi.transport.ConnectionSpec;
import org.stoneware.spi.transport.ConnectionSpec.Purpose;
import org.stoneware.spi.transport.FrameClaim;
import org.stoneware.spi.transport.TransportContext;
import org.stoneware.spi.transport.TransportException;
import org.stoneware.spi.transport.TransportProvider;

/**
 * Every transport passes this. Extend it, say how yours is opened, and say how a stranger's bytes reach it.
 * <p>
 * Nothing here measures time: a test drives all ends in turn until what it waits for has happened, and fails when that does not
 * come within {@link #patienceMs()}.
 */
public abstract class TransportContract {
    private static final int FRAMES = 1000;
    private static final int CLIENT_TRANSPORTS = 4;
    private static final int CONNECTIONS_PER_CLIENT = 8;
    private static final int MAX_CONNECTIONS = CLIENT_TRANSPORTS * CONNECTIONS_PER_CLIENT;
    private static final int GARBAGE_DATAGRAMS = 300;
    private static final int MAX_GARBAGE_LENGTH = 1500;
    private static final int QUIET_CYCLES = 200;
    private static final long PAUSE_NS = 1_000_000;
    private static final long FOR_EVER_NS = Long.MAX_VALUE / 4;

    private final List<TransportEnd> ends = new ArrayList<>();
    private final List<String> notices = new ArrayList<>();
    private int nextConnectionId = 1;

    /** The provider under test; the same one during one test. */
    protected abstract TransportProvider provider();

    /** Sends bytes that belong to no connection to a bound address. */
    protected void inject(InetSocketAddress to, byte[] datagram) {
        try (DatagramSocket socket = new DatagramSocket()) {
            socket.send(new DatagramPacket(datagram, datagram.length, to));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** An address of this machine with a port left to choose. */
    protected InetSocketAddress anyAddress() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    }

    /** How long an event may take on the slowest machine. */
    protected long patienceMs() {
        return 60_000;
    }

    /** How long an end is left alone where a test freezes it; within what the transport promises to survive. */
    protected long freezeMs() {
        return 300;
    }

    @AfterEach
    void closeEnds() {
        ends.forEach(TransportEnd::close);
        ends.clear();
    }

    @Test
    void shouldChooseAPortWhenNoneIsGiven() {
        TransportEnd one = open("one");
        TransportEnd other = open("other");

        assertThat(one.address().getPort())
                .isPositive()
                .isNotEqualTo(other.address().getPort());
    }

    @Test
    void shouldRefuseAnAddressInUse() {
        TransportEnd one = open("one");
        TransportEnd other = open("other");

        assertThatExceptionOfType(TransportException.class)
                .isThrownBy(() -> other.transport().bind(one.address()));
    }

    @Test
    void shouldNotBeConnectedBeforeBothEndsAreThere() {
        TransportEnd client = open("client");
        TransportEnd server = open("server");
        int id = nextConnectionId++;

        Connection early = client.transport().connect(spec(id, client, server, true));
        cycle(QUIET_CYCLES);

        assertThat(early.isConnected()).isFalse();
        assertThat(client.trySend(early, TestFrames.frame(1, 0, 10))).isEqualTo(Connection.NOT_CONNECTED);

        Connection late = server.transport().connect(spec(id, server, client, false));
        await(() -> early.isConnected() && late.isConnected(), "both ends connected");
    }

    @Test
    void shouldDeliverEveryFrameOnceInOrderBothWays() {
        Link link = connect(open("client"), open("server"));

        link.exchange(FRAMES);

        link.checkExchanged(FRAMES);
    }

    @Test
    void shouldDeliverFramesForReplication() {
        Link link = connect(open("client"), open("server"), Purpose.REPLICATION);

        link.exchange(FRAMES);

        link.checkExchanged(FRAMES);
    }

    @Test
    void shouldDeliverFramesOfEveryLength() {
        Link link = connect(open("client"), open("server"));
        int maxLength = link.here.maxFrameLength();
        assertThat(maxLength).isGreaterThanOrEqualTo(1024);

        for (int length = 1; length <= maxLength; length += length < 200 || length > maxLength - 100 ? 1 : 7) {
            byte[] frame = TestFrames.frame(1, length, length);
            await(() -> link.client.trySend(link.here, frame) > 0, "room for one frame");
            List<byte[]> heard = link.server.heard(link.there);
            await(() -> !heard.isEmpty(), "a frame of length " + length);
            assertThat(heard).containsExactly(frame);
            heard.clear();
        }
    }

    @Test
    void shouldRefuseFramesOfIllegalLength() {
        Link link = connect(open("client"), open("server"));
        FrameClaim claim = new FrameClaim();

        assertThatExceptionOfType(IllegalArgumentException.class).isThrownBy(() -> link.here.tryClaim(0, claim));
        assertThatExceptionOfType(IllegalArgumentException.class)
                .isThrownBy(() -> link.here.tryClaim(link.here.maxFrameLength() + 1, claim));
    }

    @Test
    void shouldNeverShowAnAbortedFrame() {
        Link link = connect(open("client"), open("server"));

        for (int sequence = 0; sequence < FRAMES; sequence++) {
            int length = TestFrames.length(sequence, link.maxLength());
            byte[] aborted = TestFrames.frame(9, sequence, length);
            byte[] sent = TestFrames.frame(1, sequence, length);
            await(() -> link.client.tryAbort(link.here, aborted), "room for a frame to abort");
            await(() -> link.client.trySend(link.here, sent) > 0, "room for a frame");
        }
        await(() -> link.server.heard(link.there).size() >= FRAMES, "all frames heard");
        cycle(QUIET_CYCLES);

        TestFrames.checkHeard(link.server.heard(link.there), 1, FRAMES, link.maxLength());
    }

    @Test
    void shouldPushBackWhenTheOtherEndDoesNotPollAndLoseNothing() {
        Link link = connect(open("client"), open("server"));

        int sent = 0;
        int refused = 0;
        while (refused < QUIET_CYCLES) {
            byte[] frame = TestFrames.frame(1, sent, TestFrames.length(sent, link.maxLength()));
            long outcome = link.client.trySend(link.here, frame);
            assertThat(outcome).isNotEqualTo(Connection.CLOSED).isNotEqualTo(Connection.NOT_CONNECTED);
            sent += outcome > 0 ? 1 : 0;
            refused += outcome > 0 ? 0 : 1;
            assertThat(sent).as("frames taken without anybody polling").isLessThan(100 * FRAMES);
            link.client.cycle();
            link.server.cycleWithoutPoll();
        }
        int taken = sent;
        assertThat(link.client.transport().counters().backPressured()).isPositive();
        await(() -> link.server.heard(link.there).size() >= taken, "all frames taken are heard");
        link.exchange(taken, FRAMES);

        TestFrames.checkHeard(link.server.heard(link.there), 1, taken + FRAMES, link.maxLength());
    }

    @Test
    void shouldDeliverNoMoreFramesThanAsked() {
        Link link = connect(open("client"), open("server"));
        for (int sequence = 0; sequence < 10; sequence++) {
            byte[] frame = TestFrames.frame(1, sequence, 10);
            await(() -> link.client.trySend(link.here, frame) > 0, "room for a frame");
        }

        for (int expected = 3; expected <= 9; expected += 3) {
            int atLeast = expected;
            await(() -> pollAtMost(link.server, 3) && link.server.heardInAll() >= atLeast, "three more frames", link);
        }
    }

    @Test
    void shouldServeManyClientsAtOnce() {
        TransportEnd server = open("server");
        List<Link> links = new ArrayList<>();
        for (int i = 0; i < CLIENT_TRANSPORTS; i++) {
            TransportEnd client = open("client" + i);
            for (int j = 0; j < CONNECTIONS_PER_CLIENT; j++) {
                links.add(connect(client, server));
            }
        }

        int frames = FRAMES / 10;
        for (int sequence = 0; sequence < frames; sequence++) {
            for (Link link : links) {
                byte[] frame = TestFrames.frame(link.stream, sequence, TestFrames.length(sequence, link.maxLength()));
                await(() -> link.client.trySend(link.here, frame) > 0, "room for a frame");
                await(() -> link.server.trySend(link.there, frame) > 0, "room for a frame back");
            }
        }
        await(() -> links.stream().allMatch(link -> link.hasHeard(frames)), "every client and the server heard all");

        for (Link link : links) {
            TestFrames.checkHeard(link.server.heard(link.there), link.stream, frames, link.maxLength());
            TestFrames.checkHeard(link.client.heard(link.here), link.stream, frames, link.maxLength());
        }
    }

    @Test
    void shouldLetTheListenerAnswerAndCloseWhileItHears() {
        Link link = connect(open("client"), open("server"));
        FrameClaim claim = new FrameClaim();
        link.server.alsoHearing((DuringFrame) (connection, buffer, offset, length) -> {
            if (connection.tryClaim(length, claim) > 0) {
                claim.buffer().putBytes(claim.offset(), buffer, offset, length);
                claim.commit();
            }
            connection.close();
        });
        byte[] first = TestFrames.frame(1, 0, 100);
        byte[] second = TestFrames.frame(1, 1, 100);

        link.client.trySend(link.here, first);
        link.client.trySend(link.here, second);
        await(() -> link.client.lossesInAll() > 0, "the client sees the server's close");

        assertThat(link.server.heard(link.there)).containsExactly(first);
        assertThat(link.client.heard(link.here)).containsExactly(first);
    }

    @Test
    void shouldTellTheOtherEndOnceWhenOneCloses() {
        Link link = connect(open("client"), open("server"));
        link.exchange(FRAMES);

        link.here.close();
        link.here.close();
        await(() -> link.server.lossesInAll() > 0, "the server sees the close");
        cycle(QUIET_CYCLES);

        link.checkExchanged(FRAMES);
        assertThat(link.server.losses(link.there)).hasSize(1);
        assertThat(link.server.trySend(link.there, new byte[1])).isEqualTo(Connection.CLOSED);
        assertThat(link.client.trySend(link.here, new byte[1])).isEqualTo(Connection.CLOSED);
        assertThat(link.here.isConnected() || link.there.isConnected()).isFalse();
        assertThat(link.client.lossesInAll()).isZero();
    }

    @Test
    void shouldDeliverWhatWasSentBeforeTheClose() {
        Link link = connect(open("client"), open("server"));
        int sent = 0;
        while (sent < 20) {
            byte[] frame = TestFrames.frame(1, sent, TestFrames.length(sent, link.maxLength()));
            await(() -> link.client.trySend(link.here, frame) > 0, "room for a frame");
            sent++;
        }

        link.here.close();
        await(() -> link.server.lossesInAll() > 0, "the server sees the close");

        TestFrames.checkHeard(link.server.heard(link.there), 1, sent, link.maxLength());
    }

    @Test
    void shouldReconnectWithANewIdentityAfterTheClientRestarts() {
        TransportEnd server = open("server");
        Link before = connect(open("client"), server);
        before.exchange(FRAMES / 10);

        close(before.client);
        await(() -> server.lossesInAll() == 1, "the server sees the client go");
        Link after = connect(open("client"), server);
        after.exchange(FRAMES / 10);

        after.checkExchanged(FRAMES / 10);
    }

    @Test
    void shouldReconnectWithANewIdentityAfterTheServerRestarts() {
        TransportEnd client = open("client");
        TransportEnd server = open("server");
        connect(client, server).exchange(FRAMES / 10);

        close(server);
        await(() -> client.lossesInAll() == 1, "the client sees the server go");
        TransportEnd restarted = open("server", server.address());
        assertThat(restarted.address()).isEqualTo(server.address());
        Link after = connect(client, restarted);
        after.exchange(FRAMES / 10);

        after.checkExchanged(FRAMES / 10);
    }

    @Test
    void shouldSurviveAFreezeOfTheReceiver() {
        Link link = connect(open("client"), open("server"));
        link.exchange(10);

        int sent = 10;
        long frozenUntilNs = System.nanoTime() + freezeMs() * 1_000_000;
        while (frozenUntilNs - System.nanoTime() > 0) {
            byte[] frame = TestFrames.frame(1, sent, TestFrames.length(sent, link.maxLength()));
            sent += link.client.trySend(link.here, frame) > 0 ? 1 : 0;
            link.client.cycle();
        }
        int taken = sent;
        await(() -> link.server.heard(link.there).size() >= taken, "all frames heard after the freeze");
        link.exchange(taken, FRAMES / 10);

        TestFrames.checkHeard(link.server.heard(link.there), 1, taken + FRAMES / 10, link.maxLength());
        assertThat(link.server.lossesInAll() + link.client.lossesInAll()).isZero();
    }

    @Test
    void shouldSurviveAFreezeOfTheSender() {
        Link link = connect(open("client"), open("server"));
        link.exchange(10);

        long frozenUntilNs = System.nanoTime() + freezeMs() * 1_000_000;
        while (frozenUntilNs - System.nanoTime() > 0) {
            link.server.cycle();
            link.server.transport().awaitWork(PAUSE_NS);
        }
        link.exchange(10, FRAMES / 10);

        TestFrames.checkHeard(link.server.heard(link.there), 1, 10 + FRAMES / 10, link.maxLength());
        assertThat(link.server.lossesInAll() + link.client.lossesInAll()).isZero();
    }

    @Test
    void shouldDropGarbageAndCountIt() {
        Link link = connect(open("client"), open("server"));
        SplittableRandom random = new SplittableRandom(20);
        int sent = 0;

        for (int i = 0; i < GARBAGE_DATAGRAMS; i++) {
            byte[] garbage = new byte[1 + random.nextInt(MAX_GARBAGE_LENGTH)];
            if (i % 3 != 0) {
                random.nextBytes(garbage);
            }
            inject(i % 2 == 0 ? link.server.address() : link.client.address(), garbage);
            link.exchange(sent, 3);
            sent += 3;
        }
        await(() -> link.server.transport().counters().framesRejected() > 0, "the server counted garbage");
        await(() -> link.client.transport().counters().framesRejected() > 0, "the client counted garbage");

        link.checkExchanged(sent);
        assertThat(link.server.lossesInAll() + link.client.lossesInAll()).isZero();
    }

    @Test
    void shouldNotHearAnEndWithAnotherKey() {
        TransportEnd client = open("client");
        TransportEnd stranger = open("stranger");
        TransportEnd server = open("server");
        Link link = connect(client, server);
        ConnectionSpec real = link.here.spec();

        Connection forged = stranger.transport()
                .connect(new ConnectionSpec(
                        real.connectionId(),
                        real.keyHigh(),
                        real.keyLow() + 1,
                        true,
                        stranger.address(),
                        server.address(),
                        real.purpose()));
        for (int i = 0; i < QUIET_CYCLES; i++) {
            stranger.trySend(forged, TestFrames.frame(3, i, 50));
            cycle(1);
        }
        link.exchange(FRAMES);

        link.checkExchanged(FRAMES);
        assertThat(server.heardInAll()).isEqualTo(FRAMES);
        assertThat(forged.isConnected()).isFalse();
    }

    @Test
    void shouldRefuseASecondConnectionWithTheSameId() {
        Link link = connect(open("client"), open("server"));

        assertThatExceptionOfType(TransportException.class)
                .isThrownBy(() -> link.client.transport().connect(link.here.spec()));
        assertThatExceptionOfType(TransportException.class)
                .isThrownBy(() -> link.server.transport().connect(link.there.spec()));
        link.exchange(10);
        link.checkExchanged(10);
    }

    @Test
    void shouldRefuseMoreConnectionsThanAllowed() {
        TransportEnd one = open("one");
        TransportEnd other = open("other");
        List<Connection> opened = new ArrayList<>();
        for (int i = 0; i < MAX_CONNECTIONS; i++) {
            opened.add(one.transport().connect(spec(nextConnectionId++, one, other, false)));
        }

        assertThatExceptionOfType(TransportException.class)
                .isThrownBy(() -> one.transport().connect(spec(nextConnectionId++, one, other, false)));

        opened.get(0).close();
        assertThat(one.transport().connect(spec(nextConnectionId++, one, other, false)))
                .isNotNull();
    }

    @Test
    void shouldRefuseALocalAddressItHasNotBound() {
        TransportEnd one = open("one");
        TransportEnd other = open("other");

        assertThatExceptionOfType(TransportException.class)
                .isThrownBy(() -> one.transport().connect(spec(nextConnectionId++, other, one, true)));
    }

    @Test
    void shouldCountWhatItMoves() {
        Link link = connect(open("client"), open("server"));

        link.exchange(FRAMES / 10);

        long bytes = link.server.heard(link.there).stream()
                .mapToLong(frame -> frame.length)
                .sum();
        assertThat(link.client.transport().counters().framesSent()).isEqualTo(FRAMES / 10);
        assertThat(link.client.transport().counters().bytesSent()).isEqualTo(bytes);
        assertThat(link.server.transport().counters().framesReceived()).isEqualTo(FRAMES / 10);
        assertThat(link.server.transport().counters().bytesReceived()).isEqualTo(bytes);
        assertThat(link.server.transport().counters().rebuilds()).isZero();
    }

    @Test
    void shouldEndItsWaitWhenWokenFromAnotherThread() throws InterruptedException {
        TransportEnd end = open("one");
        cycle(QUIET_CYCLES);
        Thread waiting = new Thread(() -> end.transport().awaitWork(FOR_EVER_NS));
        waiting.setDaemon(true);

        waiting.start();
        end.transport().wakeup();
        waiting.join(patienceMs());

        assertThat(waiting.isAlive()).as("still waiting").isFalse();
    }

    @Test
    void shouldEndItsWaitWhenAFrameArrives() throws InterruptedException {
        Link link = connect(open("client"), open("server"));
        AtomicBoolean isHeard = new AtomicBoolean();
        Thread waiting = new Thread(() -> {
            while (link.server.heardInAll() == 0) {
                if (link.server.cycle() == 0) {
                    link.server.transport().awaitWork(FOR_EVER_NS);
                }
            }
            isHeard.set(true);
        });
        waiting.setDaemon(true);

        waiting.start();
        assertThat(link.client.trySend(link.here, new byte[10])).isPositive();
        long deadlineNs = System.nanoTime() + patienceMs() * 1_000_000;
        while (!isHeard.get() && deadlineNs - System.nanoTime() > 0) {
            if (link.client.cycle() == 0) {
                link.client.transport().awaitWork(PAUSE_NS);
            }
        }
        waiting.join(patienceMs());

        assertThat(isHeard).isTrue();
    }

    /** Opens a transport of this name on an address of its own; closed after the test. */
    private TransportEnd open(String name) {
        return open(name, anyAddress());
    }

    private TransportEnd open(String name, InetSocketAddress address) {
        TransportContext context = new TransportContext(name, 0, MAX_CONNECTIONS, notices::add);
        TransportEnd end = new TransportEnd(provider().open(context), address);
        ends.add(end);
        return end;
    }

    private void close(TransportEnd end) {
        end.close();
        ends.remove(end);
    }

    private Link connect(TransportEnd client, TransportEnd server) {
        return connect(client, server, Purpose.CLIENT);
    }

    private Link connect(TransportEnd client, TransportEnd server, Purpose purpose) {
        int id = nextConnectionId++;
        Connection there = server.transport().connect(spec(id, server, client, false, purpose));
        Connection here = client.transport().connect(spec(id, client, server, true, purpose));
        await(() -> here.isConnected() && there.isConnected(), "both ends connected");
        return new Link(client, server, here, there);
    }

    private static ConnectionSpec spec(int id, TransportEnd local, TransportEnd remote, boolean isInitiator) {
        return spec(id, local, remote, isInitiator, Purpose.CLIENT);
    }

    private static ConnectionSpec spec(
            int id, TransportEnd local, TransportEnd remote, boolean isInitiator, Purpose purpose) {
        SplittableRandom keys = new SplittableRandom(id);
        return new ConnectionSpec(
                id, keys.nextLong(), keys.nextLong(), isInitiator, local.address(), remote.address(), purpose);
    }

    private void cycle(int times) {
        for (int i = 0; i < times; i++) {
            for (TransportEnd end : ends) {
                end.cycle();
            }
        }
    }

    private void await(BooleanSupplier isDone, String what) {
        await(isDone, what, ends);
    }

    private void await(BooleanSupplier isDone, String what, Link link) {
        await(isDone, what, List.of(link.client));
    }

    private void await(BooleanSupplier isDone, String what, List<TransportEnd> driven) {
        long deadlineNs = System.nanoTime() + patienceMs() * 1_000_000;
        while (!isDone.getAsBoolean()) {
            int work = 0;
            for (TransportEnd end : driven) {
                work += end.cycle();
            }
            if (work == 0) {
                driven.get(0).transport().awaitWork(PAUSE_NS);
            }
            if (deadlineNs - System.nanoTime() < 0) {
                fail("did not happen within %d ms: %s; notices=%s", patienceMs(), what, notices);
            }
        }
    }

    private static boolean pollAtMost(TransportEnd end, int frameLimit) {
        end.cycleWithoutPoll();
        int before = end.heardInAll();
        int reported = end.transport().poll(end, frameLimit);
        assertThat(end.heardInAll() - before).isEqualTo(reported).isLessThanOrEqualTo(frameLimit);
        return true;
    }

    /** A listener's frame half as a lambda. */
    private interface DuringFrame extends org.stoneware.spi.transport.FrameListener {
        @Override
        default void onConnectionLost(Connection connection, String reason) {}
    }

    /** Both ends of one connection. */
    private final class Link {
        private final TransportEnd client;
        private final TransportEnd server;
        private final Connection here;
        private final Connection there;
        private final int stream;

        private Link(TransportEnd client, TransportEnd server, Connection here, Connection there) {
            this.client = client;
            this.server = server;
            this.here = here;
            this.there = there;
            stream = here.spec().connectionId();
        }

        private int maxLength() {
            return Math.min(here.maxFrameLength(), there.maxFrameLength());
        }

        private void exchange(int count) {
            exchange(0, count);
        }

        /** Sends frames both ways and waits until all are heard. */
        private void exchange(int first, int count) {
            int heardBack = client.heard(here).size();
            for (int sequence = first; sequence < first + count; sequence++) {
                byte[] frame = TestFrames.frame(1, sequence, TestFrames.length(sequence, maxLength()));
                await(() -> client.trySend(here, frame) > 0, "room for a frame");
                await(() -> server.trySend(there, frame) > 0, "room for a frame back");
            }
            await(() -> server.heard(there).size() >= first + count, "the server heard all");
            await(() -> client.heard(here).size() >= heardBack + count, "the client heard all");
        }

        private boolean hasHeard(int count) {
            return server.heard(there).size() >= count && client.heard(here).size() >= count;
        }

        private void checkExchanged(int count) {
            TestFrames.checkHeard(server.heard(there), 1, count, maxLength());
            TestFrames.checkHeard(client.heard(here), 1, count, maxLength());
        }
    }
}
