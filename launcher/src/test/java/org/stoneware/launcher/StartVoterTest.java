package org.stoneware.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.api.config.ArrayKey;
import org.stoneware.api.config.ServerSettings;
import org.stoneware.liveness.LivenessSettings;
import org.stoneware.liveness.TcpLivenessNetwork;
import org.stoneware.spi.liveness.Hello;
import org.stoneware.spi.liveness.HelloReply;
import org.stoneware.spi.liveness.LivenessLink;
import org.stoneware.spi.liveness.LivenessListener;
import org.stoneware.voting.Ballot;
import org.stoneware.voting.MemoryElectionStore;
import org.stoneware.voting.RegisterAcceptor;
import org.stoneware.voting.RegisterMessage;
import org.stoneware.voting.RegisterMessageCodec;
import org.stoneware.voting.Voter;
import org.stoneware.voting.VoterId;

/** The external voter against a server's end of the connection played by the test, over TCP. */
class StartVoterTest {
    private static final VoterId SERVER = new VoterId(1, 1);
    private static final VoterId VOTER = new VoterId(7, 9);

    @TempDir
    Path directory;

    private TcpLivenessNetwork server = new TcpLivenessNetwork(LivenessSettings.defaults(), "test-server");
    private TcpLivenessNetwork network = new TcpLivenessNetwork(LivenessSettings.defaults(), "test-voter");
    private final ByteArrayOutputStream printed = new ByteArrayOutputStream();

    @AfterEach
    void close() {
        server.close();
        network.close();
    }

    @Test
    void shouldAnswerAServersQuestionWithItsPromise() throws Exception {
        CompletableFuture<Hello> greeted = new CompletableFuture<>();
        CompletableFuture<RegisterMessage> answered = new CompletableFuture<>();
        InetSocketAddress address =
                server.listen(new InetSocketAddress("127.0.0.1", 0), new ServerEnd(greeted, answered));
        VoterLinks links = new VoterLinks(
                new Voter(new RegisterAcceptor(new MemoryElectionStore(VOTER)), 3),
                network,
                List.of(settings(address.getPort())),
                "third",
                3,
                new PrintStream(printed, true, StandardCharsets.UTF_8));
        CompletableFuture<String> end = CompletableFuture.supplyAsync(() -> run(links));

        Hello hello = greeted.get(20, TimeUnit.SECONDS);
        RegisterMessage promise = answered.get(20, TimeUnit.SECONDS);
        links.stop();

        assertThat(hello.kind()).isEqualTo(Hello.Kind.VOTER);
        assertThat(new VoterId(hello.idHigh(), hello.idLow())).isEqualTo(VOTER);
        assertThat(promise.type()).isEqualTo(RegisterMessage.Type.PROMISE);
        assertThat(promise.sender()).isEqualTo(VOTER);
        assertThat(end.get(20, TimeUnit.SECONDS)).isEmpty();
        assertThat(printed.toString(StandardCharsets.UTF_8)).contains("votes for Server1");
    }

    @Test
    void shouldAnswerAServerThatAsksForTheArraysKey() throws Exception {
        ArrayKey key = makeKey();
        network(key, key);
        CompletableFuture<RegisterMessage> answered = new CompletableFuture<>();
        InetSocketAddress address = server.listen(
                new InetSocketAddress("127.0.0.1", 0), new ServerEnd(new CompletableFuture<>(), answered));
        VoterLinks links = links(address);
        CompletableFuture<String> end = CompletableFuture.supplyAsync(() -> run(links));

        RegisterMessage promise = answered.get(20, TimeUnit.SECONDS);
        links.stop();

        assertThat(promise.type()).isEqualTo(RegisterMessage.Type.PROMISE);
        assertThat(end.get(20, TimeUnit.SECONDS)).isEmpty();
    }

    @Test
    void shouldBeTakenInByNoServerThatAsksForAKeyItHasNot() throws Exception {
        network(makeKey(), null);
        CompletableFuture<Hello> greeted = new CompletableFuture<>();
        InetSocketAddress address =
                server.listen(new InetSocketAddress("127.0.0.1", 0), new ServerEnd(greeted, new CompletableFuture<>()));
        VoterLinks links = links(address);
        CompletableFuture<String> end = CompletableFuture.supplyAsync(() -> run(links));

        awaitPrinted("does not take this voter");
        links.stop();

        assertThat(end.get(20, TimeUnit.SECONDS)).isEmpty();
        assertThat(greeted).isNotDone();
        assertThat(printed.toString(StandardCharsets.UTF_8)).contains("conf/array.key");
    }

