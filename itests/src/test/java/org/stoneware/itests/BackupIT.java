package org.stoneware.itests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import org.stoneware.demo.Await;
import org.stoneware.demo.ChildProcess;
import org.stoneware.demo.Cluster;
import org.stoneware.demo.Counter;
import org.stoneware.demo.FreePorts;
import org.stoneware.demo.TomcatInstance;

/** Both servers are lost with their disks; what is left is a backup, which goes into an array of another mode. */
class BackupIT {
    private static final String FIRST = "Server1";
    private static final String SECOND = "Server2";
    private static final int USERS = 20;
    private static final int HTTP_PORT = 8191;
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private Path directory;

    private final Hosts hosts = Hosts.loopback(FIRST, SECOND);
    private final List<TestServerArray> arrays = new ArrayList<>();
    private TestServerArray array;
    private TomcatInstance tomcat;
    private Path backup;
    private int runs;

    @RegisterExtension
    private final ReportOnFailure report = new ReportOnFailure(() -> array == null ? "" : array.report());

    @BeforeEach
    void startPairAndTomcat() throws IOException {
        backup = directory.resolve("shop.backup");
        startPair("temporary-swap-only");
        Path home = TomcatInstance.unpack(Layout.tomcatArchive("10.1"), directory.resolve("tomcat-home"));
        tomcat = TomcatInstance.create(
                "A", home, directory.resolve("tomcat-A"), "127.0.0.1", FreePorts.near("127.0.0.1", HTTP_PORT));
        tomcat.installValve(Layout.distribution(), array.config().tcConfigUrl());
        tomcat.start(Layout.TOMCAT_OPTIONS, "");
        tomcat.awaitReady();
    }

    @AfterEach
    void endAll() throws IOException {
        if (tomcat != null) {
            tomcat.process().askToStop();
            tomcat.close();
        }
        arrays.forEach(TestServerArray::close);
        array.requireNoErrors();
    }

    @Test
    void shouldCountOnWhereTheBackupWasTaken() throws Exception {
        URI page = tomcat.uri("/counter.jsp");
        List<String> cookies = new ArrayList<>();
        for (int i = 0; i < USERS; i++) {
            Counter counter = Counter.next(page, null);
            cookies.add(counter.cookie());
            for (int more = 0; more < i % 3; more++) {
                Counter.next(page, counter.cookie());
            }
        }
        run(0, "backup", backup.toString(), "-n", SECOND);
        run(0, "restore", "--check", backup.toString());
        loseEverything();
        startPair("permanent-store");

        String onStandby = run(4, "restore", backup.toString(), "-n", SECOND);
        String restored = run(0, "restore", backup.toString());
        String again = run(0, "restore", backup.toString());

        assertThat(onStandby).contains("ask the active " + FIRST);
        assertThat(restored).contains(USERS + " of " + USERS + " sessions are back on " + FIRST);
        assertThat(again).contains(USERS + " were here already, the same");
        for (int i = 0; i < USERS; i++) {
            assertThat(Counter.next(page, cookies.get(i)).value())
                    .as("counter of user " + i)
                    .isEqualTo(i % 3 + 2);
        }
    }

    private void startPair(String mode) throws IOException {
        array = TestServerArray.create(directory.resolve("array"), hosts, "", mode, List.of(FIRST, SECOND));
        arrays.add(array);
        array.start(FIRST).awaitRole(Cluster.ACTIVE);
        array.start(SECOND).awaitRole(Cluster.STANDBY);
        for (String server : List.of(FIRST, SECOND)) {
            Await.until(
                    server + " opens its shell",
                    PATIENCE,
                    () -> runs("shell", "-f", config(), "-n", server, "cluster:members"),
                    () -> array.report());
        }
    }

    private void loseEverything() throws IOException {
        for (String server : List.of(FIRST, SECOND)) {
            array.server(server).process().killHard();
        }
        try (Stream<Path> files = Files.walk(array.config().directory().resolve("server-data"))) {
            for (Path each : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(each);
            }
        }
    }

    private String config() {
        return array.config().file().toString();
    }

    private boolean runs(String... words) {
        try {
            ChildProcess program = start(words);
            return program.awaitExit(PATIENCE) == 0;
        } catch (IOException e) {
            return false;
        }
    }

    private String run(int exitCode, String... words) throws IOException {
        List<String> all = new ArrayList<>(List.of(words));
        if (!all.contains("--check")) {
            all.addAll(List.of("-f", config()));
        }
        ChildProcess program = start(all.toArray(String[]::new));
        int exit = program.awaitExit(PATIENCE);
        assertThat(exit).as(all + "\n" + program.output()).isEqualTo(exitCode);
        return program.output();
    }

    private ChildProcess start(String... words) throws IOException {
        List<String> command = new ArrayList<>(List.of(words));
        command.set(0, Layout.distribution().resolve("bin").resolve(words[0]).toString());
        return ChildProcess.start(words[0], command, Map.of(), directory, directory.resolve("run-" + ++runs + ".txt"));
    }
}
