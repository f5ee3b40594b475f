package org.stoneware.itests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.stoneware.itests.TestServerArray.awaitSaying;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.stoneware.demo.Await;
import org.stoneware.demo.Cluster;
import org.stoneware.demo.ServerProcess;

/** Both servers end, with {@code permanent-store}: every acknowledged write is there again, in whatever order they come back. */
class PermanentIT {
    private static final String FIRST = "Server1";
    private static final String SECOND = "Server2";
    private static final int SESSIONS = 2_000;
    private static final int WRITERS = 8;
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private Path directory;

    private TestServerArray array;
    private ArrayPrograms programs;

    @RegisterExtension
    private final ReportOnFailure report = new ReportOnFailure(() -> array == null ? "" : array.report());

    @BeforeEach
    void startPair() throws IOException {
        array = TestServerArray.create(
                directory, Hosts.loopback(FIRST, SECOND), "", "permanent-store", List.of(FIRST, SECOND));
        array.config().withProductionModel();
        array.startPair(FIRST, SECOND);
        programs = new ArrayPrograms(array);
    }

    @AfterEach
    void endPair() throws IOException {
        array.close();
        array.requireNoErrors();
    }

    /** Twice over, so that what was recovered is recovered again. */
    @ParameterizedTest
    @CsvSource({FIRST + "," + SECOND, SECOND + "," + FIRST})
    void shouldHoldEveryAcknowledgedWriteWhenBothAreKilled(String earlier, String later) throws Exception {
        StoredSessions stored = new StoredSessions(array.config(), SESSIONS);
        stored.create();
        long acknowledged = 0;
        for (int round = 0; round < 2; round++) {
            try (AcknowledgedWrites writes = AcknowledgedWrites.start(array.config(), "r" + round, WRITERS)) {
                writes.awaitAcknowledged(20);

                // Who dies last may have gone on alone for a moment, and need not wait for the other then.
                array.server(earlier).process().killHard();
                array.server(later).process().killHard();
                writes.end();
                acknowledged += writes.total();

                ServerProcess waiting = array.start(earlier);
                awaitSaying(waiting, "which may hold newer sessions");
                assertThat(waiting.role()).isNotEqualTo(Cluster.ACTIVE);
                awaitPair(waiting, array.start(later));
                writes.requireAll();
                stored.requireAll();
            }
        }
        System.out.println("both killed twice, started " + earlier + " first: lost=0 of " + acknowledged
                + " acknowledged writes and " + SESSIONS + " sessions");
    }

    @Test
    void shouldServeWhatItHoldsWhenItWasTheLastToStop() throws Exception {
        StoredSessions stored = new StoredSessions(array.config(), SESSIONS);
        stored.create();
        stopByScript(array.server(FIRST));
        array.server(SECOND).awaitRole(Cluster.ACTIVE);
        stopByScript(array.server(SECOND));

        ServerProcess last = array.start(SECOND).awaitRole(Cluster.ACTIVE);

        stored.requireAll();
        awaitPair(array.start(FIRST).awaitRole(Cluster.STANDBY), last);
        stop(last);
        array.server(FIRST).awaitRole(Cluster.ACTIVE);
        stored.requireAll();
    }

    @Test
    void shouldWaitForWhoStoppedLastWhenItStoppedFirst() throws Exception {
        StoredSessions stored = new StoredSessions(array.config(), SESSIONS);
        stop(array.server(SECOND));
        array.server(FIRST).awaitRole(Cluster.ACTIVE);
        stored.create();
        stop(array.server(FIRST));

        ServerProcess older = array.start(SECOND);
        awaitSaying(older, "which may hold newer sessions");
        ServerProcess newer = array.start(FIRST).awaitRole(Cluster.ACTIVE);

        awaitPair(older, newer);
        stored.requireAll();
    }

    /** The newer copy does not come back in time, and the operator decides for the older one; later it does come back. */
    @Test
    void shouldServeTheOlderCopyOnceItsOperatorForcesIt() throws Exception {
        StoredSessions stored = new StoredSessions(array.config(), SESSIONS);
        stored.create();
        stop(array.server(SECOND));
        array.server(FIRST).awaitRole(Cluster.ACTIVE);
        try (AcknowledgedWrites writes = AcknowledgedWrites.start(array.config(), "newer", WRITERS)) {
            writes.awaitAcknowledged(5);
            writes.end();
        }
        array.server(FIRST).process().killHard();
        ServerProcess older = array.start(SECOND);
        awaitSaying(older, "which may hold newer sessions");

        assertThat(programs.run(1, "force-active", "-n", SECOND, "--if-complete"))
                .contains("server " + SECOND + " was not made active", "the servers elect their active themselves");
        assertThat(older.role()).isNotEqualTo(Cluster.ACTIVE);
        assertThat(programs.run(0, "force-active", "-n", SECOND)).contains("server " + SECOND + " becomes active");

        older.awaitRole(Cluster.ACTIVE);
        awaitSaying(older, "sessions may be old");
        stored.requireAll();
        awaitPair(array.start(FIRST).awaitRole(Cluster.STANDBY), older);
        stored.requireAll();
    }

    private static void stop(ServerProcess server) throws IOException {
        server.process().signal("TERM");
        assertThat(server.process().awaitExit(PATIENCE)).isZero();
    }

    /** As an operator stops a server of an array in production: without {@code --force}, also when it is the last one. */
    private void stopByScript(ServerProcess server) throws IOException {
        programs.run(0, "stop-server", "-n", server.member().name());
        assertThat(server.process().awaitExit(PATIENCE)).isZero();
    }

    private static void awaitPair(ServerProcess one, ServerProcess other) {
        Await.until(
                "one server is active, the other its standby",
                PATIENCE,
                () -> one.view().equals(other.view())
                        && one.view().containsValue(Cluster.ACTIVE)
                        && one.view().containsValue(Cluster.STANDBY),
                () -> one.member().name() + " sees " + one.view() + ", "
                        + other.member().name() + " sees " + other.view());
    }
}
