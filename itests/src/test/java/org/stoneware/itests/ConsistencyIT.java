package org.stoneware.itests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import org.stoneware.demo.Await;
import org.stoneware.demo.ChildProcess;
import org.stoneware.demo.Cluster;
import org.stoneware.demo.Page;
import org.stoneware.demo.ServerProcess;
import org.stoneware.voting.ElectionFile;
import org.stoneware.voting.RegisterValue;
import org.stoneware.voting.SavedRegister;
import org.stoneware.voting.VoterId;

/** Consistency before availability: a standby takes over with a majority of votes, and waits without one. */
class ConsistencyIT {
    private static final String FIRST = "Server1";
    private static final String SECOND = "Server2";

    private static final String EXTERNAL_VOTER = "<consistency><voter count=\"1\"/></consistency>";
    private static final String NOBODY_ELSE = "<consistency/>";
    private static final String TOMCATS_VOTE = "<consistency><client-voters/></consistency>";
    /** Two servers and one more: the other Tomcat is on the same host, and an even number would need one vote more. */
    private static final int VOTERS = 3;

    private static final int SERVERS = 2;

    private static final int USERS = 6;
    private static final int KILLS = 2;
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private Path directory;

    private TestServerArray array;
    private PairWithTomcats pair;
    private ChildProcess voter;

    @RegisterExtension
    private final ReportOnFailure report = new ReportOnFailure(this::report);

    @AfterEach
    void endAll() throws IOException {
        if (voter != null) {
            voter.close();
        }
        if (pair != null) {
            pair.close();
        }
        if (array != null) {
            array.close();
            array.requireNoErrors();
        }
    }

    /** The active and the voter lost together are a majority lost: until one of them comes back, the standby waits. */
    @Test
    void shouldTakeOverWithVoteOfExternalVoterAndWaitWithoutIt() throws IOException {
        array = TestServerArray.create(
                directory, Hosts.loopback(FIRST, SECOND), EXTERNAL_VOTER, List.of(FIRST, SECOND));
        array.start(FIRST);
        array.start(SECOND);
        startVoter();
        awaitPair();

        ServerProcess standby = killActive();
        standby.awaitRole(Cluster.ACTIVE);
        array.start(other(standby));
        awaitPair();

        voter.killHard();
        standby = killActive();
        awaitReadiness(standby, "waiting for votes (1 of 2)");
        assertThat(standby.role()).isEqualTo(Cluster.STANDBY);

        startVoter();
        standby.awaitRole(Cluster.ACTIVE);
    }

    /** The servers take turns: each of them was let to lead by a Tomcat once. */
    @Test
    void shouldTakeOverWithVoteOfTomcatWithoutLosingAnything() throws IOException {
        pair = PairWithTomcats.start(directory, Hosts.loopback(FIRST, SECOND), TOMCATS_VOTE);
        array = pair.array();

        try (CounterLoad load = pair.load(USERS)) {
            for (int kill = 0; kill < KILLS; kill++) {
                awaitPair();
                load.awaitServed(3);

                ServerProcess standby = killActive();
                long goneNs = System.nanoTime();

                System.out.println("active killed, Tomcats vote: " + load.awaitServed(goneNs, 3));
                standby.awaitRole(Cluster.ACTIVE);
                pair.complete();
            }

            load.requireNothingLost();
        }
    }

