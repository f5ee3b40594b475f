package org.stoneware.itests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
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

/** Two servers settle who is active, whichever way they are started. */
class TwoServersIT {
    private static final Duration PATIENCE = Duration.ofSeconds(45);

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

    /** Two at the same moment, 20 times: each process starts cold, so the order in which they come up differs. */
    @RepeatedTest(20)
    void shouldSettleOnOneActiveWhenStartedTogether() throws IOException {
        ServerProcess first = array.start("Server1");
        ServerProcess second = array.start("Server2");

        awaitSettled(first, second);

        assertThat(List.of(first.role(), second.role()))
                .containsExactlyInAnyOrder(Cluster.ACTIVE, Cluster.UNINITIALIZED);
    }

    @Test
    void shouldStayPassiveAndNameTheActiveWhenStartedLater() throws IOException {
        ServerProcess first = array.start("Server1").awaitRole(Cluster.ACTIVE);

        ServerProcess second = array.start("Server2").awaitRole(Cluster.UNINITIALIZED);

        awaitSettled(first, second);
        assertThat(view(second)).containsEntry("Server1", Cluster.ACTIVE);
        assertThat(second.process().output()).contains("its sessions are not all here yet");
        assertThat(first.role()).isEqualTo(Cluster.ACTIVE);
        assertThat(Page.isServed(URI.create(second.member().management() + "/health/live")))
                .isTrue();
    }

    @Test
    void shouldBecomeActiveAgainWhenStartedAgainBesidePassive() throws IOException {
        array.start("Server1").awaitRole(Cluster.ACTIVE);
        ServerProcess second = array.start("Server2").awaitRole(Cluster.UNINITIALIZED);
        array.server("Server1").process().killHard();

        ServerProcess again = array.start("Server1");

        awaitSettled(again, second);
        assertThat(List.of(again.role(), second.role())).containsOnlyOnce(Cluster.ACTIVE);
    }

    /** Until both know their roles and tell the same story about each other. */
    private static void awaitSettled(ServerProcess first, ServerProcess second) {
        Await.until(
                "both servers have settled and agree",
                PATIENCE,
                () -> isSettled(first) && isSettled(second) && view(first).equals(view(second)),
                () -> first.member().name() + " sees " + view(first) + ", "
                        + second.member().name() + " sees " + view(second));
    }

    private static boolean isSettled(ServerProcess server) {
        String role = server.role();
        return role.equals(Cluster.ACTIVE) || role.equals(Cluster.UNINITIALIZED);
    }

    private static Map<String, String> view(ServerProcess server) {
        try {
            return Cluster.ask(server.member().management()).roles();
        } catch (IOException e) {
            return Map.of();
        }
    }
}
