package org.stoneware.liveness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.stoneware.liveness.RecordingListener.Event;
import org.stoneware.spi.liveness.Heartbeat;
import org.stoneware.spi.liveness.Hello;
import org.stoneware.spi.liveness.LivenessException;
import org.stoneware.spi.liveness.LivenessLink;
import org.stoneware.spi.liveness.LivenessListener;
import org.stoneware.spi.liveness.LivenessListener.CloseCause;

class TcpLivenessNetworkTest {
    private static final long CONNECT_TIMEOUT_NS = 20_000_000_000L;

    private final TcpLivenessNetwork first = new TcpLivenessNetwork(LivenessSettings.defaults(), "liveness-first");
    private final TcpLivenessNetwork second = new TcpLivenessNetwork(LivenessSettings.defaults(), "liveness-second");
    private final RecordingListener server = new RecordingListener().replying(Greetings.ACCEPTED);
    private final RecordingListener caller = new RecordingListener().sayingHello(Greetings.SERVER_HELLO);

    @AfterEach
    void closeNetworks() {
        first.close();
        second.close();
    }

    @Test
    void shouldSayWhichPortClashesAndWhatToDo() {
        InetSocketAddress taken = first.listen(Greetings.anyPort(), server);

        assertThatThrownBy(() -> second.listen(taken, "dso-port", server))
                .isInstanceOf(LivenessException.class)
                .hasMessageStartingWith("cannot bind 127.0.0.1:" + taken.getPort() + " (dso-port): address in use")
                .hasMessageContaining("set another dso-port");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void shouldCloseItsSelectorWhenItsThreadCannotStart(boolean isMade) {
        List<LivenessLoop> loops = new ArrayList<>();

        assertThatThrownBy(() -> new TcpLivenessNetwork(
                        LivenessSettings.defaults(), "no-thread", null, System::nanoTime, (loop, name) -> {
                            loops.add((LivenessLoop) loop);
                            return threadThatDoesNotStart(isMade);
                        }))
                .isInstanceOf(OutOfMemoryError.class);

        assertThat(loops).singleElement().matches(loop -> !loop.isSelectorOpen());
    }

    private static Thread threadThatDoesNotStart(boolean isMade) {
        if (!isMade) {
            throw new OutOfMemoryError("no memory for a thread");
        }
        return new Thread() {
            @Override
            public void start() {
                throw new OutOfMemoryError("unable to create native thread");
            }
        };
    }

    @Test
    void shouldSayThatAddressIsNotOfThisMachine() {
        assertThatThrownBy(() -> first.listen(new InetSocketAddress("192.0.2.1", 0), "l2-group-port", server))
                .isInstanceOf(LivenessException.class)
                .hasMessageContaining("not an address of this machine");
    }

    @Test
    void shouldSayThatHostCannotBeResolved() {
        assertThatThrownBy(() -> first.listen(InetSocketAddress.createUnresolved("nowhere.invalid", 1), server))
                .isInstanceOf(LivenessException.class)
                .hasMessageContaining("nowhere.invalid:1");
    }

    @Test
    void shouldBindSamePortAtOnceAfterRestartAlthoughConnectionsLinger() {
        InetSocketAddress address = first.listen(Greetings.anyPort(), server);
        second.connect("127.0.0.1", address.getPort(), CONNECT_TIMEOUT_NS, caller);
        caller.await(Event.Replied.class);
        first.close();

        try (TcpLivenessNetwork restarted = new TcpLivenessNetwork(LivenessSettings.defaults(), "liveness-again")) {
            assertThat(restarted.listen(address, server)).isEqualTo(address);
            caller.await(Event.Closed.class);
            second.connect("127.0.0.1", address.getPort(), CONNECT_TIMEOUT_NS, caller);

            caller.await(Event.Replied.class);
        }
    }

    @Test
    void shouldServeManyConnectionsWithRisingIds() {
        InetSocketAddress address = first.listen(Greetings.anyPort(), server);
        int count = 200;

        for (int i = 0; i < count; i++) {
            second.connect("127.0.0.1", address.getPort(), CONNECT_TIMEOUT_NS, caller);
        }

        Set<Long> ids = new HashSet<>();
        for (int i = 0; i < count; i++) {
            ids.add(caller.await(Event.Replied.class).link().id());
        }
        assertThat(ids).hasSize(count);
    }

    @Test
    void shouldServeSeveralPorts() {
        RecordingListener otherServer = new RecordingListener().replying(Greetings.ACCEPTED);
        InetSocketAddress address = first.listen(Greetings.anyPort(), server);
        InetSocketAddress otherAddress = first.listen(Greetings.anyPort(), otherServer);

        second.connect("127.0.0.1", otherAddress.getPort(), CONNECT_TIMEOUT_NS, caller);
        assertThat(otherServer.await(Event.HelloHeard.class).link().localAddress())
                .isEqualTo(otherAddress);

        assertThat(address).isNotEqualTo(otherAddress);
        assertThat(server.rest()).isEmpty();
    }

    @Test
    void shouldSayGoodbyeToAllAndEndItsThread() {
        InetSocketAddress address = first.listen(Greetings.anyPort(), server);
        second.connect("127.0.0.1", address.getPort(), CONNECT_TIMEOUT_NS, caller);
        second.connect("127.0.0.1", address.getPort(), CONNECT_TIMEOUT_NS, caller);
        caller.await(Event.Replied.class);
        caller.await(Event.Replied.class);

        first.goodbyeAll("stopping");

        for (int i = 0; i < 2; i++) {
            Event.Closed closed = caller.await(Event.Closed.class);
            assertThat(closed.cause()).isEqualTo(CloseCause.GOODBYE);
            assertThat(closed.reason()).isEqualTo("stopping");
        }
        assertThat(threadsNamed("liveness-first")).isEmpty();
        assertThatThrownBy(() -> first.listen(Greetings.anyPort(), server)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void shouldNotWaitForeverWithGoodbyeForPeerThatDoesNotRead() throws IOException {
        InetSocketAddress address = first.listen(Greetings.anyPort(), server);
        try (RawPeer frozen = RawPeer.greeting(address)) {
            first.goodbyeAll("stopping");

            assertThat(threadsNamed("liveness-first")).isEmpty();
            assertThat(frozen.await(String.class)).isEqualTo("stopping");
        }
    }

    @Test
    void shouldLeaveNoThreadAndNoConnectionWhenClosed() throws IOException {
        InetSocketAddress address = first.listen(Greetings.anyPort(), server);
        try (RawPeer peer = RawPeer.greeting(address)) {
            first.close();
            first.close();

            peer.awaitEnd();
            assertThat(threadsNamed("liveness-first")).isEmpty();
            assertThat(server.await(Event.Closed.class).cause()).isEqualTo(CloseCause.CLOSED_HERE);
        }
    }

    @Test
    void shouldCloseFromWithinListenerWithoutWaitingForItself() {
        CountDownLatch closed = new CountDownLatch(1);
        InetSocketAddress address = first.listen(Greetings.anyPort(), new RecordingListener() {
            @Override
            public void onHello(LivenessLink link, Hello hello) {
                first.close();
                closed.countDown();
            }
        });

        second.connect("127.0.0.1", address.getPort(), CONNECT_TIMEOUT_NS, caller);

        assertThat(await(closed)).isTrue();
        assertThat(caller.await(Event.Closed.class).cause()).isEqualTo(CloseCause.CLOSED_BY_PEER);
    }

    @Test
    void shouldCloseConnectionOfListenerThatThrowsAndServeOthers() {
        InetSocketAddress bad = first.listen(Greetings.anyPort(), new LivenessListener() {
            @Override
            public void onHello(LivenessLink link, Hello hello) {
                throw new NoClassDefFoundError("bundle is gone");
            }
        });
        InetSocketAddress good = first.listen(Greetings.anyPort(), server);

        second.connect("127.0.0.1", bad.getPort(), CONNECT_TIMEOUT_NS, caller);
        assertThat(caller.await(Event.Closed.class).cause()).isEqualTo(CloseCause.CLOSED_BY_PEER);
        second.connect("127.0.0.1", good.getPort(), CONNECT_TIMEOUT_NS, caller);

        caller.await(Event.Replied.class);
    }

    @Test
    void shouldKeepBeatingWhileAgentHangs() throws IOException {
        InetSocketAddress address = first.listen(Greetings.anyPort(), server);
        // A second more than is asked for: what the liveness thread oversleeps is left out.
        first.agentCycled(System.nanoTime() - TimeUnit.SECONDS.toNanos(61));

        try (RawPeer peer = RawPeer.greeting(address)) {
            assertThat(peer.await(Heartbeat.class).agentAgeMs()).isGreaterThanOrEqualTo(60_000);
            assertThat(peer.await(Heartbeat.class).agentAgeMs()).isGreaterThanOrEqualTo(60_000);
        }
    }

    @Test
    void shouldBeatOnAfterItsThreadWasInterrupted() throws IOException {
        InetSocketAddress address = first.listen(Greetings.anyPort(), server);

        try (RawPeer peer = RawPeer.greeting(address)) {
            threadsNamed("liveness-first").forEach(Thread::interrupt);

            for (int i = 0; i < 3; i++) {
                peer.await(Heartbeat.class);
            }
            RawPeer.greeting(address).close();
        }
    }

    @Test
    void shouldNotRememberClassLoaderOfThreadThatCreatedIt() {
        ClassLoader before = Thread.currentThread().getContextClassLoader();
        ClassLoader webApplication = new ClassLoader(before) {};
        Thread.currentThread().setContextClassLoader(webApplication);
        try (TcpLivenessNetwork network = new TcpLivenessNetwork(LivenessSettings.defaults(), "liveness-in-tomcat")) {
            network.connect(
                    "localhost", network.listen(Greetings.anyPort(), server).getPort(), 1, caller);

            assertThat(threadsNamed("liveness-in-tomcat"))
                    .singleElement()
                    .extracting(Thread::getContextClassLoader)
                    .isNotSameAs(webApplication);
        } finally {
            Thread.currentThread().setContextClassLoader(before);
        }
    }

    private static boolean await(CountDownLatch latch) {
        try {
            return latch.await(RecordingListener.WAIT_SEC, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static List<Thread> threadsNamed(String name) {
        List<Thread> threads = new ArrayList<>(Thread.getAllStackTraces().keySet());
        threads.removeIf(thread -> !thread.getName().equals(name));
        return threads;
    }
}
