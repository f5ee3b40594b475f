package org.stoneware.itests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import org.stoneware.demo.Await;
import org.stoneware.demo.Cluster;
import org.stoneware.demo.Page;
import org.stoneware.demo.ServerProcess;

/**
 * The disk of one server is full, with everything the server keeps on it, while changes are on their way: a standby takes over, or is done
 * without; alone the server is read and refuses what is new. When there is room again all goes on by itself, and nothing acknowledged is
 * lost. Takes root, for disks small enough.
 */
class FullDiskIT {
    private static final String FIRST = "Server1";
    private static final String SECOND = "Server2";
    /** Room for a few segments, whose length follows from the bound of the disk. */
    private static final long DISK_BYTES = 192L << 20;

    private static final String MAX_DISK = "256m";
    /** Of this disk segments are of 12 MiB. One is kept back to move what is needed, half of one more for what does not grow. */
    private static final long KEPT_BACK_BYTES = 15L << 20;

    private static final int SESSIONS = 1_000;
    private static final int WRITERS = 8;
    private static final String NO_ROOM = "the session store has no room for more: no room on disk";
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private Path directory;

    private final Map<String, SmallDisk> disks = new HashMap<>();
    private TestServerArray array;
    private ArrayPrograms programs;
    private StoredSessions stored;

    @RegisterExtension
    private final ReportOnFailure report = new ReportOnFailure(() -> array == null ? "" : array.report());

    @BeforeEach
    void startPairOnSmallDisks() throws Exception {
        List<String> names = List.of(FIRST, SECOND);
        array = TestServerArray.create(
                directory.resolve("array"), Hosts.loopback(FIRST, SECOND), "", "permanent-store", names);
        array.config().withProperty("stoneware.storage.max-disk", MAX_DISK);
        programs = new ArrayPrograms(array);
        for (String name : names) {
            disks.put(
                    name,
                    SmallDisk.mount(array.directory().resolve("server-data").resolve(name), DISK_BYTES));
        }
        array.start(FIRST).awaitRole(Cluster.ACTIVE);
        array.start(SECOND).awaitRole(Cluster.STANDBY);
        stored = new StoredSessions(array.config(), SESSIONS);
        stored.create();
    }

    @AfterEach
    void endPair() throws IOException {
        array.close();
        for (SmallDisk disk : disks.values()) {
            disk.close();
        }
        array.requireNoErrors();
    }

    @Test
    void shouldPassTheRoleOnAndBeStandbyAgainWhenThereIsRoom() throws Exception {
        ServerProcess full = array.server(FIRST);
        ServerProcess other = array.server(SECOND);
        try (AcknowledgedWrites writes = AcknowledgedWrites.start(array.config(), "w", WRITERS)) {
            writes.awaitAcknowledged(20);

            disks.get(FIRST).fill();
            other.awaitRole(Cluster.ACTIVE);
            writes.awaitAcknowledged(20);
            assertThat(programs.run(1, "server-stat")).contains("error: " + NO_ROOM);
            assertThat(page(full, "/api/v1/cluster")).contains(NO_ROOM);
            assertThat(page(full, "/api/v1/events")).contains("storage-full", "the store, which is full");
            stored.requireAll();

            disks.get(FIRST).makeRoom();
            full.awaitRole(Cluster.STANDBY);
            awaitPair();
            Await.until(
                    "the event is there",
                    PATIENCE,
                    () -> page(full, "/api/v1/events").contains("storage-room"),
                    () -> page(full, "/api/v1/events"));
            programs.run(0, "server-stat");
            writes.awaitAcknowledged(20);
            other.process().killHard();
            full.awaitRole(Cluster.ACTIVE);
            writes.awaitAcknowledged(20);

            writes.end();
            writes.requireAll();
            stored.requireAll();
            System.out.println("disk of the active full: lost=0 of " + writes.total() + " acknowledged writes and "
                    + SESSIONS + " sessions; refused with " + writes.refused());
        }
    }

    @Test
    void shouldGoOnWithoutAStandbyUntilItHasRoomAgain() throws Exception {
        ServerProcess active = array.server(FIRST);
        ServerProcess full = array.server(SECOND);
        try (AcknowledgedWrites writes = AcknowledgedWrites.start(array.config(), "s", WRITERS)) {
            writes.awaitAcknowledged(20);

            disks.get(SECOND).fill();
            awaitSaying(full, NO_ROOM);
            writes.awaitAcknowledged(20);
            assertThat(active.role()).isEqualTo(Cluster.ACTIVE);

            disks.get(SECOND).makeRoom();
            awaitPair();
            writes.awaitAcknowledged(20);
            active.process().killHard();
            full.awaitRole(Cluster.ACTIVE);

            writes.end();
            writes.requireAll();
            stored.requireAll();
        }
    }

    @Test
    void shouldBeReadAndRefuseWhatIsNewWhenNobodyElseIsThere() throws Exception {
        array.server(FIRST).process().killHard();
        ServerProcess alone = array.server(SECOND).awaitRole(Cluster.ACTIVE);
        StoredSessions more = new StoredSessions(array.config(), "more", 1);
        // Nobody else takes any of it meanwhile: what the server keeps back is left.
        disks.get(SECOND).fillBut(KEPT_BACK_BYTES);
        try (AcknowledgedWrites writes = AcknowledgedWrites.start(array.config(), "a", WRITERS)) {
            writes.awaitRefused("FULL");
            stored.requireAll();
            // Old versions are given up all the time, so that there is room for one more change now and then.
            Await.until("server-stat says it too", PATIENCE, () -> isToldByServerStat(NO_ROOM), () -> "it does not");
            disks.get(SECOND).makeRoom();
            writes.awaitAcknowledged(20);
            more.create();

            // To the last block, while changes are on their way: they wait, and it is not known what becomes of them.
            disks.get(SECOND).fill();
            writes.awaitRefused("UNAVAILABLE");
            assertThat(alone.role()).isEqualTo(Cluster.ACTIVE);
            disks.get(SECOND).makeRoom();
            writes.awaitAcknowledged(20);
            alone.process().killHard();
            array.start(SECOND).awaitRole(Cluster.ACTIVE);

            writes.end();
            writes.requireAll();
            stored.requireAll();
            more.requireAll();
        }
    }

    private boolean isToldByServerStat(String error) {
        try {
            return programs.run(1, "server-stat", "-n", SECOND).contains("error: " + error);
        } catch (AssertionError | IOException e) {
            return false;
        }
    }

    private static void awaitSaying(ServerProcess server, String what) {
        Await.until(
                server.member().name() + " says " + what,
                PATIENCE,
                () -> page(server, "/api/v1/cluster").contains(what),
                () -> page(server, "/api/v1/cluster"));
    }

    private void awaitPair() {
        ServerProcess first = array.server(FIRST);
        ServerProcess second = array.server(SECOND);
        Await.until(
                "one server is active, the other its standby",
                PATIENCE,
                () -> first.view().equals(second.view())
                        && first.view().containsValue(Cluster.ACTIVE)
                        && first.view().containsValue(Cluster.STANDBY),
                () -> FIRST + " sees " + first.view() + ", " + SECOND + " sees " + second.view());
    }

    private static String page(ServerProcess server, String path) {
        try {
            return Page.get(URI.create(server.member().management() + path), null)
                    .body();
        } catch (IOException e) {
            return e.toString();
        }
    }
}
