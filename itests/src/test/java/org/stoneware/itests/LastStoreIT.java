package org.stoneware.itests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
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
 * A server without a standby loses the bundles of all stores, and then the store itself, which outlived its bundle: it is blocked and says
 * so, and serves again when there is a bundle.
 */
class LastStoreIT {
    private static final String NAME = "Server1";
    private static final int SESSIONS = 200;
    private static final int WRITERS = 8;
    private static final String GONE = "the bundle of the store in use is gone";
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private Path directory;

    private TestServerArray array;
    private ArrayPrograms programs;
    private ServerProcess server;

    @RegisterExtension
    private final ReportOnFailure report = new ReportOnFailure(() -> array == null ? "" : array.report());

    @BeforeEach
    void startServer() throws IOException {
        array = TestServerArray.create(directory, Hosts.loopback(NAME), "", "permanent-store", List.of(NAME));
        // For the shortest segments, so that there is a next one soon.
        array.config().withProperty("stoneware.storage.max-disk", "16m");
        programs = new ArrayPrograms(array);
        server = array.start(NAME).awaitRole(Cluster.ACTIVE);
    }

    @AfterEach
    void endServer() throws IOException {
        array.close();
        array.requireNoErrors();
    }

    @Test
    void shouldBeBlockedWithoutAnyStoreAndServeAgainWhenABundleReturns() throws Exception {
        StoredSessions stored = new StoredSessions(array.config(), SESSIONS);
        stored.create();
        StoredSessions more = new StoredSessions(array.config(), "more", 1);
        Await.until(
                "the shell opens",
                PATIENCE,
                () -> server.process().output().contains("shell open"),
                () -> server.process().output());
        shell(
                "felix:uninstall",
                BundleJars.bundle("storage-memory"),
                BundleJars.bundle("storage-swap"),
                BundleJars.bundle("storage-permanent"));
        awaitSaying(GONE);
        try (AcknowledgedWrites writes = AcknowledgedWrites.start(array.config(), "w", WRITERS)) {
            writes.awaitAcknowledged(20);
            assertThat(said()).as("its store goes on").doesNotContain("blocked");

            deleteStores();
            awaitSaying("\"states\":[\"blocked\"]");
            // What was on its way has no answer; what comes is refused.
            writes.end();
            assertThatThrownBy(more::create).hasMessageContaining("the session store refuses changes");
            assertThat(server.role()).isEqualTo(Cluster.ACTIVE);
            assertThat(programs.run(1, "server-stat"))
                    .contains("detail: blocked: no store", "error: the session store refuses changes");
            stored.requireAll();

            BundleJars jars = new BundleJars("storage-permanent", directory.resolve("jars"));
            shell("felix:start", jars.shipped().toUri().toString());

            awaitSaying("\"problems\":[]");
            assertThat(said()).doesNotContain("blocked");
            programs.run(0, "server-stat");
            more.create();
            server.process().killHard();
            server = array.start(NAME).awaitRole(Cluster.ACTIVE);
            writes.requireAll();
            more.requireAll();
            stored.requireAll();
        }
    }

    /** What is open goes on being written; the next segment has no place. */
    private void deleteStores() throws IOException {
        List<Path> files;
        Path stores = array.directory().resolve("server-data").resolve(NAME).resolve("store");
        try (Stream<Path> walk = Files.walk(stores)) {
            files = walk.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path each : files) {
            Files.deleteIfExists(each);
        }
    }

    private void shell(String... words) throws IOException {
        programs.run(
                0,
                "shell",
                Stream.concat(Stream.of("-n", NAME), Stream.of(words)).toArray(String[]::new));
    }

    private void awaitSaying(String what) {
        Await.until(NAME + " says " + what, PATIENCE, () -> said().contains(what), this::said);
    }

    private String said() {
        try {
            return Page.get(URI.create(server.member().management() + "/api/v1/cluster"), null)
                    .body();
        } catch (IOException e) {
            return e.toString();
        }
    }
}
