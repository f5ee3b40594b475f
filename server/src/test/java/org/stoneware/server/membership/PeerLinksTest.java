package org.stoneware.server.membership;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.api.config.ArraySettings;
import org.stoneware.api.config.ServerSettings;
import org.stoneware.spi.election.Evidence;
import org.stoneware.spi.liveness.Heartbeat;
import org.stoneware.spi.liveness.Hello;
import org.stoneware.spi.liveness.HelloReply;
import org.stoneware.spi.liveness.LivenessLink;
import org.stoneware.spi.liveness.LivenessListener.CloseCause;
import org.stoneware.spi.liveness.LivenessListener.ConnectFailure;

class PeerLinksTest {
    private static final long SECOND_NS = 1_000_000_000L;

    private final List<Long> dials = new ArrayList<>();
    private final List<String> evidence = new ArrayList<>();
    private final List<Integer> messages = new ArrayList<>();
    private long nowNs = SECOND_NS;
    private final PeerLinks links = new PeerLinks(
            settings(), 11, "test", (memberId, host, port, timeoutNs) -> dials.add(nowNs), new PeerLinks.Output() {
                @Override
                public void onEvidence(Evidence told) {
                    evidence.add(told.kind() + "/" + told.role());
                }

                @Override
                public void onMessage(int memberId, DirectBuffer buffer, int offset, int length) {
                    messages.add(memberId);
                }
            });

    @Test
    void shouldNeverTakeAServerThatRefusesItForDead() {
        FakeLink link = connect();

        links.onReply(1, link, reply(HelloReply.Status.REFUSED, ServerRole.START), 0);
        links.onClosed(link, CloseCause.CLOSED_BY_PEER, "closed");

        assertThat(evidence).containsExactly("HELLO/START");
        assertThat(links.peer(1).misfit()).isEqualTo("refuses this server: other file");
        assertThat(links.peer(1).isReachable()).isFalse();
    }

    @Test
    void shouldCallAServerThatRefusesItOnlyEveryFewSeconds() {
        FakeLink link = connect();
        links.onReply(1, link, reply(HelloReply.Status.REFUSED, ServerRole.START), 0);
        links.onClosed(link, CloseCause.CLOSED_BY_PEER, "closed");
        dials.clear();

        for (int i = 0; i < 100; i++) {
            nowNs += SECOND_NS / 10;
            links.doWork(nowNs);
        }

        assertThat(dials).hasSize(1);
    }

    @Test
    void shouldDialAtOnceWhenALinkThatWorkedIsLost() {
        FakeLink link = connect();
        links.onReply(1, link, reply(HelloReply.Status.ACCEPTED, ServerRole.ACTIVE_COORDINATOR), 0);
        dials.clear();

        links.onClosed(link, CloseCause.CLOSED_BY_PEER, "reset");
        links.doWork(nowNs);

        assertThat(dials).hasSize(1);
        assertThat(evidence).containsExactly("HELLO/ACTIVE_COORDINATOR", "CLOSED/START");
    }

    @Test
    void shouldDialAgainSoonWhenAServerTookTheCallWhileItDied() {
        FakeLink link = connect();
        links.onReply(1, link, reply(HelloReply.Status.ACCEPTED, ServerRole.ACTIVE_COORDINATOR), 0);
        links.onClosed(link, CloseCause.CLOSED_BY_PEER, "reset");
        links.doWork(nowNs);
        FakeLink late = new FakeLink();
        links.onConnected(1, late);
        links.onClosed(late, CloseCause.CLOSED_BY_PEER, "reset");
        dials.clear();

        nowNs += 5 * SECOND_NS / 1_000;
        links.doWork(nowNs);

        assertThat(dials).hasSize(1);
    }

    @Test
    void shouldNotDialEverFasterWhoTakesEveryCallAndDropsIt() {
        FakeLink link = connect();
        links.onReply(1, link, reply(HelloReply.Status.ACCEPTED, ServerRole.ACTIVE_COORDINATOR), 0);
        links.onClosed(link, CloseCause.CLOSED_BY_PEER, "reset");
        dials.clear();

        for (int i = 0; i < 10_000; i++) {
            int before = dials.size();
            links.doWork(nowNs);
            if (dials.size() > before) {
                FakeLink late = new FakeLink();
                links.onConnected(1, late);
                links.onClosed(late, CloseCause.CLOSED_BY_PEER, "reset");
            }
            nowNs += SECOND_NS / 1_000;
        }

        assertThat(dials).hasSizeBetween(40, 50);
    }

