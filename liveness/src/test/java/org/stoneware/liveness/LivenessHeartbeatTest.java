package org.stoneware.liveness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.spi.liveness.Heartbeat;

/** The clock stands still unless a test moves it, so a heartbeat comes only for the reason the test gives. */
class LivenessHeartbeatTest {
    private final AtomicLong nowNs = new AtomicLong(TimeUnit.DAYS.toNanos(3));
    private final TcpLivenessNetwork network =
            new TcpLivenessNetwork(LivenessSettings.defaults(), "liveness-test", null, nowNs::get);
    private RawPeer peer;

    @BeforeEach
    void greet() throws IOException {
        InetSocketAddress address =
                network.listen(Greetings.anyPort(), new RecordingListener().replying(Greetings.ACCEPTED));
        peer = RawPeer.greeting(address);
    }

    @AfterEach
    void close() throws IOException {
        peer.close();
        network.close();
    }

    @Test
    void shouldTellAgeZeroWhileAgentHasNeverCycled() throws IOException {
        assertThat(peer.await(Heartbeat.class)).isEqualTo(new Heartbeat(99, 0, ServerRole.START, 0, ""));
    }

    @Test
    void shouldTellAgeOfLastCycleOfAgent() throws IOException {
        peer.await(Heartbeat.class);
        network.agentCycled(nowNs.get() - TimeUnit.MILLISECONDS.toNanos(1034));

        nowNs.addAndGet(TimeUnit.MILLISECONDS.toNanos(200));

        assertThat(peer.await(Heartbeat.class).agentAgeMs()).isEqualTo(1234);
    }

    @Test
    void shouldNotTakeItsAgentForHangingWhenTheWholeProcessWasFrozen() throws IOException {
        peer.await(Heartbeat.class);
        network.agentCycled(nowNs.get());

        nowNs.addAndGet(TimeUnit.SECONDS.toNanos(3));

        assertThat(peer.await(Heartbeat.class).agentAgeMs()).isLessThan(500);
    }

    @Test
    void shouldTellAgeZeroAgainWhenAgentHasCycled() throws IOException {
        peer.await(Heartbeat.class);
        network.agentCycled(nowNs.get() - TimeUnit.MILLISECONDS.toNanos(1034));
        nowNs.addAndGet(TimeUnit.MILLISECONDS.toNanos(200));
        peer.await(Heartbeat.class);
        network.agentCycled(nowNs.get() + TimeUnit.MILLISECONDS.toNanos(200));

        nowNs.addAndGet(TimeUnit.MILLISECONDS.toNanos(200));

        assertThat(peer.await(Heartbeat.class).agentAgeMs()).isZero();
    }

    @Test
    void shouldTellChangedStatusAtOnce() throws IOException {
        Heartbeat active = new Heartbeat(99, 0, ServerRole.ACTIVE_COORDINATOR, 8, "10.0.0.1:9510");
        peer.await(Heartbeat.class);

        network.status(active);

        assertThat(peer.await(Heartbeat.class)).isEqualTo(active);
    }

    @Test
    void shouldNotTellUnchangedStatusAgain() throws IOException {
        Heartbeat passive = new Heartbeat(99, 0, ServerRole.PASSIVE_STANDBY, 8, "10.0.0.1:9510");
        Heartbeat active = new Heartbeat(99, 0, ServerRole.ACTIVE_COORDINATOR, 9, "10.0.0.2:9510");
        network.status(passive);
        while (peer.await(Heartbeat.class).role() != ServerRole.PASSIVE_STANDBY) {
            // The one sent before the status was set.
        }

        network.status(new Heartbeat(99, 77, ServerRole.PASSIVE_STANDBY, 8, "10.0.0.1:9510"));
        network.status(active);

        assertThat(peer.await(Heartbeat.class)).isEqualTo(active);
    }

    @Test
    void shouldRefuseStatusThatCannotBeSent() {
        assertThatThrownBy(() -> network.status(new Heartbeat(1, 0, ServerRole.START, 0, "x".repeat(1000))))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
