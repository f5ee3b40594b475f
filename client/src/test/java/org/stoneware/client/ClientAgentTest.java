package org.stoneware.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.spi.liveness.HelloReply;
import org.stoneware.spi.liveness.LivenessListener.CloseCause;
import org.stoneware.spi.liveness.LivenessListener.ConnectFailure;
import org.stoneware.spi.transport.Connection;
import org.stoneware.spi.transport.ConnectionSpec;
import org.stoneware.spi.transport.FrameListener;
import org.stoneware.spi.transport.Transport;
import org.stoneware.spi.transport.TransportContext;
import org.stoneware.testkit.storage.SessionRecordBuilder;
import org.stoneware.testkit.transport.InMemoryNetwork;
import org.stoneware.wire.session.ClientRequestPublisher;
import org.stoneware.wire.session.ClientResponsePublisher;
import org.stoneware.wire.session.LogStart;
import org.stoneware.wire.session.MessageAssembler;
import org.stoneware.wire.session.MessageSender;
import org.stoneware.wire.session.OwnStatus;

class ClientAgentTest {
    private static final SessionKey KEY = SessionKey.of("shop", "S1");
    private static final long MS = 1_000_000L;
    private static final int REGISTER = 1;
    private static final int GET_OWN = 3;
    private static final int RENEW = 2;
    private static final int WRITE = 4;
    private static final int RELEASE = 7;

