package org.stoneware.itests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import org.stoneware.demo.Await;
import org.stoneware.demo.Page;
import org.stoneware.demo.ServerProcess;

/** Storage bundles are dropped into deploy/ of both servers while users count through two Tomcats: nothing is lost, whole or broken. */
class HotExchangeIT {
    private static final String DISTRIBUTION = "stoneware.distribution";
    private static final int USERS = 6;
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private static Path directory;

    private static String shared;
    private static Path deploy;
    private static StorageJars jars;
    private static PairWithTomcats pair;

    @RegisterExtension
    private static final ReportOnFailure REPORT = new ReportOnFailure(() -> pair == null ? "" : pair.report());

    /** Both servers run from an installation of this test's own, since what is dropped there concerns all that run from it. */
    @BeforeAll
    static void startPair() throws IOException {
        shared = System.getProperty(DISTRIBUTION);
        Path home = directory.resolve("home");
        StorageJars.copy(Layout.distribution(), home);
        System.setProperty(DISTRIBUTION, home.toString());
        deploy = home.resolve("deploy");
        jars = new StorageJars(directory.resolve("jars"));
        pair = PairWithTomcats.start(directory);
    }

    @AfterAll
    static void endPair() throws IOException {
        if (shared != null) {
            System.setProperty(DISTRIBUTION, shared);
        }
        if (pair != null) {
            pair.close();
            pair.array().expectError("org.stoneware.nowhere|0\\.9\\.[0-9]+").requireNoErrors();
        }
    }

    @Test
    void shouldLoseNothingWhileNewerStoresAreDeployedAndBrokenOnesRefused() throws IOException {
        try (CounterLoad load = pair.load(USERS)) {
            load.awaitServed(5);
            for (String version : List.of("0.2.0", "0.3.0")) {
                long beganNs = System.nanoTime();
                StorageJars.drop(jars.version(version), deploy);
                awaitOnBoth("sessions are in memory (" + StorageJars.BUNDLE + " " + version + ") now");
                load.awaitServed(3);
                long endNs = System.nanoTime();
                System.out.println("exchange to " + version + " on both servers: "
                        + Duration.ofNanos(endNs - beganNs).toMillis() + " ms, slowest answer meanwhile "
                        + load.latencyMs(100, beganNs, endNs) + " ms, p99 " + load.latencyMs(99, beganNs, endNs)
                        + " ms");
            }

            StorageJars.drop(jars.unresolvable("0.9.1"), deploy);
            awaitOnBoth(StorageJars.BUNDLE + " 0.9.1 is not used");
            StorageJars.drop(jars.incomplete("0.9.2"), deploy);
            awaitOnBoth("0.9.2");
            awaitOnBoth("it failed its trial");
            load.awaitServed(3);
            Files.delete(deploy.resolve("stoneware-storage-memory-0.3.0.jar"));
            awaitOnBoth("the bundle of the store in use is gone");
            load.awaitServed(5);

            load.requireNothingLost();
        }
        assertThat(pair.active().process().isAlive()).isTrue();
    }

    /** Waits until an event of each server says so. */
    private static void awaitOnBoth(String text) {
        for (String name : List.of(PairWithTomcats.FIRST, PairWithTomcats.SECOND)) {
            ServerProcess server = pair.array().server(name);
            Await.until(
                    name + " says: " + text,
                    PATIENCE,
                    () -> events(server).contains(text),
                    () -> "its events:\n" + events(server));
        }
    }

    private static String events(ServerProcess server) {
        try {
            return Page.get(URI.create(server.member().management() + "/api/v1/events"), null)
                    .body();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