    @Test
    void shouldGiveUpALinkThatIsSilentForLong() {
        FakeLink link = connect();
        links.onReply(1, link, reply(HelloReply.Status.ACCEPTED, ServerRole.ACTIVE_COORDINATOR), 0);

        links.onSilence(link, SECOND_NS);
        boolean closedEarly = link.isClosed;
        links.onSilence(link, 3 * SECOND_NS);

        assertThat(closedEarly).isFalse();
        assertThat(link.isClosed).isTrue();
        assertThat(evidence).containsExactly("HELLO/ACTIVE_COORDINATOR", "SILENT/START", "SILENT/START");
    }

    /** What is on its way outlasts the call that closes the link; nothing could take back what it says. */
    @Test
    void shouldSayAgainThatAServerIsSilentOnceItsLinkIsClosedForThat() {
        FakeLink link = connect();
        links.onReply(1, link, reply(HelloReply.Status.ACCEPTED, ServerRole.ACTIVE_COORDINATOR), 0);

        links.onSilence(link, 3 * SECOND_NS);
        links.onReplicationFrame(1);
        links.onHeartbeat(link, new Heartbeat(7, 0, ServerRole.ACTIVE_COORDINATOR, 4, ""), 0);
        links.onClosed(link, CloseCause.CLOSED_HERE, "");
        links.onConnectFailed(1, ConnectFailure.UNREACHABLE, "no answer");

        assertThat(evidence.subList(evidence.size() - 2, evidence.size()))
                .containsExactly("SILENT/START", "UNREACHABLE/START");
    }

    @Test
    void shouldTakeAHungAgentForSilence() {
        FakeLink link = connect();
        links.onReply(1, link, reply(HelloReply.Status.ACCEPTED, ServerRole.ACTIVE_COORDINATOR), 0);

        links.onHeartbeat(link, new Heartbeat(7, 5_000, ServerRole.ACTIVE_COORDINATOR, 4, ""), 0);

        assertThat(evidence).containsExactly("HELLO/ACTIVE_COORDINATOR", "SILENT/START");
    }

    @Test
    void shouldSayThatAServerIsSilentOnlyUntilItIsHeardAgain() {
        FakeLink link = connect();
        links.onReply(1, link, reply(HelloReply.Status.ACCEPTED, ServerRole.ACTIVE_COORDINATOR), 0);
        links.onSilence(link, SECOND_NS);
        String whileSilent = links.peer(1).detail();

        links.onHeartbeat(link, new Heartbeat(7, 0, ServerRole.ACTIVE_COORDINATOR, 4, ""), 0);

        assertThat(whileSilent).isEqualTo("silent for 1000 ms");
        assertThat(links.peer(1).detail()).isEmpty();
    }

    @Test
    void shouldRefuseAServerWithAnotherFileAndSayWhy() {
        Hello stranger = hello(1, "Other");

        String refusal = links.onHello(new FakeLink(), stranger);

        assertThat(refusal).contains("named Server2 here and Other there");
        assertThat(links.peer(1).misfit()).contains("calls itself Other");
        assertThat(links.onHello(new FakeLink(), hello(0, "Server1"))).contains("not another server");
        assertThat(links.onHello(new FakeLink(), hello(1L << 32, "Server1"))).contains("not another server");
    }

    @Test
    void shouldTellRefusedAndUnreachableApart() {
        links.doWork(nowNs);
        links.onConnectFailed(1, ConnectFailure.REFUSED, "refused");
        nowNs += SECOND_NS;
        links.doWork(nowNs);
        links.onConnectFailed(1, ConnectFailure.UNRESOLVED, "unknown host");

        assertThat(evidence).containsExactly("REFUSED/START", "UNREACHABLE/START");
        assertThat(links.peer(1).detail()).isEqualTo("unknown host");
    }

    @Test
    void shouldSayOfADeadServerWhenItWasHeardLast() {
        FakeLink link = connect();
        links.onReply(1, link, reply(HelloReply.Status.ACCEPTED, ServerRole.PASSIVE_STANDBY), 1_000);
        links.onHeartbeat(link, new Heartbeat(7, 0, ServerRole.PASSIVE_STANDBY, 4, ""), 9_000);
        assertThat(links.peer(1).sinceMs()).isEqualTo(1_000);

        links.onClosed(link, CloseCause.CLOSED_BY_PEER, "closed");

        assertThat(links.peer(1).role()).isEqualTo(ServerRole.STOPPED);
        assertThat(links.peer(1).sinceMs()).isEqualTo(9_000);
    }

