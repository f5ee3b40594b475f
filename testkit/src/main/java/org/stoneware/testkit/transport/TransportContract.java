package org.stoneware.testkit.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

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
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.stoneware.spi.transport.Connection;
import org.stoneware.spi.transport.ConnectionSpec;
import org.stoneware.spi.transport.ConnectionSpec.Purpose;
import org.stoneware.spi.transport.FrameClaim;
import org.stoneware.spi.transport.FrameListener;
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

    private final TransportRig rig = new TransportRig(this::provider, this::patienceMs, MAX_CONNECTIONS);

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
        rig.close();
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
        int id = rig.nextConnectionId();

        Connection early = client.transport().connect(TransportRig.spec(id, client, server, true));
        rig.cycle(QUIET_CYCLES);

        assertThat(early.isConnected()).isFalse();
        assertThat(client.trySend(early, TestFrames.frame(1, 0, 10))).isEqualTo(Connection.NOT_CONNECTED);

        Connection late = server.transport().connect(TransportRig.spec(id, server, client, false));
        rig.await(() -> early.isConnected() && late.isConnected(), "both ends connected");
    }

    @Test
    void shouldDeliverEveryFrameOnceInOrderBothWays() {
        TransportLink link = connectedPair();

        link.exchange(FRAMES);

        link.checkExchanged(FRAMES);
    }

    @Test
    void shouldDeliverFramesForReplication() {
        TransportLink link = rig.connect(open("client"), open("server"), Purpose.REPLICATION);

        link.exchange(FRAMES);

        link.checkExchanged(FRAMES);
    }

    @Test
    void shouldDeliverFramesOfEveryLength() {
        TransportLink link = connectedPair();
        int maxLength = link.here().maxFrameLength();
        assertThat(maxLength).isGreaterThanOrEqualTo(1024);

        for (int length = 1; length <= maxLength; length += length < 200 || length > maxLength - 100 ? 1 : 7) {
            byte[] frame = TestFrames.frame(1, length, length);
            rig.await(() -> link.client().trySend(link.here(), frame) > 0, "room for one frame");
            List<byte[]> heard = link.server().heard(link.there());
            rig.await(() -> !heard.isEmpty(), "a frame of length " + length);
            assertThat(heard).containsExactly(frame);
            heard.clear();
        }
    }

    @Test
    void shouldRefuseFramesOfIllegalLength() {
        TransportLink link = connectedPair();
        FrameClaim claim = new FrameClaim();

        assertThatExceptionOfType(IllegalArgumentException.class)
                .isThrownBy(() -> link.here().tryClaim(0, claim));
        assertThatExceptionOfType(IllegalArgumentException.class)
                .isThrownBy(() -> link.here().tryClaim(link.here().maxFrameLength() + 1, claim));
    }

    @Test
    void shouldNeverShowAnAbortedFrame() {
        TransportLink link = connectedPair();

        for (int sequence = 0; sequence < FRAMES; sequence++) {
            int length = TestFrames.length(sequence, link.maxLength());
            byte[] aborted = TestFrames.frame(9, sequence, length);
            byte[] sent = TestFrames.frame(1, sequence, length);
            rig.await(() -> link.client().tryAbort(link.here(), aborted), "room for a frame to abort");
            rig.await(() -> link.client().trySend(link.here(), sent) > 0, "room for a frame");
        }
        rig.await(() -> link.server().heard(link.there()).size() >= FRAMES, "all frames heard");
        rig.cycle(QUIET_CYCLES);

        TestFrames.checkHeard(link.server().heard(link.there()), 1, FRAMES, link.maxLength());
    }

    @Test
    void shouldPushBackWhenTheOtherEndDoesNotPollAndLoseNothing() {
        TransportLink link = connectedPair();

        int sent = 0;
        int refused = 0;
        while (refused < QUIET_CYCLES) {
            byte[] frame = TestFrames.frame(1, sent, TestFrames.length(sent, link.maxLength()));
            long outcome = link.client().trySend(link.here(), frame);
            assertThat(outcome).isNotEqualTo(Connection.CLOSED).isNotEqualTo(Connection.NOT_CONNECTED);
            sent += outcome > 0 ? 1 : 0;
            refused += outcome > 0 ? 0 : 1;
            assertThat(sent).as("frames taken without anybody polling").isLessThan(100 * FRAMES);
            link.client().cycle();
            link.server().cycleWithoutPoll();
        }
        int taken = sent;
        assertThat(link.client().transport().counters().backPressured()).isPositive();
        rig.await(() -> link.server().heard(link.there()).size() >= taken, "all frames taken are heard");
        link.exchange(taken, FRAMES);

        TestFrames.checkHeard(link.server().heard(link.there()), 1, taken + FRAMES, link.maxLength());
    }

    @Test
    void shouldDeliverNoMoreFramesThanAsked() {
        TransportLink link = connectedPair();
        for (int sequence = 0; sequence < 10; sequence++) {
            byte[] frame = TestFrames.frame(1, sequence, 10);
            rig.await(() -> link.client().trySend(link.here(), frame) > 0, "room for a frame");
        }

        for (int expected = 3; expected <= 9; expected += 3) {
            int atLeast = expected;
            rig.await(
                    () -> pollAtMost(link.server(), 3) && link.server().heardInAll() >= atLeast,
                    "three more frames",
                    List.of(link.client()));
        }
    }

    @Test
    void shouldServeManyClientsAtOnce() {
        TransportEnd server = open("server");
        List<TransportLink> links = new ArrayList<>();
        for (int i = 0; i < CLIENT_TRANSPORTS; i++) {
            TransportEnd client = open("client" + i);
            for (int j = 0; j < CONNECTIONS_PER_CLIENT; j++) {
                links.add(rig.connect(client, server));
            }
        }

        int frames = FRAMES / 10;
        for (int sequence = 0; sequence < frames; sequence++) {
            for (TransportLink link : links) {
                byte[] frame = TestFrames.frame(link.stream(), sequence, TestFrames.length(sequence, link.maxLength()));
                rig.await(() -> link.client().trySend(link.here(), frame) > 0, "room for a frame");
                rig.await(() -> link.server().trySend(link.there(), frame) > 0, "room for a frame back");
            }
        }
        rig.await(
                () -> links.stream().allMatch(link -> link.hasHeard(frames)), "every client and the server heard all");

        for (TransportLink link : links) {
            TestFrames.checkHeard(link.server().heard(link.there()), link.stream(), frames, link.maxLength());
            TestFrames.checkHeard(link.client().heard(link.here()), link.stream(), frames, link.maxLength());
        }
    }

    @Test
    void shouldLetTheListenerAnswerAndCloseWhileItHears() {
        TransportLink link = connectedPair();
        FrameClaim claim = new FrameClaim();
        link.server().alsoHearing((DuringFrame) (connection, buffer, offset, length) -> {
            if (connection.tryClaim(length, claim) > 0) {
                claim.buffer().putBytes(claim.offset(), buffer, offset, length);
                claim.commit();
            }
            connection.close();
        });
        byte[] first = TestFrames.frame(1, 0, 100);
        byte[] second = TestFrames.frame(1, 1, 100);

        link.client().trySend(link.here(), first);
        link.client().trySend(link.here(), second);
        rig.await(() -> link.client().lossesInAll() > 0, "the client sees the server's close");

        assertThat(link.server().heard(link.there())).containsExactly(first);
        assertThat(link.client().heard(link.here())).containsExactly(first);
    }

    @Test
    void shouldTellTheOtherEndOnceWhenOneCloses() {
        TransportLink link = connectedPair();
        link.exchange(FRAMES);

        link.here().close();
        link.here().close();
        rig.await(() -> link.server().lossesInAll() > 0, "the server sees the close");
        rig.cycle(QUIET_CYCLES);

        link.checkExchanged(FRAMES);
        assertThat(link.server().losses(link.there())).hasSize(1);
        assertThat(link.server().trySend(link.there(), new byte[1])).isEqualTo(Connection.CLOSED);
        assertThat(link.client().trySend(link.here(), new byte[1])).isEqualTo(Connection.CLOSED);
        assertThat(link.here().isConnected() || link.there().isConnected()).isFalse();
        assertThat(link.client().lossesInAll()).isZero();
    }

    @Test
    void shouldDeliverWhatWasSentBeforeTheClose() {
        TransportLink link = connectedPair();
        int sent = 0;
        while (sent < 20) {
            byte[] frame = TestFrames.frame(1, sent, TestFrames.length(sent, link.maxLength()));
            rig.await(() -> link.client().trySend(link.here(), frame) > 0, "room for a frame");
            sent++;
        }

        link.here().close();
        rig.await(() -> link.server().lossesInAll() > 0, "the server sees the close");

        TestFrames.checkHeard(link.server().heard(link.there()), 1, sent, link.maxLength());
    }

    @Test
    void shouldReconnectWithANewIdentityAfterTheClientRestarts() {
        TransportEnd server = open("server");
        TransportLink before = rig.connect(open("client"), server);
        before.exchange(FRAMES / 10);

        rig.close(before.client());
        rig.await(() -> server.lossesInAll() == 1, "the server sees the client go");
        TransportLink after = rig.connect(open("client"), server);
        after.exchange(FRAMES / 10);

        after.checkExchanged(FRAMES / 10);
    }

    @Test
    void shouldReconnectWithANewIdentityAfterTheServerRestarts() {
        TransportEnd client = open("client");
        TransportEnd server = open("server");
        rig.connect(client, server).exchange(FRAMES / 10);

        rig.close(server);
        rig.await(() -> client.lossesInAll() == 1, "the client sees the server go");
        TransportEnd restarted = rig.open("server", server.address());
        assertThat(restarted.address()).isEqualTo(server.address());
        TransportLink after = rig.connect(client, restarted);
        after.exchange(FRAMES / 10);

        after.checkExchanged(FRAMES / 10);
    }

    @Test
    void shouldSurviveAFreezeOfTheReceiver() {
        TransportLink link = connectedPair();
        link.exchange(10);

        int sent = 10;
        long frozenUntilNs = System.nanoTime() + freezeMs() * 1_000_000;
        while (frozenUntilNs - System.nanoTime() > 0) {
            byte[] frame = TestFrames.frame(1, sent, TestFrames.length(sent, link.maxLength()));
            sent += link.client().trySend(link.here(), frame) > 0 ? 1 : 0;
            link.client().cycle();
        }
        int taken = sent;
        rig.await(() -> link.server().heard(link.there()).size() >= taken, "all frames heard after the freeze");
        link.exchange(taken, FRAMES / 10);

        TestFrames.checkHeard(link.server().heard(link.there()), 1, taken + FRAMES / 10, link.maxLength());
        assertThat(link.server().lossesInAll() + link.client().lossesInAll()).isZero();
    }

    @Test
    void shouldSurviveAFreezeOfTheSender() {
        TransportLink link = connectedPair();
        link.exchange(10);

        long frozenUntilNs = System.nanoTime() + freezeMs() * 1_000_000;
        while (frozenUntilNs - System.nanoTime() > 0) {
            link.server().cycle();
            link.server().transport().awaitWork(PAUSE_NS);
        }
        link.exchange(10, FRAMES / 10);

        TestFrames.checkHeard(link.server().heard(link.there()), 1, 10 + FRAMES / 10, link.maxLength());
        assertThat(link.server().lossesInAll() + link.client().lossesInAll()).isZero();
    }

    @Test
    void shouldDropGarbageAndCountIt() {
        TransportLink link = connectedPair();
        SplittableRandom random = new SplittableRandom(20);
        int sent = 0;

        for (int i = 0; i < GARBAGE_DATAGRAMS; i++) {
            byte[] garbage = new byte[1 + random.nextInt(MAX_GARBAGE_LENGTH)];
            if (i % 3 != 0) {
                random.nextBytes(garbage);
            }
            inject(i % 2 == 0 ? link.server().address() : link.client().address(), garbage);
            link.exchange(sent, 3);
            sent += 3;
        }
        rig.await(() -> link.server().transport().counters().framesRejected() > 0, "the server counted garbage");
        rig.await(() -> link.client().transport().counters().framesRejected() > 0, "the client counted garbage");

        link.checkExchanged(sent);
        assertThat(link.server().lossesInAll() + link.client().lossesInAll()).isZero();
    }

    @Test
    void shouldNotHearAnEndWithAnotherKey() {
        TransportEnd client = open("client");
        TransportEnd stranger = open("stranger");
        TransportEnd server = open("server");
        TransportLink link = rig.connect(client, server);
        ConnectionSpec real = link.here().spec();

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
            rig.cycle(1);
        }
        link.exchange(FRAMES);

        link.checkExchanged(FRAMES);
        assertThat(server.heardInAll()).isEqualTo(FRAMES);
        assertThat(forged.isConnected()).isFalse();
    }

    @Test
    void shouldRefuseASecondConnectionWithTheSameId() {
        TransportLink link = connectedPair();

        assertThatExceptionOfType(TransportException.class)
                .isThrownBy(() -> link.client().transport().connect(link.here().spec()));
        assertThatExceptionOfType(TransportException.class)
                .isThrownBy(() -> link.server().transport().connect(link.there().spec()));
        link.exchange(10);
        link.checkExchanged(10);
    }

    @Test
    void shouldRefuseMoreConnectionsThanAllowed() {
        TransportEnd one = open("one");
        TransportEnd other = open("other");
        List<Connection> opened = new ArrayList<>();
        for (int i = 0; i < MAX_CONNECTIONS; i++) {
            opened.add(one.transport().connect(rig.spec(one, other, false)));
        }

        assertThatExceptionOfType(TransportException.class)
                .isThrownBy(() -> one.transport().connect(rig.spec(one, other, false)));

        opened.get(0).close();
        assertThat(one.transport().connect(rig.spec(one, other, false))).isNotNull();
    }

    @Test
    void shouldRefuseALocalAddressItHasNotBound() {
        TransportEnd one = open("one");
        TransportEnd other = open("other");

        assertThatExceptionOfType(TransportException.class)
                .isThrownBy(() -> one.transport().connect(rig.spec(other, one, true)));
    }

    @Test
    void shouldCountWhatItMoves() {
        TransportLink link = connectedPair();

        link.exchange(FRAMES / 10);

        long bytes = link.server().heard(link.there()).stream()
                .mapToLong(frame -> frame.length)
                .sum();
        assertThat(link.client().transport().counters().framesSent()).isEqualTo(FRAMES / 10);
        assertThat(link.client().transport().counters().bytesSent()).isEqualTo(bytes);
        assertThat(link.server().transport().counters().framesReceived()).isEqualTo(FRAMES / 10);
        assertThat(link.server().transport().counters().bytesReceived()).isEqualTo(bytes);
        assertThat(link.server().transport().counters().rebuilds()).isZero();
    }

    @Test
    void shouldEndItsWaitWhenWokenFromAnotherThread() throws InterruptedException {
        TransportEnd end = open("one");
        rig.cycle(QUIET_CYCLES);
        Thread waiting = new Thread(() -> end.transport().awaitWork(FOR_EVER_NS));
        waiting.setDaemon(true);

        waiting.start();
        end.transport().wakeup();
        waiting.join(patienceMs());

        assertThat(waiting.isAlive()).as("still waiting").isFalse();
    }

    @Test
    void shouldEndItsWaitWhenAFrameArrives() throws InterruptedException {
        TransportLink link = connectedPair();
        AtomicInteger heard = new AtomicInteger();
        AtomicBoolean isGivenUp = new AtomicBoolean();
        Thread waiting = new Thread(() -> {
            while (heard.get() < QUIET_CYCLES && !isGivenUp.get()) {
                if (link.server().cycle() == 0) {
                    link.server().transport().awaitWork(FOR_EVER_NS);
                }
                heard.set(link.server().heardInAll());
            }
        });
        waiting.setDaemon(true);

        waiting.start();
        try {
            for (int i = 0; i < QUIET_CYCLES; i++) {
                // The next frame goes only after the last was heard, so that the other end has time to fall asleep.
                int sent = i;
                rig.await(() -> heard.get() == sent, "frame " + sent + " is heard", List.of(link.client()));
                assertThat(link.client().trySend(link.here(), new byte[10])).isPositive();
            }
            rig.await(() -> !waiting.isAlive(), "all are heard", List.of(link.client()));
        } finally {
            isGivenUp.set(true);
            link.server().transport().wakeup();
            waiting.join(patienceMs());
        }
    }

    private TransportEnd open(String name) {
        return rig.open(name, anyAddress());
    }

    private TransportLink connectedPair() {
        return rig.connect(open("client"), open("server"));
    }

    private static boolean pollAtMost(TransportEnd end, int frameLimit) {
        end.cycleWithoutPoll();
        int before = end.heardInAll();
        int reported = end.transport().poll(end, frameLimit);
        assertThat(end.heardInAll() - before).isEqualTo(reported).isLessThanOrEqualTo(frameLimit);
        return true;
    }

    /** A listener's frame half as a lambda. */
    private interface DuringFrame extends FrameListener {
        @Override
        default void onConnectionLost(Connection connection, String reason) {}
    }
}
