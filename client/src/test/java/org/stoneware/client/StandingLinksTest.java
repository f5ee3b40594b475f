package org.stoneware.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.spi.liveness.Heartbeat;
import org.stoneware.spi.liveness.Hello;
import org.stoneware.spi.liveness.HelloReply;
import org.stoneware.spi.liveness.LivenessListener.CloseCause;
import org.stoneware.spi.liveness.LivenessListener.ConnectFailure;
import org.stoneware.spi.transport.Connection;
import org.stoneware.spi.transport.ConnectionSpec;
import org.stoneware.spi.transport.Transport;
import org.stoneware.spi.transport.TransportContext;
import org.stoneware.testkit.transport.InMemoryNetwork;
import org.stoneware.wire.session.ClientResponsePublisher;
import org.stoneware.wire.session.LogStart;
import org.stoneware.wire.session.MessageSender;
import org.stoneware.wire.witness.WitnessPublisher;

/** A Tomcat with two servers: {@code one}, which is asked first, and {@code two}. */
class StandingLinksTest {
    private static final long MS = 1_000_000L;
    private static final String ONE = "one:9510";
    private static final String TWO = "two:9510";
    private static final long EPOCH = 7;

    private final InMemoryNetwork network = new InMemoryNetwork();
    private final ScriptedLiveness liveness = new ScriptedLiveness();
    private final Transport serverTransport = network.open(new TransportContext("server", 0, 16, line -> {}));
    private final InetSocketAddress serverAddress =
            serverTransport.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 9_510));
    private final List<String> notices = new ArrayList<>();
    private final ClientAgent agent = new ClientAgent(
            new ClientSettings(List.of(ONE, TWO), "tomcat", "test", 1_000, 1_000, 1024 * 1024),
            new ClientAgent.Identity(1, 2, 3),
            liveness,
            network.open(new TransportContext("tomcat", 0, 16, line -> {})),
            network.name(),
            new OwnedSessions(),
            new ClientEvents() {
                @Override
                public void onExpired(long jobId, long logTimeMs, SessionRecord copy) {}

                @Override
                public void notice(System.Logger.Level level, String text) {
                    notices.add(text);
                }
            },
            0);
    private final ScriptedLiveness.Link served = new ScriptedLiveness.Link();
    private final ScriptedLiveness.Link standing = new ScriptedLiveness.Link();
    private long nowNs = 1_000 * MS;

    @Test
    void shouldHaveALinkToTheServerThatDoesNotServeIt() {
        register();

        stand(ServerRole.PASSIVE_STANDBY, EPOCH);

        assertThat(standing.hello.kind()).isEqualTo(Hello.Kind.WITNESS);
        assertThat(standing.hello.dataAddress()).isNull();
        assertThat(liveness.standingDials)
                .extracting(ScriptedLiveness.Dial::address)
                .containsExactly(TWO);
    }

    @Test
    void shouldDialAtOnceAServerThatSaysItIsActive() {
        register();
        stand(ServerRole.PASSIVE_STANDBY, EPOCH);
        closeServed();

        say(ServerRole.ACTIVE_COORDINATOR, EPOCH + 1);

        assertThat(liveness.lastDial().address()).isEqualTo(TWO);
    }

    @Test
    void shouldGiveUpAnAttemptForAServerThatSaysItIsActive() {
        cycle();
        assertThat(liveness.lastDial().address()).isEqualTo(ONE);

        stand(ServerRole.ACTIVE_COORDINATOR, EPOCH);

        assertThat(liveness.lastDial().address()).isEqualTo(TWO);
    }

    @Test
    void shouldLeaveItsServerForAHigherEpoch() {
        register();

        stand(ServerRole.ACTIVE_COORDINATOR, EPOCH + 1);

        assertThat(served.isClosed).isTrue();
        assertThat(liveness.lastDial().address()).isEqualTo(TWO);
    }

    @Test
    void shouldStayWithItsServerWhenAnotherClaimsNoHigherEpoch() {
        register();

        stand(ServerRole.ACTIVE_COORDINATOR, EPOCH);
        say(ServerRole.ACTIVE_COORDINATOR, EPOCH - 1);

        assertThat(agent.view().isConnected()).isTrue();
        assertThat(liveness.dials).hasSize(1);
    }

    @Test
    void shouldDialAServerLessAndLessOftenWhenItsClaimIsWrong() {
        cycle();
        stand(ServerRole.ACTIVE_COORDINATOR, EPOCH);
        int before = liveness.dials.size();

        for (int ms = 0; ms < 5_000; ms++) {
            liveness.lastDial().listener().onConnectFailed(serverAddress, ConnectFailure.REFUSED, "nothing listens");
            pass(1);
        }

        assertThat(liveness.dials.size() - before).isBetween(10, 80);
    }

    @Test
    void shouldNotLeaveItsServerTwiceForAClaimThatLedNowhere() {
        register();
        stand(ServerRole.ACTIVE_COORDINATOR, EPOCH + 1);
        while (liveness.lastDial().address().equals(TWO)) {
            liveness.lastDial().listener().onConnectFailed(serverAddress, ConnectFailure.UNREACHABLE, "no way");
            pass(10);
        }
        register();
        int before = liveness.dials.size();

        say(ServerRole.PASSIVE_STANDBY, EPOCH + 1);
        say(ServerRole.ACTIVE_COORDINATOR, EPOCH + 1);

        assertThat(agent.view().isConnected()).isTrue();
        assertThat(liveness.dials).hasSize(before);
    }

    @Test
    void shouldDialADeadServerWithGrowingPausesAndSayItOnce() {
        register();
        notices.clear();

        for (int ms = 0; ms < 20_000; ms += 10) {
            liveness.lastStandingDial(TWO)
                    .listener()
                    .onConnectFailed(serverAddress, ConnectFailure.REFUSED, "nothing listens");
            pass(10);
        }

        assertThat(liveness.standingDials.size()).isBetween(10, 15);
        assertThat(notices).hasSize(1);
        assertThat(notices.get(0)).contains(TWO, "nothing listens");
    }

    @Test
    void shouldTellThatAServerIsDeadAsSoonAsItsLinkIsLostAndANewOneRefused() {
        register();
        stand(ServerRole.PASSIVE_STANDBY, EPOCH);
        closeServed();
        liveness.lastStandingDial(ONE)
                .listener()
                .onConnectFailed(serverAddress, ConnectFailure.REFUSED, "nothing listens");
        cycle();

        UnsafeBuffer question = new UnsafeBuffer(new byte[512]);
        int length = new WitnessPublisher().question(question, 5, "s1", 11);
        liveness.lastStandingDial(TWO).listener().onMessage(standing, question, 0, length);
        cycle();

        byte[] answer = new byte[512];
        int answerLength = new WitnessPublisher().answer(new UnsafeBuffer(answer), 5, false, 0, false);
        assertThat(standing.sent).containsExactly(java.util.Arrays.copyOf(answer, answerLength));
    }

    private void cycle() {
        agent.runCycle(nowNs / 1_000_000, nowNs);
        agent.runCycle(nowNs / 1_000_000, nowNs);
    }

    private void pass(long ms) {
        nowNs += ms * MS;
        cycle();
    }

    /** The server {@code two} takes the standing link and says its role. */
    private void stand(ServerRole role, long epoch) {
        cycle();
        ScriptedLiveness.Dial dial = liveness.lastStandingDial(TWO);
        dial.listener().onConnected(standing);
        cycle();
        dial.listener().onReply(standing, reply("s2", 22, role, epoch, 0));
        cycle();
    }

    private void say(ServerRole role, long epoch) {
        liveness.lastStandingDial(TWO).listener().onHeartbeat(standing, new Heartbeat(22, 0, role, epoch, ""));
        cycle();
    }

    /** The server dialled last, known as {@code s1}, takes this Tomcat in and registers it. */
    private void register() {
        cycle();
        served.isClosed = false;
        int id = liveness.dials.size();
        ScriptedLiveness.Dial dial = liveness.lastDial();
        dial.listener().onConnected(served);
        cycle();
        InetSocketAddress client = new InetSocketAddress(served.localAddress().getAddress(), 40_000);
        Connection end = serverTransport.connect(
                new ConnectionSpec(id, 8, 9, false, serverAddress, client, ConnectionSpec.Purpose.CLIENT));
        dial.listener().onReply(served, reply("s1", 11, ServerRole.ACTIVE_COORDINATOR, EPOCH, id));
        cycle();
        ExpandableArrayBuffer out = new ExpandableArrayBuffer();
        long registration = registrations(id);
        int length = new ClientResponsePublisher()
                .registered(out, EPOCH, registration, 400, 1024 * 1024, LogStart.EMPTY, "s1", "", List.of());
        new MessageSender(end, 1024).send(out, 0, length);
        cycle();
        assertThat(agent.view().isConnected()).isTrue();
    }

    /** Every registration has the next number; an attempt that was never greeted had none. */
    private long registrations(int id) {
        return id == 1 ? 1 : 2;
    }

    private void closeServed() {
        liveness.lastDial().listener().onClosed(served, CloseCause.CLOSED_BY_PEER, "reset");
        cycle();
    }

    private HelloReply reply(String name, long incarnation, ServerRole role, long epoch, int connectionId) {
        boolean hasData = connectionId > 0;
        return new HelloReply(
                HelloReply.Status.ACCEPTED,
                name,
                incarnation,
                role,
                epoch,
                "",
                hasData ? network.name() : "",
                connectionId,
                hasData ? 8 : 0,
                hasData ? 9 : 0,
                hasData ? serverAddress : null,
                0,
                0,
                "");
    }
}
