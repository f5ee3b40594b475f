package org.stoneware.itests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import org.stoneware.demo.Await;
import org.stoneware.demo.Cluster;
import org.stoneware.demo.Counter;
import org.stoneware.demo.FreePorts;
import org.stoneware.demo.FrontDoor;
import org.stoneware.demo.NginxProxy;
import org.stoneware.demo.Page;
import org.stoneware.demo.RoundRobinProxy;
import org.stoneware.demo.TomcatInstance;

/** The article's cluster with real parts: a server, Tomcat 10.1 and 11 with the Valve installed, a round-robin proxy in front. */
class EndToEndIT {
    private static final int HTTP_PORT = 8081;
    private static final Duration RECOVERY = Duration.ofSeconds(60);

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private static Path directory;

    private static TestServerArray array;
    private static final List<TomcatInstance> TOMCATS = new ArrayList<>();

    @RegisterExtension
    private static final ReportOnFailure REPORT = new ReportOnFailure(EndToEndIT::report);

    @BeforeAll
    static void startArrayAndTomcats() throws IOException {
        array = TestServerArray.create(directory.resolve("array"), "Server1", "Server2");
        array.start("Server1").awaitRole(Cluster.ACTIVE);
        startTomcat("A", "10.1");
        startTomcat("B", "11.0");
        TOMCATS.forEach(TomcatInstance::awaitReady);
    }

    @AfterAll
    static void stopAll() throws IOException {
        TOMCATS.forEach(tomcat -> tomcat.process().askToStop());
        TOMCATS.forEach(TomcatInstance::close);
        if (array != null) {
            array.close();
            array.requireNoErrors();
        }
    }

    /** A test that fails half way must not leave the next one without a server. */
    @AfterEach
    void startServerAgainWhenItHasEnded() throws IOException {
        if (!array.server("Server1").process().isAlive()) {
            array.start("Server1");
        }
        array.server("Server1").awaitRole(Cluster.ACTIVE);
    }

    @Test
    void shouldKeepEveryCounterExactThroughNginx() throws IOException {
        Optional<Path> nginx = NginxProxy.find();
        assumeTrue(nginx.isPresent(), "nginx is not installed");

        try (FrontDoor door = NginxProxy.start(
                nginx.get(),
                directory.resolve("nginx"),
                FreePorts.near("127.0.0.1", HTTP_PORT + 2),
                TOMCATS.stream().map(TomcatInstance::address).toList())) {
            countInTurn(door, 20, 50);
        }
    }

    @Test
    void shouldKeepEveryCounterExactThroughStandIn() throws IOException {
        try (FrontDoor door = RoundRobinProxy.start(0, ports())) {
            countInTurn(door, 4, 10);
        }
    }

    @Test
    void shouldReadOnOneTomcatWhatTheOtherHasJustWritten() throws IOException {
        String cookie = null;
        for (int i = 1; i <= 60; i++) {
            Counter counter = Counter.next(TOMCATS.get(i % 2).uri("/counter.jsp"), cookie);

            assertThat(counter.value()).isEqualTo(i);
            cookie = counter.cookie();
        }
    }

    @Test
    void shouldLoseNoUpdateWhenOneSessionIsUsedOnBothTomcatsAtOnce() throws Exception {
        int threads = 4;
        int requestsEach = 25;
        RecordedCounters counters = new RecordedCounters();
        String cookie =
                counters.next("all", TOMCATS.get(0).uri("/counter.jsp"), null).cookie();

        List<Callable<List<Integer>>> users = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
            URI page = TOMCATS.get(i % 2).uri("/counter.jsp");
            users.add(() -> {
                List<Integer> values = new ArrayList<>();
                for (int request = 0; request < requestsEach; request++) {
                    values.add(counters.next("all", page, cookie).value());
                }
                return values;
            });
        }
        Set<Integer> seen = new HashSet<>();
        ExecutorService executor = Executors.newFixedThreadPool(threads);
        try {
            for (Future<List<Integer>> user : executor.invokeAll(users)) {
                seen.addAll(user.get());
            }
        } finally {
            executor.shutdownNow();
        }

