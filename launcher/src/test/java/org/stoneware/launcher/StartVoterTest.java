package org.stoneware.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.stoneware.api.cluster.ServerRole;
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

    private final TcpLivenessNetwork server = new TcpLivenessNetwork(LivenessSettings.defaults(), "test-server");
    private final TcpLivenessNetwork network = new TcpLivenessNetwork(LivenessSettings.defaults(), "test-voter");
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
    void shouldSayThatTheConfigurationAsksForNoVoter() {
        ByteArrayOutputStream errors = new ByteArrayOutputStream();
        Terminal terminal = new Terminal(
                new PrintStream(printed, true, StandardCharsets.UTF_8),
                new PrintStream(errors, true, StandardCharsets.UTF_8),
                directory,
                directory,
                directory);

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
