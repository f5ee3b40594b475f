package org.stoneware.server.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.server.request.ClientPort;
import org.stoneware.server.request.RequestLimits;
import org.stoneware.server.request.SessionRequestProcessor;
import org.stoneware.server.session.LogClock;
import org.stoneware.server.session.SessionStateMachine;
import org.stoneware.spi.election.Evidence;
import org.stoneware.spi.liveness.Hello;
import org.stoneware.spi.liveness.HelloReply;
import org.stoneware.spi.liveness.LivenessLink;
import org.stoneware.spi.liveness.LivenessListener;
import org.stoneware.spi.storage.SessionStore;
import org.stoneware.spi.storage.StoreContext;
import org.stoneware.spi.transport.Transport;
import org.stoneware.spi.transport.TransportContext;
import org.stoneware.testkit.storage.ReferenceSessionStore;
import org.stoneware.testkit.transport.InMemoryNetwork;
import org.stoneware.wire.witness.WitnessAdapter;
import org.stoneware.wire.witness.WitnessListener;
import org.stoneware.wire.witness.WitnessPublisher;

/** The dso-port of a server that is passive, unless the test says otherwise. */
class TomcatTrafficTest {
    private static final long PROCESS = 11;
    private static final int LIMIT = 100;

    private final InMemoryNetwork network = new InMemoryNetwork();
    private final Transport transport = network.open(new TransportContext("server", 0, 16, line -> {}));
    private final InetSocketAddress bound =
            transport.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 9_510));
    private final List<String> evidence = new ArrayList<>();
    private final LivenessInbox inbox = new LivenessInbox();
    private long nowNs = 1_000_000_000L;
    private int agentAgeMs;
    private @Nullable SessionRequestProcessor processor;
    private final List<ClientPort> disconnected = new ArrayList<>();
    private final ClientDoor door = new ClientDoor(
            transport, network.name(), bound, 1024, () -> 42, () -> nowNs, new Passive(), new EventLog(() -> 0));
    private final LivenessListener traffic = door.listener(inbox, () -> agentAgeMs);
    private final Link link = new Link();
    private final WitnessPublisher messages = new WitnessPublisher();
    private final UnsafeBuffer out = new UnsafeBuffer(new byte[512]);

    @Test
    void shouldTakeInAStandingLinkAlthoughItIsNotActive() {
        greet(Hello.Kind.WITNESS);

        assertThat(link.reply.status()).isEqualTo(HelloReply.Status.ACCEPTED);
        assertThat(link.reply.role()).isEqualTo(ServerRole.PASSIVE_STANDBY);
        assertThat(link.reply.heartbeatMs()).isEqualTo(1_000);
        assertThat(door.witnesses().reachable()).isEqualTo(1);
    }

    @Test
    void shouldNotServeATomcatWhileItIsNotActive() {
        greet(Hello.Kind.VALVE);

        assertThat(link.reply.status()).isEqualTo(HelloReply.Status.NOT_ACTIVE);
        assertThat(door.witnesses().reachable()).isZero();
    }

    @Test
    void shouldAnswerAProbeWithoutItsAgentAndTellTheAgentsAge() {
        greet(Hello.Kind.WITNESS);
        agentAgeMs = 900;

        hear(messages.probe(out, 4));

        assertThat(link.said()).containsExactly("probe answer 4 11 900");
    }

    @Test
    void shouldTellTheElectionWhatATomcatAnswers() {
        greet(Hello.Kind.WITNESS);
        door.witnesses().ask(0, "Server1", PROCESS);

        hear(messages.answer(out, 1 << 8, false, 1, false));
        assertThat(evidence).isEmpty();
        inbox.drain(LIMIT);

        assertThat(evidence).containsExactly("WITNESS_DEAD 0");
    }

    @Test
    void shouldNotEvenQueueWhatNobodyAskedFor() {
        greet(Hello.Kind.WITNESS);

        hear(messages.answer(out, 1 << 8, false, 1, false));
        hear(3);

        assertThat(inbox.drain(LIMIT)).isZero();
    }

    @Test
    void shouldCountWhatItCannotRead() {
        greet(Hello.Kind.WITNESS);

        hear(3);

        assertThat(door.brokenMessages()).isEqualTo(1);
        assertThat(link.sent).isEmpty();
    }

    @Test
    void shouldForgetATomcatThatHasGone() {
        greet(Hello.Kind.WITNESS);

        traffic.onClosed(link, LivenessListener.CloseCause.CLOSED_BY_PEER, "reset");
        inbox.drain(LIMIT);

        assertThat(door.witnesses().reachable()).isZero();
    }

    @Test
    void shouldReportALostConnectionAlsoWhileItTakesNoRequests() {
        processor = serving();
        greet(Hello.Kind.VALVE);
        processor = null;

        traffic.onClosed(link, LivenessListener.CloseCause.CLOSED_BY_PEER, "reset");
        inbox.drain(LIMIT);

        assertThat(link.reply.status()).isEqualTo(HelloReply.Status.ACCEPTED);
        assertThat(disconnected).hasSize(1);
    }

    private static SessionRequestProcessor serving() {
        SessionStore store =
                new ReferenceSessionStore(new StoreContext(Path.of("unused"), 1 << 20, 1 << 10, line -> {}));
        return new SessionRequestProcessor(
                7,
                new RequestLimits("server", 1 << 10, 1, true, ""),
                store,
                new SessionStateMachine(store),
                new LogClock(1, 0),
                0);
    }

    private void greet(Hello.Kind kind) {
        traffic.onHello(
                link,
                new Hello(
                        kind,
                        Hello.PROTOCOL_VERSION,
                        1,
                        2,
                        3,
                        "tomcat",
                        "test",
                        List.of("memory"),
                        bound,
                        new byte[0]));
        inbox.drain(LIMIT);
    }

    private void hear(int length) {
        traffic.onMessage(link, out, 0, length);
    }

    /** A standby that nobody needs anything of, until there is a processor. */
    private final class Passive implements ClientDoor.Standing {
        @Override
        public HelloReply reply(HelloReply.Status status, String reason) {
            return new HelloReply(
                    status,
                    "Server2",
                    PROCESS,
                    role(),
                    7,
                    "10.0.0.1:9510",
                    "",
                    0,
                    0,
                    0,
                    null,
                    ClientDoor.HEARTBEAT_MS,
                    ClientDoor.SILENCE_MS,
                    reason);
        }

        @Override
        public ServerRole role() {
            return ServerRole.PASSIVE_STANDBY;
        }

        @Override
        public @Nullable SessionRequestProcessor processor() {
            return processor;
        }

        @Override
        public void onTomcatGone(LivenessLink gone, @Nullable ClientPort port) {
            if (port != null) {
                disconnected.add(port);
            }
        }

        @Override
        public void onWitness(Evidence told) {
            evidence.add(told.kind() + " " + told.memberId());
        }
    }

    /** Keeps what is sent. */
    private static final class Link implements LivenessLink {
        final List<byte[]> sent = new ArrayList<>();
        HelloReply reply;

        List<String> said() {
            List<String> said = new ArrayList<>();
            for (byte[] message : sent) {
                new WitnessAdapter().onMessage(new UnsafeBuffer(message), 0, message.length, new WitnessListener() {
                    @Override
                    public void onProbeAnswer(long number, long incarnation, int agentAgeMs) {
                        said.add("probe answer " + number + ' ' + incarnation + ' ' + agentAgeMs);
                    }
                });
            }
            return said;
        }

        @Override
        public long id() {
            return 1;
        }

        @Override
        public boolean isInitiator() {
            return false;
        }

        @Override
        public InetSocketAddress localAddress() {
            return new InetSocketAddress(InetAddress.getLoopbackAddress(), 9_510);
        }

        @Override
        public InetSocketAddress remoteAddress() {
            return new InetSocketAddress(InetAddress.getLoopbackAddress(), 5_000);
        }

        @Override
        public void sendHello(Hello hello) {}

        @Override
        public void sendReply(HelloReply said) {
            reply = said;
        }

        @Override
        public boolean sendMessage(DirectBuffer buffer, int offset, int length) {
            byte[] bytes = new byte[length];
            buffer.getBytes(offset, bytes);
            sent.add(bytes);
            return true;
        }

        @Override
        public void goodbye(String reason) {}

        @Override
        public void close() {}
    }
}
