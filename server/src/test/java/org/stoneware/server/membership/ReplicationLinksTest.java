package org.stoneware.server.membership;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.api.config.ArraySettings;
import org.stoneware.api.config.ServerSettings;
import org.stoneware.server.replication.FrameOutput;
import org.stoneware.spi.liveness.Hello;
import org.stoneware.spi.liveness.HelloReply;
import org.stoneware.spi.liveness.LivenessLink;
import org.stoneware.spi.transport.Transport;
import org.stoneware.spi.transport.TransportContext;
import org.stoneware.testkit.transport.InMemoryNetwork;

class ReplicationLinksTest {
    private final InMemoryNetwork network = new InMemoryNetwork();
    private long nowNs = 1_000_000_000L;
    private final End active = new End(0, true);
    private final End passive = new End(1, false);

    @Test
    void shouldCarryFramesBothWaysBetweenPassiveAndTheActiveItFollows() {
        passive.links.follow(0);
        pass(1_000);

        assertThat(active.connected).containsExactly(1);
        assertThat(passive.connected).containsExactly(0);
        passive.send("from passive");
        active.send("from active");
        pass(100);

        assertThat(active.received).containsExactly("1: from passive");
        assertThat(passive.received).containsExactly("0: from active");
    }

    @Test
    void shouldDialAgainWhenTheConnectionIsLost() {
        passive.links.follow(0);
        pass(1_000);

        passive.link.close();
        pass(1_000);

        assertThat(active.lost).containsExactly(1);
        assertThat(passive.connected).containsExactly(0, 0);
    }

    @Test
    void shouldDialLaterAndLaterWhileEachConnectionEndsAtOnce() {
        passive.links.follow(0);
        for (int i = 0; i < 500; i++) {
            pass(10);
            passive.link.close();
        }

        assertThat(passive.dials).isBetween(5, 12);
    }

    @Test
    void shouldNotBeTakenInByServerThatIsNotActive() {
        active.isActive = false;

        passive.links.follow(0);
        pass(1_000);

        assertThat(passive.connected).isEmpty();
        assertThat(passive.dials).isBetween(2, 20);
        active.isActive = true;
        pass(2_000);
        assertThat(passive.connected).containsExactly(0);
    }

    @Test
    void shouldEndEveryConnectionOfThePastWhenAnotherServerIsToBeFollowed() {
        passive.links.follow(0);
        pass(1_000);

        passive.links.follow(-1);
        pass(1_000);

        assertThat(passive.lost).isEmpty();
        assertThat(active.lost).containsExactly(1);
        assertThat(passive.dials).isEqualTo(1);
    }

    /** It is refused as long as it lacks the key, and who refuses without a proof says no name. */
    @Test
    void shouldSayOnceWhoRefusesItAndWhy() {
        active.refusal = "copy conf/array.key";

        passive.links.follow(0);
        pass(10_000);

        assertThat(passive.dials).isGreaterThan(2);
        assertThat(passive.warnings).containsExactly("server Server1 refuses replication: REFUSED copy conf/array.key");
    }

    @Test
    void shouldRefuseDatagramsToAThirdParty() {
        FakeLink link = new FakeLink("192.0.2.7");

        active.links.onHello(link, hello("Server2", 1, new InetSocketAddress("198.51.100.9", 9530)));

        assertThat(link.reply().status()).isEqualTo(HelloReply.Status.REFUSED);
        assertThat(link.reply().reason()).contains("198.51.100.9", "192.0.2.7");
        assertThat(active.connected).isEmpty();
    }

    @Test
    void shouldRefuseWhoIsNoServerOfTheArray() {
        FakeLink stranger = new FakeLink("127.0.0.1");
        FakeLink itself = new FakeLink("127.0.0.1");

        active.links.onHello(stranger, hello("Server9", 1, new InetSocketAddress("127.0.0.1", 9530)));
        active.links.onHello(itself, hello("Server1", 0, new InetSocketAddress("127.0.0.1", 9530)));

        assertThat(stranger.reply().status()).isEqualTo(HelloReply.Status.REFUSED);
        assertThat(itself.reply().status()).isEqualTo(HelloReply.Status.REFUSED);
    }

    private void pass(long ms) {
        for (long left = ms; left > 0; left -= 10) {
            nowNs += 10_000_000;
            active.cycle();
            passive.cycle();
        }
    }

    private static Hello hello(String name, int id, InetSocketAddress data) {
        return new Hello(
                Hello.Kind.SERVER,
                Hello.PROTOCOL_VERSION,
                0,
                id,
                5,
                name,
                "test",
                List.of("memory"),
                data,
                new byte[0]);
    }

    /** One server. */
    private final class End implements ReplicationLinks.Output {
        final List<Integer> connected = new ArrayList<>();
        final List<Integer> lost = new ArrayList<>();
        final List<String> received = new ArrayList<>();
        final List<String> warnings = new ArrayList<>();
        final Transport transport;
        final ReplicationLinks links;
        /** Why it takes in nobody; empty when it does. */
        String refusal = "";

