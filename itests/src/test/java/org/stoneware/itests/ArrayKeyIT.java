package org.stoneware.itests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.stoneware.itests.TestServerArray.awaitSaying;

import java.io.IOException;
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
import org.stoneware.demo.Await;
import org.stoneware.demo.ChildProcess;
import org.stoneware.demo.Cluster;
import org.stoneware.demo.FreePorts;
import org.stoneware.demo.Page;
import org.stoneware.demo.ServerProcess;
import org.stoneware.demo.TomcatInstance;

/** An array whose servers and Tomcats hold a key that {@code bin/make-key} made: it works as without one, and takes in nobody else. */
class ArrayKeyIT {
    private static final String DISTRIBUTION = "stoneware.distribution";
    private static final String KEY = "array.key";
    private static final int USERS = 4;
    private static final int HTTP_PORT = 8291;
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private Path directory;

    private final Hosts hosts = Hosts.loopback(PairWithTomcats.FIRST, PairWithTomcats.SECOND);
    private final List<AutoCloseable> strangers = new ArrayList<>();
    private Path withoutKey;
    private PairWithTomcats pair;

    @RegisterExtension
    private final ReportOnFailure report = new ReportOnFailure(() -> pair == null ? "" : pair.report());

    /** The array runs from an installation of this test's own, where its key lies. */
    @BeforeEach
    void startPair() throws IOException {
        withoutKey = Layout.distribution();
        Path home = directory.resolve("home");
        BundleJars.copy(withoutKey, home);
        System.setProperty(DISTRIBUTION, home.toString());
        makeKey();
        pair = PairWithTomcats.start(directory, hosts);
    }

    @AfterEach
    void endPair() throws Exception {
        System.setProperty(DISTRIBUTION, withoutKey.toString());
        for (AutoCloseable stranger : strangers) {
            stranger.close();
        }
        if (pair != null) {
            pair.close();
            pair.array().requireNoErrors();
        }
    }

    @Test
    void shouldServeThroughATakeoverAndTakeInNobodyWithoutItsKey() throws Exception {
        ServerProcess killed = pair.active();
        ServerProcess active = pair.other(killed);
        String name = killed.member().name();
        try (CounterLoad load = pair.load(USERS)) {
            load.awaitServed(3);
            killed.process().killHard();
            active.awaitRole(Cluster.ACTIVE);
            load.awaitServed(3);

            TomcatInstance withoutAny = startTomcat("C");
            Path key = directory.resolve("tomcat-D/conf").resolve(KEY);
            makeKey(
                    "--file",
                    Files.createDirectories(key.getParent()).resolve(KEY).toString());
            TomcatInstance withAnother = startTomcat("D");
            ServerProcess stranger = startStranger("no-key", name);
            awaitSaying(stranger, "copy this server's conf/array.key to the caller's conf/");
            awaitSaying(active, "no proof came that it holds the array's key");
            requireOutside(stranger, active);

            ServerProcess other = startStranger("other-key", name, "--file", KEY);
            awaitSaying(other, "it holds another array.key");
            awaitSaying(active, "it holds another array.key");
            requireOutside(other, active);

            requireRefused(withoutAny, active, "copy this server's conf/array.key to the caller's conf/");
            requireRefused(withAnother, active, "it holds another array.key");

            load.awaitServed(3);
            pair.complete();
            load.awaitServed(3);
            load.requireNothingLost();
        }
    }

    /** A server with the array's own tc-config and addresses, on data of its own. */
    private ServerProcess startStranger(String place, String name, String... key) throws IOException {
        TestServerArray array =
                TestServerArray.create(directory.resolve(place), hosts, PairWithTomcats.FIRST, PairWithTomcats.SECOND);
        if (key.length > 0) {
            makeKey(key[0], array.directory().resolve(key[1]).toString());
        }
        ServerProcess server = ServerProcess.start(withoutKey, array.config(), name, Layout.SERVER_OPTIONS);
        strangers.add(server);
        return server;
    }

    private void requireOutside(ServerProcess stranger, ServerProcess active) {
        assertThat(stranger.role()).isNotIn(Cluster.ACTIVE, Cluster.STANDBY);
        assertThat(active.role()).isEqualTo(Cluster.ACTIVE);
        stranger.close();
    }

    private TomcatInstance startTomcat(String name) throws IOException {
        TomcatInstance tomcat = TomcatInstance.create(
                name,
                directory.resolve("tomcat-10.1"),
                directory.resolve("tomcat-" + name),
                FreePorts.near("127.0.0.1", HTTP_PORT + strangers.size()));
        strangers.add(tomcat);
        tomcat.installValve(withoutKey, pair.array().config().tcConfigUrl());
        return tomcat.start(Layout.TOMCAT_OPTIONS, "");
    }

    /** @param told what its log says. */
    private static void requireRefused(TomcatInstance tomcat, ServerProcess active, String told) throws IOException {
        tomcat.awaitReady();

        Page page = Page.get(tomcat.uri("/counter.jsp"), null);

        assertThat(page.status()).as(page.body()).isEqualTo(503);
        assertThat(tomcat.process().output()).contains(told);
        Await.until(
                "the active has told of a caller without proof",
                PATIENCE,
                () -> active.process().output().lines().anyMatch(line -> line.contains("closed without proof")),
                () -> active.process().output());
        tomcat.close();
    }

    private void makeKey(String... arguments) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Layout.distribution().resolve("bin/make-key").toString());
        command.addAll(List.of(arguments));
        Path out = Files.createTempFile(directory, "make-key", ".txt");
        try (ChildProcess program = ChildProcess.start("make-key", command, Map.of(), directory, out)) {
            assertThat(program.awaitExit(PATIENCE)).as(program.output()).isZero();
        }
    }
}