    @Test
    void shouldNotVoteWithAKeyThatIsNone() throws Exception {
        Files.createDirectories(directory.resolve("conf"));
        Files.writeString(directory.resolve("conf/array.key"), "no key");
        Path file = directory.resolve("tc-config.xml");
        Files.writeString(
                file,
                """
                <tc:tc-config xmlns:tc="http://www.terracotta.org/config"><servers>
                <server host="127.0.0.1" name="Server1"/><server host="127.0.0.2" name="Server2"/>
                <ha><failover-priority><consistency><voter count="1"/></consistency></failover-priority></ha>
                </servers></tc:tc-config>
                """);
        ByteArrayOutputStream errors = new ByteArrayOutputStream();
        Terminal terminal = new Terminal(
                new PrintStream(printed, true, StandardCharsets.UTF_8),
                new PrintStream(errors, true, StandardCharsets.UTF_8),
                directory,
                directory,
                directory,
                Map.of());

        int exitCode = Main.run(List.of("start-voter", "-f", file.toString()), terminal);

        assertThat(errors.toString(StandardCharsets.UTF_8)).contains("array.key");
        assertThat(exitCode).isEqualTo(ExitCode.CONFIGURATION);
    }

    private ArrayKey makeKey() throws Exception {
        Files.createDirectories(directory.resolve("conf"));
        Terminal terminal = new Terminal(
                new PrintStream(printed, true, StandardCharsets.UTF_8),
                System.err,
                directory,
                directory,
                directory,
                Map.of());
        assertThat(Main.run(List.of("make-key"), terminal)).isEqualTo(ExitCode.CLEAN);
        return ArrayKey.read(directory.resolve("conf").resolve(ArrayKey.FILE_NAME));
    }

    private void network(ArrayKey ofServer, ArrayKey ofVoter) {
        close();
        server = new TcpLivenessNetwork(LivenessSettings.defaults(), "test-server", ofServer);
        network = new TcpLivenessNetwork(LivenessSettings.defaults(), "test-voter", ofVoter);
    }

    private VoterLinks links(InetSocketAddress address) {
        return new VoterLinks(
                new Voter(new RegisterAcceptor(new MemoryElectionStore(VOTER)), 3),
                network,
                List.of(settings(address.getPort())),
                "third",
                3,
                new PrintStream(printed, true, StandardCharsets.UTF_8));
    }

    private void awaitPrinted(String text) throws Exception {
        long endNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!printed.toString(StandardCharsets.UTF_8).contains(text) && System.nanoTime() - endNs < 0) {
            // The voter tells nobody but its output that it was refused.
            Thread.sleep(10);
        }
        assertThat(printed.toString(StandardCharsets.UTF_8)).contains(text);
    }

    @Test
    void shouldSayThatTheConfigurationAsksForNoVoter() {
        ByteArrayOutputStream errors = new ByteArrayOutputStream();
        Terminal terminal = new Terminal(
                new PrintStream(printed, true, StandardCharsets.UTF_8),
                new PrintStream(errors, true, StandardCharsets.UTF_8),
                directory,
                directory,
                directory,
                Map.of());

        int exitCode = Main.run(List.of("start-voter"), terminal);

        assertThat(exitCode).isEqualTo(ExitCode.CONFIGURATION);
        assertThat(errors.toString(StandardCharsets.UTF_8)).contains("<voter count=\"1\"/>");
    }

    private static String run(VoterLinks links) {
        try {
            return links.run();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "interrupted";
        }
    }

    private ServerSettings settings(int groupPort) {
        return new ServerSettings(
                0,
                "Server1",
                "127.0.0.1",
                "127.0.0.1",
                9510,
                "127.0.0.1",
                9520,
                "127.0.0.1",
                groupPort,
                "127.0.0.1",
                9540,
                directory,
                directory,
                true,
                directory,
                "temporary-swap-only",
                0);
    }

    private record ServerEnd(CompletableFuture<Hello> greeted, CompletableFuture<RegisterMessage> answered)
            implements LivenessListener {
        @Override
        public void onHello(LivenessLink link, Hello hello) {
            link.sendReply(new HelloReply(
                    HelloReply.Status.ACCEPTED, "Server1", 5, ServerRole.START, 0, "", "", 0, 0, 0, null, 0, 0, ""));
            UnsafeBuffer buffer = new UnsafeBuffer(new byte[RegisterMessageCodec.MAX_LENGTH]);
            int length = RegisterMessageCodec.encode(
                    new RegisterMessage(
                            RegisterMessage.Type.PREPARE, SERVER, 5, new Ballot(1, SERVER), Ballot.NONE, null),
                    buffer,
                    0);
            link.sendMessage(buffer, 0, length);
            greeted.complete(hello);
        }

        @Override
        public void onMessage(LivenessLink link, DirectBuffer buffer, int offset, int length) {
            answered.complete(RegisterMessageCodec.decode(buffer, offset, length));
        }
    }
}