        boolean isActive;
        int dials;

        @Nullable
        FrameOutput output;

        FakeLink link = new FakeLink("127.0.0.1");

        End(int id, boolean isActive) {
            this.isActive = isActive;
            this.transport = network.open(new TransportContext("Server" + (id + 1), 0, 8, line -> {}));
            this.links = new ReplicationLinks(
                    settings(id),
                    transport,
                    network.name(),
                    transport.bind(new InetSocketAddress("127.0.0.1", 9530 + id)),
                    1 << 20,
                    50 + id,
                    "test",
                    () -> 42,
                    () -> nowNs,
                    this::dial,
                    this);
        }

        /** The other end takes the call at once. */
        private void dial(int memberId, String host, int port, long timeoutNs) {
            dials++;
            link = new FakeLink("127.0.0.1");
            links.onDialled(memberId, link);
            Hello hello = link.hello;
            if (hello == null) {
                return;
            }
            assertThat(ReplicationLinks.isReplication(hello)).isTrue();
            FakeLink there = new FakeLink("127.0.0.1");
            link.other = there;
            there.other = link;
            link.onClosed = () -> active.links.onClosed(there);
            there.onClosed = () -> links.onClosed(link);
            if (active.refusal.isEmpty()) {
                active.links.onHello(there, hello);
                links.onReply(link, there.reply());
            } else {
                links.onReply(link, reply("", HelloReply.Status.REFUSED, active.refusal));
            }
        }

        void cycle() {
            links.doWork(nowNs);
            transport.poll(links, 10);
            transport.doWork(nowNs);
        }

        void send(String text) {
            UnsafeBuffer bytes = new UnsafeBuffer(new byte[text.length()]);
            bytes.putStringWithoutLengthAscii(0, text);
            FrameOutput to = output;
            assertThat(to).isNotNull();
            assertThat(to.send(bytes, 0, bytes.capacity())).isTrue();
        }

        @Override
        public boolean isActive() {
            return isActive;
        }

        @Override
        public void onConnected(int memberId, FrameOutput frames) {
            connected.add(memberId);
            output = frames;
        }

        @Override
        public void onConnectionLost(int memberId) {
            lost.add(memberId);
        }

        @Override
        public void onFrame(int memberId, DirectBuffer frame, int offset, int length, long now) {
            received.add(memberId + ": " + frame.getStringWithoutLengthAscii(offset, length));
        }

        @Override
        public HelloReply reply(HelloReply.Status status, String reason) {
            return reply("Server1", status, reason);
        }

        private static HelloReply reply(String name, HelloReply.Status status, String reason) {
            return new HelloReply(status, name, 50, ServerRole.START, 3, "", "", 0, 0, 0, null, 100, 1_000, reason);
        }

        @Override
        public void warning(String kind, String text) {
            warnings.add(text);
        }
    }

    private static ArraySettings settings(int self) {
        return new ArraySettings(
                "test",
                "",
                self,
                List.of(server(0, "Server1"), server(1, "Server2")),
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

    private static ServerSettings server(int position, String name) {
        String host = "127.0.0.1";
        Path path = Path.of("unused");
        return new ServerSettings(
                position,
                name,
                host,
                host,
                9510,
                host,
                9520,
                host,
                9530 + position,
                host,
                9540,
                path,
                path,
                false,
                path,
                "temporary-swap-only",
                0);
    }

    /** One end of a TCP connection that the test carries the messages of. */
    private static final class FakeLink implements LivenessLink {
        private static long lastId;

        final InetSocketAddress remote;
        private final long id = ++lastId;

        @Nullable
        Hello hello;

        @Nullable
        HelloReply answer;

        @Nullable
        FakeLink other;

        Runnable onClosed = () -> {};
        private boolean isClosed;

        FakeLink(String remote) {
            this.remote = new InetSocketAddress(remote, 4000);
        }

        HelloReply reply() {
            HelloReply present = answer;
            assertThat(present).isNotNull();
            return present;
        }

        @Override
        public long id() {
            return id;
        }

        @Override
        public boolean isInitiator() {
            return hello != null;
        }

        @Override
        public InetSocketAddress localAddress() {
            return new InetSocketAddress("127.0.0.1", 9530);
        }

        @Override
        public InetSocketAddress remoteAddress() {
            return remote;
        }

        @Override
        public void sendHello(Hello sent) {
            hello = sent;
        }

        @Override
        public void sendReply(HelloReply sent) {
            answer = sent;
        }

        @Override
        public boolean sendMessage(DirectBuffer buffer, int offset, int length) {
            return !isClosed;
        }

        @Override
        public void goodbye(String reason) {
            close();
        }

        @Override
        public void close() {
            if (!isClosed) {
                isClosed = true;
                onClosed.run();
                FakeLink end = other;
                if (end != null) {
                    end.close();
                }
            }
        }
    }
}
