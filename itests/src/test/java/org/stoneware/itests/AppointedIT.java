package org.stoneware.itests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.stoneware.itests.TestServerArray.awaitSaying;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import org.stoneware.demo.Cluster;
import org.stoneware.demo.ServerProcess;

/** {@code stoneware.election} = {@code appointed}: whatever happens, only an operator makes a server active. */
class AppointedIT {
    private static final String FIRST = "Server1";
    private static final String SECOND = "Server2";
    private static final String WAITING = "waiting for an operator to appoint one";
    private static final int WRITERS = 4;
    /** Longer than the election time, after which the other policies would have chosen somebody. */
    private static final long LONGER_THAN_ELECTION_MS = 7_000;

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private Path directory;

    private TestServerArray array;
    private ArrayPrograms programs;

    @RegisterExtension
    private final ReportOnFailure report = new ReportOnFailure(() -> array == null ? "" : array.report());

    @BeforeEach
    void startPair() throws IOException {
        array = TestServerArray.create(directory.resolve("array"), FIRST, SECOND);
        array.config().withProperty("stoneware.election", "appointed");
        array.startPair(FIRST, SECOND);
        programs = new ArrayPrograms(array);
    }

    @AfterEach
    void endPair() throws IOException {
        array.close();
        array.requireNoErrors();
    }

    /** The first server in the file begins; then the role moves on request, and after a death only by an operator. */
    @Test
    void shouldLoseNothingWhenOperatorHandsOverAndLaterAppointsInPlaceOfKilledActive() throws IOException {
        try (AcknowledgedWrites writes = AcknowledgedWrites.start(array.config(), "appointed", WRITERS)) {
            writes.awaitAcknowledged(10);
            assertThat(programs.run(0, "hand-over")).contains(SECOND + " is active");
            array.server(FIRST).awaitRole(Cluster.STANDBY);
            writes.awaitAcknowledged(10);

            array.server(SECOND).process().killHard();
            requireNobodyActs(array.server(FIRST), LONGER_THAN_ELECTION_MS);
            // It comes back empty and must not lead, although it was appointed last.
            ServerProcess again = array.start(SECOND);
            awaitSaying(again, WAITING);
            long acknowledged = writes.total();
            assertThat(programs.run(0, "force-active", "-n", FIRST, "--if-complete"))
                    .contains(FIRST + " becomes active");

            array.server(FIRST).awaitRole(Cluster.ACTIVE);
            again.awaitRole(Cluster.STANDBY);
            writes.awaitAcknowledged(10);
            writes.end();
            writes.requireAll();
            System.out.println("appointed: handed over once, killed once, lost=0 of " + writes.total() + ", "
                    + acknowledged + " of them before the appointment");
        }
    }

    /** How long nothing happens is what is tested. */
    private static void requireNobodyActs(ServerProcess standby, long ms) {
        awaitSaying(standby, WAITING);
        long endNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(ms);
        while (System.nanoTime() < endNs) {
            assertThat(standby.role()).isEqualTo(Cluster.STANDBY);
            try {
                // That nothing happens has no event; this only paces the looking.
                Thread.sleep(100);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted", e);
            }
        }
    }
}
