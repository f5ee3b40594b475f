package org.stoneware.itests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import org.stoneware.demo.Await;
import org.stoneware.demo.Cluster;
import org.stoneware.demo.Page;
import org.stoneware.demo.ServerProcess;

/** Two servers settle who is active, whichever way they are started, and the other becomes its standby. */
class TwoServersIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private Path directory;

    private TestServerArray array;

    @RegisterExtension
    private final ReportOnFailure report = new ReportOnFailure(() -> array == null ? "" : array.report());

    @BeforeEach
    void createArray() throws IOException {
        array = TestServerArray.create(directory, "Server1", "Server2");
    }

    @AfterEach
    void endArray() throws IOException {
        array.close();
        array.requireNoErrors();
    }

    /** Two at the same moment, ten times: each process starts cold, so the order in which they come up differs. */
    @RepeatedTest(10)
    void shouldSettleOnOneActiveAndItsStandbyWhenStartedTogether() throws IOException {
        ServerProcess first = array.start("Server1");
        ServerProcess second = array.start("Server2");

        awaitPair(first, second);

        assertThat(List.of(first.role(), second.role())).containsExactlyInAnyOrder(Cluster.ACTIVE, Cluster.STANDBY);
    }

    @Test
    void shouldBecomeStandbyOfActiveWhenStartedLater() throws IOException {
        ServerProcess first = array.start("Server1").awaitRole(Cluster.ACTIVE);

        ServerProcess second = array.start("Server2").awaitRole(Cluster.STANDBY);

        awaitPair(first, second);
        assertThat(first.role()).isEqualTo(Cluster.ACTIVE);
        assertThat(Page.isServed(URI.create(second.member().management() + "/health/ready")))
                .isTrue();
    }

    @Test
    void shouldTakeOverAndLetKilledActiveComeBackAsStandby() throws IOException {
        ServerProcess first = array.start("Server1").awaitRole(Cluster.ACTIVE);
        ServerProcess second = array.start("Server2").awaitRole(Cluster.STANDBY);

        first.process().killHard();

        second.awaitRole(Cluster.ACTIVE);
        ServerProcess again = array.start("Server1").awaitRole(Cluster.STANDBY);
        awaitPair(again, second);
        assertThat(second.role()).isEqualTo(Cluster.ACTIVE);
    }

    /** Until one is active, the other its standby, and both tell the same story. */
    private static void awaitPair(ServerProcess first, ServerProcess second) {
        Await.until(
                "one server is active, the other its standby",
                PATIENCE,
                () -> first.view().equals(second.view())
                        && first.view().containsValue(Cluster.ACTIVE)
                        && first.view().containsValue(Cluster.STANDBY),
                () -> first.member().name() + " sees " + first.view() + ", "
                        + second.member().name() + " sees " + second.view());
    }
}