        // Each update seen exactly once: 2, 3, ... without a gap or a repetition.
        assertThat(seen).hasSize(threads * requestsEach);
        assertThat(counters.next("all", TOMCATS.get(1).uri("/counter.jsp"), cookie)
                        .value())
                .isEqualTo(threads * requestsEach + 2);
        // And no answer is older than one that any of them had in hand before asking.
        counters.requireOneCopyOfEachSession();
    }

    @Test
    void shouldAnswer503WhileServerIsDownAndRecoverByItself() throws IOException {
        TomcatInstance tomcat = TOMCATS.get(0);
        String cookie = Counter.next(tomcat.uri("/counter.jsp"), null).cookie();
        array.server("Server1").process().killHard();

        Page withSession = Page.get(tomcat.uri("/counter.jsp"), cookie);
        Page withoutSession = Page.get(tomcat.uri("/plain.txt"), null);

        assertThat(withSession.status()).isEqualTo(503);
        assertThat(withoutSession.status()).isEqualTo(200);
        array.start("Server1").awaitRole(Cluster.ACTIVE);
        for (TomcatInstance each : TOMCATS) {
            Await.until(
                    "Tomcat " + each.name() + " serves sessions again",
                    RECOVERY,
                    () -> Page.isServed(each.uri("/counter.jsp")),
                    EndToEndIT::report);
        }
    }

    @Test
    void shouldShowSessionTomcatAndActiveServerOnTestPage() throws IOException {
        Page page = Page.get(TOMCATS.get(1).uri("/index.jsp"), null);

        assertThat(page.status()).isEqualTo(200);
        assertThat(page.body())
                .contains("id=\"counter\">1<", "Tomcat B", "Apache Tomcat/11.", "id=\"active\">Server1<");
    }

    private static void countInTurn(FrontDoor door, int sessions, int requestsEach) throws IOException {
        String[] cookies = new String[sessions];
        String[] ids = new String[sessions];
        Set<String> answeredBy = new HashSet<>();
        for (int round = 1; round <= requestsEach; round++) {
            for (int i = 0; i < sessions; i++) {
                Counter counter = Counter.next(door.uri("/counter.jsp"), cookies[i]);
                assertThat(counter.value()).isEqualTo(round);
                if (round > 1) {
                    assertThat(counter.sessionId()).isEqualTo(ids[i]);
                }
                ids[i] = counter.sessionId();
                cookies[i] = counter.cookie();
                answeredBy.add(i + counter.tomcat());
            }
            if (sessions % 2 == 0) {
                // An odd number of requests in each round: in the next, every session meets the other Tomcat.
                Page.get(door.uri("/plain.txt"), null);
            }
        }
        // Every session has been served by both.
        assertThat(answeredBy).hasSize(2 * sessions);
    }

    private static void startTomcat(String name, String line) throws IOException {
        Path home = TomcatInstance.unpack(Layout.tomcatArchive(line), directory.resolve("tomcat-" + line));
        int port = FreePorts.near("127.0.0.1", HTTP_PORT + TOMCATS.size());
        TomcatInstance tomcat = TomcatInstance.create(name, home, directory.resolve("tomcat-" + name), port);
        assertThat(tomcat.installValve(Layout.distribution(), array.config().tcConfigUrl()))
                .contains("conf/context.xml");
        TOMCATS.add(tomcat.start(
                Layout.TOMCAT_OPTIONS, array.config().server("Server1").management()));
    }

    private static List<Integer> ports() {
        return TOMCATS.stream().map(TomcatInstance::port).toList();
    }

    private static String report() {
        StringBuilder report = new StringBuilder(array == null ? "" : array.report());
        TOMCATS.forEach(tomcat -> report.append("--- Tomcat ")
                .append(tomcat.name())
                .append('\n')
                .append(tomcat.process().output()));
        return report.toString();
    }
}
