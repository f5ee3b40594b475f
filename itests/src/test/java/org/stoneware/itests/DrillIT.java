package org.stoneware.itests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import org.stoneware.demo.ChildProcess;
import org.stoneware.demo.Cluster;

/** {@code bin/drill} against real servers. */
class DrillIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private Path directory;

    private TestServerArray array;

    @RegisterExtension
    private final ReportOnFailure report = new ReportOnFailure(() -> array == null ? "" : array.report());

    @BeforeEach
    void startActive() throws IOException {
        array = TestServerArray.create(directory.resolve("array"), "Server1", "Server2");
        array.start("Server1").awaitRole(Cluster.ACTIVE);
    }

    @AfterEach
    void end() throws IOException {
        array.close();
        array.requireNoErrors();
    }

    @Test
    void shouldLoseNothingWhenTheActiveHandsOverUnderLoad() throws IOException {
        array.start("Server2").awaitRole(Cluster.STANDBY);

        Outcome drill = drill("--seconds", "4", "--sessions", "12");

        assertThat(drill.output).contains("lost = 0", "doubled = 0", "12 of 12", "PASSED");
        assertThat(drill.exitCode).isZero();
        array.server("Server2").awaitRole(Cluster.ACTIVE);
        array.server("Server1").awaitRole(Cluster.STANDBY);
        assertThat(array.server("Server1").process().isAlive()).isTrue();
    }

    @Test
    void shouldSayThatThereIsNoStandby() throws IOException {
        Outcome drill = drill();

        assertThat(drill.exitCode).isEqualTo(1);
        assertThat(drill.output).contains("no standby is in sync: Server2 is STOP-STATE");
    }

    private record Outcome(int exitCode, String output) {}

    private Outcome drill(String... options) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Layout.distribution().resolve("bin/drill").toString(),
                "-f",
                array.config().file().toString()));
        command.addAll(List.of(options));
        try (ChildProcess drill =
                ChildProcess.start("drill", command, Map.of(), directory, directory.resolve("drill.txt"))) {
            int exitCode = drill.awaitExit(PATIENCE);
            return new Outcome(exitCode, drill.output());
        }
    }
}
