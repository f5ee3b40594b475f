package org.stoneware.itests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.stoneware.demo.ChildProcess;
import org.stoneware.demo.Cluster;
import org.stoneware.demo.ServerProcess;

/** The scripts as an operator uses them: what they print, what their exit codes are, what a signal does. */
class StartServerIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private Path directory;

    private TestServerArray array;
    private int runs;

    @RegisterExtension
    private final ReportOnFailure report = new ReportOnFailure(() -> array == null ? "" : array.report());

    @BeforeEach
    void createArray() throws IOException {
        array = TestServerArray.create(directory.resolve("the array"), "Server1", "Server2");
    }

    @AfterEach
    void endArray() throws IOException {
        array.close();
        array.requireNoErrors();
    }

    @Test
    void shouldSayWhatRunsAndEndCleanlyAtInterrupt() throws IOException {
        ServerProcess server = array.start("Server1").awaitRole(Cluster.ACTIVE);

        assertThat(server.process().output())
                .contains("Server1")
                .contains("ACTIVE-COORDINATOR")
                .contains(array.config().file().toString())
                .contains("9510", "9520", "9530", "9540")
                .contains("server-data")
                .contains("default");
        server.process().signal("INT");
        assertThat(server.process().awaitExit(PATIENCE)).isZero();
    }

    @Test
    void shouldTellStateAndStopByScript() throws IOException {
        ServerProcess server = array.start("Server1").awaitRole(Cluster.ACTIVE);
        String config = array.config().file().toString();

        Run oneDown = run("server-stat", "-f", config);
        assertThat(oneDown.output())
                .contains(".health: OK", ".role: ACTIVE", ".state: ACTIVE-COORDINATOR", ".health: FAILED");
        assertThat(oneDown.exit()).isNotZero();

        Run stop = run("stop-server", "-f", config, "-n", "Server1");
        assertThat(stop.exit()).isZero();
        assertThat(server.process().awaitExit(PATIENCE)).isZero();

        Run nothingToStop = run("stop-server", "-f", config, "-n", "Server1");
        assertThat(nothingToStop.exit()).isEqualTo(1);
    }

    /** In production, with a store that does not outlive the process. */
    @Test
    void shouldStopTheLastServerThatHoldsSessionsOnlyWhenForced() throws Exception {
        array.config().withProductionModel();
        ServerProcess server = array.start("Server1").awaitRole(Cluster.ACTIVE);
        String config = array.config().file().toString();
        new StoredSessions(array.config(), 3).create();

        Run refused = run("stop-server", "-f", config, "-n", "Server1");
        assertThat(refused.exit()).isEqualTo(1);
        assertThat(refused.output()).contains("holds the last copy of 3 sessions", "--force");
        assertThat(server.role()).isEqualTo(Cluster.ACTIVE);

        Run forced = run("stop-server", "-f", config, "-n", "Server1", "--force");
        assertThat(forced.exit()).as(forced.output()).isZero();
        assertThat(server.process().awaitExit(PATIENCE)).isZero();
    }

    @Test
    void shouldRefuseSecondStartOnSameDataDirectory() throws IOException {
        array.start("Server1").awaitRole(Cluster.ACTIVE);

        ServerProcess second = array.start("Server1");

        assertThat(second.process().awaitExit(PATIENCE)).isEqualTo(1);
    }

    @Test
    void shouldRefuseToStartWhenPortIsTaken() throws IOException {
        String host = array.config().server("Server1").host();
        try (ServerSocket other = new ServerSocket()) {
            other.bind(new InetSocketAddress(InetAddress.getByName(host), 9510));

            ServerProcess server =
                    array.expectError("cannot bind|Error during instantiation").start("Server1");

            assertThat(server.process().awaitExit(PATIENCE)).isEqualTo(2);
            assertThat(server.process().output()).contains("9510");
        }
    }

    @Test
    void shouldExplainEffectiveConfigurationWithoutStarting() throws IOException {
        Run check = run("start-server", "--check", "-f", array.config().file().toString(), "-n", "Server1");

        assertThat(check.exit()).isZero();
        assertThat(check.output()).contains("9520", "temporary-swap-only");
    }

    @Test
    void shouldRefuseBadConfigurationWithPlaceInFile() throws IOException {
        Path file = directory.resolve("bad.xml");
        Files.writeString(
                file,
                Files.readString(array.config().file())
                        .replace("<mode>temporary-swap-only</mode>", "<mode>temp-swap</mode>"));

        Run start = run("start-server", "-f", file.toString(), "-n", "Server1");

        assertThat(start.exit()).isEqualTo(2);
        assertThat(start.output()).contains("bad.xml:", "temp-swap", "temporary-swap-only");
    }

    /** What the shipped file says must start as it is: its two servers on one machine. */
    @Test
    void shouldAcceptShippedConfiguration() throws IOException {
        Run check = run("start-server", "--check", "-n", "Server2");

        assertThat(check.exit()).isZero();
        assertThat(check.output())
                .contains(Layout.distribution().resolve("conf/tc-config.xml").toString(), "127.0.0.2");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "start-server",
                "stop-server",
                "server-stat",
                "install-valve",
                "backup",
                "restore",
                "demo",
                "bin/start-tc-server.sh"
            })
    void shouldAnswerHelp(String command) throws IOException {
        Run help = run(command, "--help");

        assertThat(help.exit()).isZero();
        assertThat(help.output()).contains("Usage");
    }

    @ParameterizedTest
    @ValueSource(strings = {"bin/start-server", "bin/start-tc-server.sh", "start-tc-server.sh"})
    void shouldRunThroughSymbolicLinkFromAnyDirectory(String script) throws IOException {
        Path link = Files.createSymbolicLink(
                Files.createDirectories(directory.resolve("some where")).resolve("a link"),
                Layout.distribution().resolve(script));

        Run version = run(link, "--version");

        assertThat(version.exit()).isZero();
        assertThat(version.output()).contains(System.getProperty("stoneware.version"));
    }

    @Test
    void shouldSayWhatIsMissingWhenJavaIsNotThere() throws IOException {
        ChildProcess start = ChildProcess.start(
                "start-server",
                List.of(Layout.distribution().resolve("bin/start-server").toString()),
                Map.of("JAVA_HOME", directory.resolve("no java").toString()),
                directory,
                directory.resolve("no-java.txt"));

        assertThat(start.awaitExit(PATIENCE)).isEqualTo(2);
        assertThat(start.output()).contains("JAVA_HOME is", "JDK 17");
    }

    private record Run(int exit, String output) {}

    private Run run(String command, String... arguments) throws IOException {
        return run(Layout.distribution().resolve(command.contains("/") ? command : "bin/" + command), arguments);
    }

    private Run run(Path script, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(script.toString()));
        command.addAll(List.of(arguments));
        ChildProcess process = ChildProcess.start(
                command.toString(), command, Map.of(), directory, directory.resolve("run-" + ++runs + ".txt"));
        try (process) {
            return new Run(process.awaitExit(PATIENCE), process.output());
        }
    }
}