    private final InMemoryNetwork network = new InMemoryNetwork();
    private final ScriptedLiveness liveness = new ScriptedLiveness();
    private final Transport serverTransport = network.open(new TransportContext("server", 0, 16, line -> {}));
    private final Transport tomcatTransport = network.open(new TransportContext("tomcat", 0, 16, line -> {}));
    private final InetSocketAddress serverAddress =
            serverTransport.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 9_510));
    private final OwnedSessions owned = new OwnedSessions();
    private final ClientResponsePublisher responses = new ClientResponsePublisher();
    private final ExpandableArrayBuffer out = new ExpandableArrayBuffer();
    private final ClientAgent agent = new ClientAgent(
            new ClientSettings(List.of("one:9510", "two:9510"), "tomcat", "test", 1_000, 1_000, 1024 * 1024),
            new ClientAgent.Identity(1, 2, 3),
            liveness,
            tomcatTransport,
            network.name(),
            owned,
            new ClientEvents() {
                @Override
                public void onExpired(long jobId, long logTimeMs, SessionRecord copy) {}

                @Override
                public void notice(System.Logger.Level level, String text) {}
            },
            0);
    private final List<byte[]> received = new ArrayList<>();
    private ScriptedLiveness.Link link;
    private Connection serverEnd;
    private MessageAssembler assembler;
    private int connections;
    private long registrations;
    private long nowNs = 1_000 * MS;
    /** How long the monotonic clock has stood still. */
    private long sleptMs;

    @Test
    void shouldPassOnToTheNextServerWhenOneIsDead() {
        cycle();
        assertThat(liveness.lastDial().address()).isEqualTo("one:9510");

        liveness.lastDial().listener().onConnectFailed(serverAddress, ConnectFailure.REFUSED, "nothing listens");
        pass(100);

        assertThat(liveness.lastDial().address()).isEqualTo("two:9510");
        assertThat(agent.disconnectedForNs(nowNs)).isPositive();
    }

    @Test
    void shouldFollowAHint() {
        cycle();
        connected();
        liveness.lastDial().listener().onReply(link, reply(HelloReply.Status.NOT_ACTIVE, "three:9510", 0));
        pass(100);

        assertThat(liveness.lastDial().address()).isEqualTo("three:9510");
    }

    @Test
    void shouldSendARequestAgainUnderItsNumberOnANewConnection() {
        PendingRequest request = getOwn();
        agent.send(request);
        cycle();
        join();
        assertThat(requestsOf(GET_OWN)).hasSize(1);

        lose();
        pass(100);
        join();

        assertThat(requestsOf(GET_OWN)).hasSize(2);
        assertThat(requestsOf(GET_OWN)).allMatch(message -> requestId(message) == request.id);
        assertThat(requestsOf(REGISTER)).hasSize(2);
    }

    @Test
    void shouldHandOutAnAnswer() {
        cycle();
        join();
        PendingRequest request = getOwn();
        agent.send(request);

        answerLoaded(request.id, 50, 1);

        assertThat(request.isDone()).isTrue();
        assertThat(request.ownStatus).isEqualTo(OwnStatus.LOADED);
        assertThat(owned.entry(KEY).token).isEqualTo(50);
    }

    @Test
    void shouldGiveBackWhatIsGrantedToARequestGivenUp() {
        cycle();
        join();
        PendingRequest request = getOwn();
        agent.send(request);
        cycle();
        request.isCancelled = true;
        agent.cancel(request);

        answerLoaded(request.id, 50, 1);

        assertThat(requestsOf(RELEASE)).hasSize(1);
        assertThat(owned.entry(KEY)).isNull();
        assertThat(request.isDone()).isFalse();
    }

    @Test
    void shouldIgnoreAnAnswerOfAnotherEpoch() {
        cycle();
        join();
        PendingRequest request = getOwn();
        agent.send(request);
        cycle();

        answer(responses.owned(out, 6, request.id, 0, 0, 0, OwnStatus.ABSENT, 0, 0, 0, null));

        assertThat(request.isDone()).isFalse();
    }

    @Test
    void shouldOwnNothingAndRenewAtOnceAfterASleep() {
        cycle();
        join();
        PendingRequest request = getOwn();
        agent.send(request);
        answerLoaded(request.id, 50, 1);
        int renewals = requestsOf(RENEW).size();

        sleptMs = 30_000;
        cycle();

        assertThat(owned.isLeaseValid(nowNs)).isFalse();
        assertThat(requestsOf(RENEW)).hasSize(renewals + 1);
    }

    @Test
    void shouldReportHowLongNoServerHasServedIt() {
        cycle();
        join();
        assertThat(agent.disconnectedForNs(nowNs)).isZero();

        lose();
        long lostNs = nowNs;
        pass(700);

        assertThat(agent.disconnectedForNs(nowNs)).isEqualTo(nowNs - lostNs);
        assertThat(agent.view().isConnected()).isFalse();
    }

    @Test
    void shouldBindAnewWhenTheTransportHasLostItsAddress() {
        cycle();
        join();
        InetSocketAddress lost = link.hello.dataAddress();
        lose();
        tomcatTransport.unbind(lost);
        pass(100);
        connected();
        liveness.lastDial().listener().onReply(link, reply(HelloReply.Status.ACCEPTED, "", ++connections));
        cycle();
        assertThat(agent.view().problem()).contains("not a bound address");

        pass(100);
        pass(100);
        join();

        assertThat(link.hello.dataAddress()).isNotEqualTo(lost);
        assertThat(agent.view().isConnected()).isTrue();
    }

    @Test
    void shouldHoldOneAddressHoweverManyTheMachineHasHad() throws Exception {
        cycle();
        join();
        InetSocketAddress first = link.hello.dataAddress();
        lose();
        pass(100);
        ScriptedLiveness.Link elsewhere = new ScriptedLiveness.Link();
        elsewhere.here = new InetSocketAddress(InetAddress.getByName("127.0.0.2"), 5_000);

        join(elsewhere);

        assertThat(agent.view().isConnected()).isTrue();
        assertThat(serverTransport.bind(first)).isEqualTo(first);
    }

    /** Each waits in the memory of its request thread already. */
    @Test
    void shouldKeepItsConnectionHoweverMuchWaitsToBeWritten() {
        cycle();
        join();
        SessionKey key = SessionKey.of("shop", "S2");
        ExpandableArrayBuffer delta = new ExpandableArrayBuffer(256 * 1024);
        byte[] message = new byte[ClientRequestPublisher.writeLength(key, delta.capacity())];
        new ClientRequestPublisher()
                .write(new UnsafeBuffer(message), 0, 0, 1, 0, 0, 0, 0, key, delta, 0, delta.capacity());

        for (int i = 0; i < 300; i++) {
            agent.send(new PendingRequest(key, message, false, 1));
        }
        for (int i = 0; i < 100; i++) {
            cycle();
            pollServer();
        }

        assertThat(agent.view().problem()).isEmpty();
        assertThat(agent.view().isConnected()).isTrue();
        assertThat(requestsOf(WRITE).size()).isGreaterThan(2);
    }

    private void cycle() {
        agent.runCycle(nowNs / MS + sleptMs, nowNs);
        agent.runCycle(nowNs / MS + sleptMs, nowNs);
    }

    private void pass(long ms) {
        for (long i = 0; i < ms; i += 10) {
            nowNs += 10 * MS;
            cycle();
        }
    }

    private void connected() {
        connected(new ScriptedLiveness.Link());
    }

    private void connected(ScriptedLiveness.Link made) {
        link = made;
        liveness.lastDial().listener().onConnected(link);
        cycle();
    }

    /** The server dialled last takes the Tomcat in and registers it. */
    private void join() {
        join(new ScriptedLiveness.Link());
    }

    private void join(ScriptedLiveness.Link made) {
        connected(made);
        int id = ++connections;
        InetSocketAddress client = link.hello.dataAddress();
        serverEnd = serverTransport.connect(
                new ConnectionSpec(id, 8, 9, false, serverAddress, client, ConnectionSpec.Purpose.CLIENT));
        assembler = new MessageAssembler(1024 * 1024);
        liveness.lastDial().listener().onReply(link, reply(HelloReply.Status.ACCEPTED, "", id));
        cycle();
        pollServer();
        answer(responses.registered(
                out, 7, ++registrations, 400, 1024 * 1024, LogStart.EMPTY, "s1", "client-logs", List.of()));
        pollServer();
    }

    @Test
    void shouldGiveNothingBackThatAnActiveOfBeforeAsksFor() {
        cycle();
        join();

        answer(responses.recall(out, 6, 50, 50, KEY));
        pollServer();
        List<byte[]> forAnOldEpoch = List.copyOf(requestsOf(RELEASE));
        answer(responses.recall(out, 7, 50, 50, KEY));
        pollServer();

        assertThat(forAnOldEpoch).isEmpty();
        assertThat(requestsOf(RELEASE)).hasSize(1);
    }

    private void lose() {
        serverEnd.close();
        liveness.lastDial().listener().onClosed(link, CloseCause.CLOSED_BY_PEER, "reset");
        cycle();
    }

    private HelloReply reply(HelloReply.Status status, String active, int connectionId) {
        boolean isTaken = status == HelloReply.Status.ACCEPTED;
        return new HelloReply(
                status,
                "s1",
                11,
                isTaken ? ServerRole.ACTIVE_COORDINATOR : ServerRole.PASSIVE_STANDBY,
                7,
                active,
                isTaken ? network.name() : "",
                connectionId,
                8,
                9,
                isTaken ? serverAddress : null,
                0,
                0,
                "");
    }

    private void answerLoaded(long requestId, long token, long grant) {
        cycle();
        SessionRecord record = new SessionRecordBuilder(KEY).version(4).build();
        answer(responses.owned(out, 7, requestId, token, 4, 0, OwnStatus.LOADED, 0, grant, 0, record));
        pollServer();
    }

    private void answer(int length) {
        assertThat(new MessageSender(serverEnd, 1024).send(out, 0, length)).isTrue();
        cycle();
    }

    private void pollServer() {
        FrameListener frames = new FrameListener() {
            @Override
            public void onFrame(Connection from, DirectBuffer buffer, int offset, int length) {
                assembler.onFrame(buffer, offset, length, (message, at, messageLength) -> {
                    byte[] bytes = new byte[messageLength];
                    message.getBytes(at, bytes);
                    received.add(bytes);
                });
            }

            @Override
            public void onConnectionLost(Connection lost, String reason) {}
        };
        serverTransport.poll(frames, 100);
    }

    private List<byte[]> requestsOf(int template) {
        pollServer();
        return received.stream().filter(message -> message[2] == template).toList();
    }

    private static long requestId(byte[] message) {
        return new UnsafeBuffer(message).getLong(16, java.nio.ByteOrder.LITTLE_ENDIAN);
    }

    private static PendingRequest getOwn() {
        ExpandableArrayBuffer buffer = new ExpandableArrayBuffer();
        int length = new ClientRequestPublisher().getOwn(buffer, 0, 0, 0, 1_000, KEY);
        byte[] message = new byte[length];
        buffer.getBytes(0, message);
        return new PendingRequest(KEY, message, true, 0);
    }
}
