package org.stoneware.liveness;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.agrona.DirectBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.stoneware.liveness.RecordingListener.Event;
import org.stoneware.spi.liveness.Heartbeat;
import org.stoneware.spi.liveness.LivenessLink;
import org.stoneware.spi.liveness.LivenessListener.CloseCause;
import org.stoneware.spi.liveness.LivenessListener.ConnectFailure;

/** What a server may conclude about another one: refused, unreachable, closed, left, silent are told apart. */
class LivenessEvidenceTest {
    private static final long CONNECT_TIMEOUT_NS = 20_000_000_000L;
    private static final int SILENCE_MS = 150;

    private final TcpLivenessNetwork network = new TcpLivenessNetwork(
            LivenessSettings.defaults().withValveBeat(20, SILENCE_MS).withServerBeat(20, SILENCE_MS), "liveness-test");
    private final RecordingListener listener = new RecordingListener().replying(Greetings.ACCEPTED);

    @AfterEach
    void closeNetwork() {
        network.close();
    }

    @Test
    void shouldTellThatNobodyListens() throws IOException {
        int port;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }

        network.connect("127.0.0.1", port, CONNECT_TIMEOUT_NS, listener);

        Event.ConnectFailed failed = listener.await(Event.ConnectFailed.class);
        assertThat(failed.failure()).isEqualTo(ConnectFailure.REFUSED);
        assertThat(failed.address().getPort()).isEqualTo(port);
    }

    @Test
    void shouldTellThatThereIsNoAnswer() throws IOException {
        try (ServerSocket full = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            List<Socket> fillers = fillQueueOf(full);

            network.connect("127.0.0.1", full.getLocalPort(), 50_000_000L, listener);

            assertThat(listener.await(Event.ConnectFailed.class).failure()).isEqualTo(ConnectFailure.UNREACHABLE);
            for (Socket filler : fillers) {
                filler.close();
            }
        }
    }

    @Test
    void shouldTellThatNameIsUnknown() {
        network.connect("no-such-host.invalid", 9510, CONNECT_TIMEOUT_NS, listener);

        Event.ConnectFailed failed = listener.await(Event.ConnectFailed.class);
        assertThat(failed.failure()).isEqualTo(ConnectFailure.UNRESOLVED);
        assertThat(failed.address().isUnresolved()).isTrue();
        assertThat(failed.address().getHostString()).isEqualTo("no-such-host.invalid");
    }

    @Test
    void shouldConnectByName() {
        InetSocketAddress address = network.listen(Greetings.anyPort(), listener);
        RecordingListener caller = new RecordingListener();

        network.connect("localhost", address.getPort(), CONNECT_TIMEOUT_NS, caller);

        LivenessLink link = caller.await(Event.Connected.class).link();
        assertThat(link.isInitiator()).isTrue();
        assertThat(link.remoteAddress().getPort()).isEqualTo(address.getPort());
    }

    @Test
    void shouldTellThatPeersKernelClosed() throws IOException {
        RawPeer peer = RawPeer.greeting(network.listen(Greetings.anyPort(), listener));

        peer.close();

        assertThat(listener.await(Event.Closed.class).cause()).isEqualTo(CloseCause.CLOSED_BY_PEER);
    }

    @Test
    void shouldTellThatPeersKernelReset() throws IOException {
        RawPeer peer = RawPeer.greeting(network.listen(Greetings.anyPort(), listener));

        peer.reset();

        assertThat(listener.await(Event.Closed.class).cause()).isEqualTo(CloseCause.CLOSED_BY_PEER);
    }

    @Test
    void shouldTakeHalfClosedConnectionForClosed() throws IOException {
        try (RawPeer peer = RawPeer.greeting(network.listen(Greetings.anyPort(), listener))) {
            peer.shutOutput();

            assertThat(listener.await(Event.Closed.class).cause()).isEqualTo(CloseCause.CLOSED_BY_PEER);
            peer.awaitEnd();
        }
    }

    @Test
    void shouldTellGoodbyeFromDeathEvenWhenCloseFollowsAtOnce() throws IOException {
        RawPeer peer = RawPeer.greeting(network.listen(Greetings.anyPort(), listener));

        peer.sendGoodbye("stopped by operator");
        peer.close();

        Event.Closed closed = listener.await(Event.Closed.class);
        assertThat(closed.cause()).isEqualTo(CloseCause.GOODBYE);
        assertThat(closed.reason()).isEqualTo("stopped by operator");
    }

    @Test
    void shouldTellClosedOnceForEveryConnection() throws IOException {
        RawPeer peer = RawPeer.greeting(network.listen(Greetings.anyPort(), listener));
        LivenessLink link = listener.await(Event.HelloHeard.class).link();

        link.close();
        link.close();
        link.goodbye("too late");
        peer.close();
        assertThat(listener.await(Event.Closed.class).cause()).isEqualTo(CloseCause.CLOSED_HERE);
        network.close();

        assertThat(listener.rest()).noneMatch(Event.Closed.class::isInstance);
    }

    @Test
    void shouldTellSilenceAgainAsItGoesOnAndKeepConnectionOpen() throws IOException {
        try (RawPeer frozen = RawPeer.greeting(network.listen(Greetings.anyPort(), listener))) {
            long first = listener.await(Event.Silence.class).silentNs();
            long second = listener.await(Event.Silence.class).silentNs();
            frozen.send(Greetings.BEAT);

            assertThat(first).isGreaterThanOrEqualTo(SILENCE_MS * 1_000_000L);
            assertThat(second).isGreaterThanOrEqualTo(SILENCE_MS * 1_200_000L);
            listener.await(Event.Beat.class);
            assertThat(listener.await(Event.Silence.class).silentNs()).isLessThan(10_000_000_000L);
        }
    }

    @Test
    void shouldReadWhatCameWhileThisThreadWasFrozenBeforeJudgingSilence() throws Exception {
        FreezingListener freezing = new FreezingListener();
        InetSocketAddress address = network.listen(Greetings.anyPort(), freezing.replying(Greetings.ACCEPTED));
        try (RawPeer peer = RawPeer.greeting(address);
                RawPeer other = RawPeer.greeting(address)) {
            LivenessLink peerLink = freezing.await(Event.HelloHeard.class).link();
            freezing.await(Event.HelloHeard.class);
            peer.send(Greetings.BEAT);
            freezing.await(Event.Beat.class);

            freezing.freezeBy(other);
            Heartbeat late = new Heartbeat(17, 7, Greetings.BEAT.role(), 0, "");
            peer.send(late);
            freezing.thawAfterManySilences();

            List<Event> sinceThaw = new ArrayList<>();
            Event next = freezing.await(Event.class, event -> event.link() == peerLink);
            while (!(next instanceof Event.Beat)) {
                sinceThaw.add(next);
                next = freezing.await(Event.class, event -> event.link() == peerLink);
            }
            assertThat(sinceThaw).isEmpty();
            assertThat(((Event.Beat) next).heartbeat()).isEqualTo(late);
        }
    }

    @Test
    void shouldNotBlamePeerForTimeThisThreadWasFrozen() throws Exception {
        FreezingListener freezing = new FreezingListener();
        InetSocketAddress address = network.listen(Greetings.anyPort(), freezing.replying(Greetings.ACCEPTED));
        try (RawPeer peer = RawPeer.greeting(address)) {
            freezing.freezeBy(peer);
            freezing.thawAfterManySilences();

            assertThat(freezing.await(Event.Silence.class).silentNs())
                    .isLessThan(FreezingListener.FROZEN_MS * 1_000_000L);
        }
    }

    /** Stops the liveness thread inside a callback, as a stopped process would stop it. */
    private static final class FreezingListener extends RecordingListener {
        static final int FROZEN_MS = 5 * SILENCE_MS;

        private final CountDownLatch frozen = new CountDownLatch(1);
        private final CountDownLatch thaw = new CountDownLatch(1);

        void freezeBy(RawPeer peer) throws Exception {
            peer.send(new byte[] {12, 0, 0, 0, 0, 0, 5, 0, (byte) 0x85, 3, 1, 0, 0, 0, 0, 0});
            frozen.await();
        }

        void thawAfterManySilences() throws InterruptedException {
            // The freeze has to last longer than the silence time; there is no event to wait for.
            Thread.sleep(FROZEN_MS);
            thaw.countDown();
            await(Event.Message.class);
        }

        @Override
        public void onMessage(LivenessLink link, DirectBuffer buffer, int offset, int length) {
            frozen.countDown();
            try {
                thaw.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            super.onMessage(link, buffer, offset, length);
        }
    }

    /** Connects until the kernel no longer answers. */
    private static List<Socket> fillQueueOf(ServerSocket full) throws IOException {
        List<Socket> fillers = new ArrayList<>();
        while (true) {
            Socket filler = new Socket();
            fillers.add(filler);
            try {
                filler.connect(full.getLocalSocketAddress(), 300);
            } catch (SocketTimeoutException e) {
                return fillers;
            }
        }
    }
}
