package org.stoneware.itests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
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
import org.stoneware.demo.FrontDoor;
import org.stoneware.demo.RoundRobinProxy;
import org.stoneware.demo.TomcatInstance;

/**
 * Both servers are lost with their disks; what is left is a backup, taken in peace or while users go on, which goes into an array of another
 * mode.
 */
class BackupIT {
    private static final String FIRST = "Server1";
    private static final String SECOND = "Server2";
    private static final int USERS = 20;
    private static final int WRITING_USERS = 6;
    private static final int SESSIONS = 5_000;
    private static final int HTTP_PORT = 8191;
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private Path directory;

    private final Hosts hosts = Hosts.loopback(FIRST, SECOND);
    private final List<TestServerArray> arrays = new ArrayList<>();
    private TestServerArray array;
    private final List<TomcatInstance> tomcats = new ArrayList<>();
    private Path backup;
    private int runs;

    @RegisterExtension
    private final ReportOnFailure report = new ReportOnFailure(() -> array == null ? "" : array.report());

    @BeforeEach
    void startPairAndTomcat() throws IOException {
        backup = directory.resolve("shop.backup");
        startPair("temporary-swap-only");
        startTomcat("A", "10.1").awaitReady();
    }

    @AfterEach
    void endAll() throws IOException {
        tomcats.forEach(tomcat -> tomcat.process().askToStop());
        tomcats.forEach(TomcatInstance::close);
        arrays.forEach(TestServerArray::close);
        array.requireNoErrors();
    }

    @Test
    void shouldCountOnWhereTheBackupWasTaken() throws Exception {
        URI page = tomcats.get(0).uri("/counter.jsp");
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

    /** From either server: of each session what was acknowledged before the backup began, or what was written while it ran. */
    @Test
    void shouldHoldEachSessionAsItWasWhileTheBackupRan() throws Exception {
        StoredSessions stored = new StoredSessions(array.config(), SESSIONS);
        stored.create();
        startTomcat("B", "11.0").awaitReady();
        List<Integer> ports = tomcats.stream().map(TomcatInstance::port).toList();
        try (FrontDoor door = RoundRobinProxy.start(0, ports);
                CounterLoad load = CounterLoad.start(Collections.nCopies(WRITING_USERS, door.uri("/counter.jsp")))) {
            load.awaitServed(5);
            TakenBackup ofStandby = take(SECOND, load);
            TakenBackup ofActive = take(FIRST, load);
            load.awaitServed(3);
            load.requireNothingLost();
            loseEverything();
            startPair("permanent-store");

            requireBack(ofStandby, stored, door);
            requireBack(ofActive, stored, door, "--replace");
        }
    }

    /**
     * A backup that was taken while users counted.
     *
     * @param before what each user had been answered when it began.
     * @param after  what each had been answered when it had ended.
     */
    private record TakenBackup(Path file, List<Counter> before, List<Counter> after) {}

    private TakenBackup take(String server, CounterLoad load) throws IOException {
        Path file = directory.resolve(server + ".backup");
        List<Counter> before = load.lastAnswers();
        run(0, "backup", file.toString(), "-n", server);
        return new TakenBackup(file, before, load.lastAnswers());
    }

    private void requireBack(TakenBackup taken, StoredSessions stored, FrontDoor door, String... options)
            throws Exception {
        List<String> restore = new ArrayList<>(List.of("restore", taken.file().toString()));
        restore.addAll(List.of(options));
        run(0, restore.toArray(String[]::new));
        stored.requireAll();
        for (int user = 0; user < WRITING_USERS; user++) {
            Counter before = taken.before().get(user);
            Counter counted = Counter.next(door.uri("/counter.jsp"), before.cookie());
            // One request more may have been under way at the end, and this one has counted too.
            assertThat(counted.value())
                    .as("counter of user " + user + " in " + taken)
                    .isBetween(before.value() + 1, taken.after().get(user).value() + 2);
        }
    }

    private TomcatInstance startTomcat(String name, String line) throws IOException {
        Path home = TomcatInstance.unpack(Layout.tomcatArchive(line), directory.resolve("tomcat-" + line));
        int port = FreePorts.near("127.0.0.1", HTTP_PORT + tomcats.size());
        TomcatInstance tomcat = TomcatInstance.create(name, home, directory.resolve("tomcat-" + name), port);
        tomcat.installValve(Layout.distribution(), array.config().tcConfigUrl());
        tomcats.add(tomcat);
        return tomcat.start(Layout.TOMCAT_OPTIONS, "");
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