    /** Who leaves hands over first, while it still votes, so that the other goes on although nobody else votes. */
    @Test
    void shouldLoseNothingWhenBothServersAreRestartedInTurnWithoutAnyVoter() throws IOException {
        array = TestServerArray.create(directory, Hosts.loopback(FIRST, SECOND), NOBODY_ELSE, List.of(FIRST, SECOND));
        array.start(FIRST);
        array.start(SECOND);
        awaitPair(SERVERS);
        try (AcknowledgedWrites writes = AcknowledgedWrites.start(array.config(), "turn", USERS)) {
            for (int restart = 0; restart < 2; restart++) {
                writes.awaitAcknowledged(10);
                ServerProcess active = active();
                ServerProcess standby = array.server(other(active));

                active.process().signal("TERM");
                assertThat(active.process().awaitExit(PATIENCE)).isZero();

                standby.awaitRole(Cluster.ACTIVE);
                writes.awaitAcknowledged(10);
                array.start(other(standby));
                awaitPair(SERVERS);
            }
            writes.awaitAcknowledged(10);
            writes.end();
            writes.requireAll();
            System.out.println("both servers restarted in turn without a voter: lost=0 of " + writes.total());
        }
    }

    private void startVoter() throws IOException {
        voter = ChildProcess.start(
                "start-voter",
                List.of(
                        Layout.distribution().resolve("bin/start-voter").toString(),
                        "-f",
                        array.config().file().toString(),
                        "-n",
                        "Voter1",
                        "--data",
                        directory.resolve("voter").toString()),
                Map.of("STONEWARE_OPTS", Layout.SERVER_OPTIONS),
                directory,
                directory.resolve("start-voter.out"));
    }

    /** @return the standby it had. */
    private ServerProcess killActive() {
        ServerProcess active = active();
        ServerProcess standby = array.server(other(active));
        active.process().killHard();
        return standby;
    }

    private ServerProcess active() {
        ServerProcess active = array.server(array.server(FIRST).role().equals(Cluster.ACTIVE) ? FIRST : SECOND);
        assertThat(active.role()).isEqualTo(Cluster.ACTIVE);
        return active;
    }

    private static String other(ServerProcess server) {
        return server.member().name().equals(FIRST) ? SECOND : FIRST;
    }

    /** Until one is active, the other its standby, and both have forced to disk who votes. */
    private void awaitPair() {
        awaitPair(VOTERS);
    }

    private void awaitPair(int voters) {
        ServerProcess first = array.server(FIRST);
        ServerProcess second = array.server(SECOND);
        Await.until(
                "one server is active, the other its standby, and there are " + voters + " voters",
                PATIENCE,
                () -> first.view().equals(second.view())
                        && first.view().containsValue(Cluster.ACTIVE)
                        && first.view().containsValue(Cluster.STANDBY)
                        && isSeated(first, voters)
                        && isSeated(second, voters),
                () -> FIRST + " sees " + first.view() + " with " + register(first) + ", " + SECOND + " sees "
                        + second.view() + " with " + register(second));
    }

    private boolean isSeated(ServerProcess server, int voters) {
        RegisterValue value = register(server).acceptedValue();
        return value != null
                && value.voters().size() == voters
                && value.former().isEmpty();
    }

    /** What a running server has on disk, read from a copy. */
    private SavedRegister register(ServerProcess server) {
        try {
            Path own = array.directory()
                    .resolve("server-data")
                    .resolve(server.member().name());
            Path copy = Files.createDirectories(
                    directory.resolve("register-of-" + server.member().name()));
            Files.copy(
                    own.resolve("election").resolve(ElectionFile.FILE_NAME),
                    copy.resolve(ElectionFile.FILE_NAME),
                    StandardCopyOption.REPLACE_EXISTING);
            try (ElectionFile file = ElectionFile.open(copy, VoterId.NONE)) {
                return file.load();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void awaitReadiness(ServerProcess server, String told) {
        Await.until(
                server.member().name() + " says " + told,
                PATIENCE,
                () -> readiness(server).contains(told),
                () -> readiness(server) + "\n" + server.process().output());
    }

    private static String readiness(ServerProcess server) {
        try {
            return Page.get(URI.create(server.member().management() + "/health/ready"), null)
                    .body();
        } catch (IOException e) {
            return e.toString();
        }
    }

    private String report() {
        String servers = pair != null ? pair.report() : array == null ? "" : array.report();
        return voter == null ? servers : servers + "--- voter\n" + TestServerArray.lastLines(voter.output());
    }
}