    /** A server that was frozen finds every call of the other one since, given up and open ones, and answers them in any order. */
    @Test
    void shouldHearTheLinkThatStandsWhateverCallsThatWereGivenUpItAnswersAfterIt() {
        FakeLink standing = new FakeLink();
        FakeLink givenUp = new FakeLink();
        links.onHello(standing, hello(1, "Server2"));
        links.onHello(givenUp, hello(1, "Server2"));
        links.onMessage(standing, new UnsafeBuffer(new byte[8]), 0, 8, 0);
        links.onClosed(givenUp, CloseCause.CLOSED_BY_PEER, "closed");
        links.onMessage(standing, new UnsafeBuffer(new byte[8]), 0, 8, 0);
        links.onHeartbeat(standing, new Heartbeat(7, 0, ServerRole.ACTIVE_COORDINATOR, 5, ""), 0);

        assertThat(messages).containsExactly(1, 1);
        assertThat(evidence).containsExactly("HELLO/START", "HEARTBEAT/ACTIVE_COORDINATOR");
    }

    @Test
    void shouldNotHearALinkThatIsClosedOrOfAProcessThatAnotherOneHasReplaced() {
        FakeLink closed = new FakeLink();
        FakeLink replaced = new FakeLink();
        links.onHello(closed, hello(1, "Server2"));
        links.onHello(replaced, hello(1, "Server2"));
        links.onClosed(closed, CloseCause.CLOSED_BY_PEER, "closed");
        links.onHello(new FakeLink(), hello(1, 8, "Server2"));

        links.onMessage(closed, new UnsafeBuffer(new byte[8]), 0, 8, 0);
        links.onMessage(replaced, new UnsafeBuffer(new byte[8]), 0, 8, 0);

        assertThat(messages).isEmpty();
    }

    private FakeLink connect() {
        links.doWork(nowNs);
        FakeLink link = new FakeLink();
        links.onConnected(1, link);
        return link;
    }

    private static Hello hello(long position, String name) {
        return hello(position, 7, name);
    }

    private static Hello hello(long position, long incarnation, String name) {
        return new Hello(
                Hello.Kind.SERVER,
                Hello.PROTOCOL_VERSION,
                0,
                position,
                incarnation,
                name,
                "test",
                List.of(),
                null,
                new byte[0]);
    }

    private static HelloReply reply(HelloReply.Status status, ServerRole role) {
        return new HelloReply(status, "Server2", 7, role, 4, "", "", 0, 0, 0, null, 50, 500, "other file");
    }

    private static ArraySettings settings() {
        return new ArraySettings(
                "test",
                "",
                0,
                List.of(server(0, "Server1", "127.0.0.1"), server(1, "Server2", "127.0.0.2")),
                false,
                120,
                true,
                false,
                3600,
                5,
                "availability",
                0,
                false,
                "",
                Map.of());
    }

    private static ServerSettings server(int position, String name, String host) {
        Path path = Path.of(name);
        return new ServerSettings(
                position,
                name,
                host,
                host,
                9510,
                host,
                9520,
                host,
                9530,
                host,
                9540,
                path,
                path,
                false,
                path,
                "temporary-swap-only",
                0);
    }

    private static final class FakeLink implements LivenessLink {
        private boolean isClosed;

        @Override
        public long id() {
            return 1;
        }

        @Override
        public boolean isInitiator() {
            return true;
        }

        @Override
        public InetSocketAddress localAddress() {
            return new InetSocketAddress("127.0.0.1", 1);
        }

        @Override
        public InetSocketAddress remoteAddress() {
            return new InetSocketAddress("127.0.0.2", 2);
        }

        @Override
        public void sendHello(Hello hello) {}

        @Override
        public void sendReply(HelloReply reply) {}

        @Override
        public boolean sendMessage(DirectBuffer buffer, int offset, int length) {
            return !isClosed;
        }

        @Override
        public void goodbye(String reason) {
            isClosed = true;
        }

        @Override
        public void close() {
            isClosed = true;
        }
    }
}
