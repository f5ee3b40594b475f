package org.stoneware.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntUnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The driver against a real HTTP server whose page counts, or miscounts on purpose. */
final class HttpCounterLoadTest {
    private final Map<String, AtomicInteger> sessions = new ConcurrentHashMap<>();
    private final AtomicInteger ids = new AtomicInteger();
    private final AtomicInteger answers = new AtomicInteger();
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private volatile IntUnaryOperator miscount = counter -> counter;
    private volatile boolean forgetsSessions;
    private volatile int failsEvery = Integer.MAX_VALUE;
    private HttpServer server;

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext("/counter", this::answer);
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
        threads.shutdownNow();
    }

    @Test
    void shouldFindNoFaultInExactCounters() throws InterruptedException {
        LoadReport report = run("--users=4", "--requests=200");

        assertThat(report.requests()).isEqualTo(200);
        assertThat(report.errors()).isEmpty();
        assertThat(report.hasLoss()).isFalse();
        assertThat(report.latencyNs().getTotalCount()).isEqualTo(200);
        assertThat(sessions).hasSize(4);
        assertThat(HttpCounterLoad.exitCode(report)).isZero();
    }

    @Test
    void shouldFindLostUpdates() throws InterruptedException {
        miscount = counter -> counter == 7 ? 6 : counter;

        LoadReport report = run("--users=2", "--requests=60");

        assertThat(report.lostUpdates()).isEqualTo(2);
        assertThat(HttpCounterLoad.exitCode(report)).isEqualTo(1);
    }

    @Test
    void shouldFindLostSessions() throws InterruptedException {
        forgetsSessions = true;

        LoadReport report = run("--users=1", "--requests=20");

        assertThat(report.lostSessions()).isEqualTo(19);
    }

    @Test
    void shouldReportErrorsByKindAndGoOn() throws InterruptedException {
        failsEvery = 10;

        LoadReport report = run("--users=1", "--requests=50");

        assertThat(report.errors()).isEqualTo(Map.of("status 503", 5L));
        assertThat(report.hasLoss()).isFalse();
        assertThat(HttpCounterLoad.exitCode(report)).isEqualTo(3);
    }

    @Test
    void shouldReportServerThatIsNotThere() throws InterruptedException {
        server.stop(0);

        LoadReport report = run("--users=1", "--requests=3");

        assertThat(report.errors().keySet()).allMatch(kind -> kind.startsWith("ConnectException"));
        assertThat(HttpCounterLoad.exitCode(report)).isEqualTo(3);
    }

    private LoadReport run(String... options) throws InterruptedException {
        List<String> args = new java.util.ArrayList<>(List.of(options));
        URI url = URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/counter");
        args.add(url + "," + url);
        CommandLine line = new CommandLine(args.toArray(String[]::new), Set.of("users", "requests"), Set.of());
        return HttpCounterLoad.run(HttpCounterLoad.plan(line), false);
    }

    private void answer(HttpExchange exchange) throws IOException {
        String cookie = exchange.getRequestHeaders().getFirst("Cookie");
        String id = cookie == null || forgetsSessions
                ? "S" + ids.incrementAndGet()
                : cookie.substring("JSESSIONID=".length());
        if (answers.incrementAndGet() % failsEvery == 0) {
            exchange.sendResponseHeaders(503, -1);
            exchange.close();
            return;
        }
        int counter = sessions.computeIfAbsent(id, key -> new AtomicInteger()).incrementAndGet();
        byte[] body = ("<p>counter=" + miscount.applyAsInt(counter) + "</p>").getBytes(StandardCharsets.UTF_8);
        if (cookie == null || forgetsSessions) {
            exchange.getResponseHeaders().add("Set-Cookie", "JSESSIONID=" + id + "; Path=/; HttpOnly");
        }
        // Chunked and of known length by turns.
        exchange.sendResponseHeaders(200, counter % 2 == 0 ? 0 : body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }
}
