package org.stoneware.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.stoneware.api.cluster.ManagementService.HandOverOutcome;
import org.stoneware.api.cluster.ManagementService.StopOutcome;
import org.stoneware.api.cluster.ServerRole;

@Timeout(60)
class ManagementPortTest {
    @TempDir
    Path dataDirectory;

    private RunningPort port;

    @BeforeEach
    void open() throws Exception {
        port = new RunningPort(dataDirectory);
    }

    @AfterEach
    void close() throws Exception {
        port.close();
    }

    @Test
    void shouldShowTheClusterWithHyphenatedRoleNames() throws Exception {
        HttpResponse<String> answer = port.get("/api/v1/cluster");

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().firstValue("Content-Type")).contains("application/json; charset=utf-8");
        Map<?, ?> status = Json.object(answer.body());
        assertThat(status.get("self")).isEqualTo("Server1");
        Map<?, ?> first = (Map<?, ?>) ((List<?>) status.get("servers")).get(0);
        assertThat(first.get("role")).isEqualTo("ACTIVE-COORDINATOR");
    }

    @Test
    void shouldShowTheEvents() throws Exception {
        Map<?, ?> answer = Json.object(port.get("/api/v1/events").body());

        assertThat(answer.get("self")).isEqualTo("Server1");
        assertThat((List<?>) answer.get("events")).hasSize(2);
        assertThat(((List<?>) answer.get("events")).get(0))
                .isEqualTo(Map.of(
                        "sequence",
                        1L,
                        "timeMs",
                        1_795_362_000_000L,
                        "type",
                        "role-changed",
                        "text",
                        "START-STATE -> ACTIVE-COORDINATOR: alone",
                        "warning",
                        false));
    }

    @Test
    void shouldShowEveryValueInEffectWithItsOrigin() throws Exception {
        Map<?, ?> answer = Json.object(port.get("/api/v1/config").body());

        assertThat(answer.get("source")).isEqualTo("tc-config.xml");
        assertThat(((List<?>) answer.get("settings")).get(0))
                .isEqualTo(Map.of(
                        "name", "servers/server[1] jmx-port", "value", "9520", "origin", "derived from dso-port + 10"));
    }

    @Test
    void shouldShowTheConfigurationInTheEncodingItNames() throws Exception {
        HttpResponse<String> answer = port.get("/config");

        assertThat(answer.headers().firstValue("Content-Type")).contains("application/xml; charset=utf-8");
        assertThat(answer.body()).isEqualTo(FakeManagement.CONFIG_TEXT.replace("ISO-8859-1", "UTF-8"));
    }

    @ParameterizedTest
    @CsvSource({"/,text/html", "/console.css,text/css", "/console.js,text/javascript", "/icon.svg,image/svg+xml"})
    void shouldServeTheFilesOfThePage(String path, String type) throws Exception {
        HttpResponse<String> answer = port.get(path);

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().firstValue("Content-Type").orElse("")).startsWith(type);
        assertThat(answer.body()).isNotBlank();
    }

    @Test
    void shouldShowTheStorage() throws Exception {
        Map<?, ?> storage = Json.object(port.get("/api/v1/storage").body());

        assertThat(storage.get("self")).isEqualTo("Server1");
        assertThat(storage.get("mode")).isEqualTo("memory");
        assertThat(storage.get("sessions")).isEqualTo(1240L);
    }

    @Test
    void shouldShowTheStoresThereAreAndHowFarAnExchangeIs() throws Exception {
        Map<?, ?> storage = Json.object(port.get("/api/v1/storage").body());
        Map<?, ?> cluster = Json.object(port.get("/api/v1/cluster").body());

        assertThat(storage.get("stores"))
                .isEqualTo(List.of(
                        Map.of(
                                "mode", "memory",
                                "bundle", "org.stoneware.storage.memory",
                                "version", "0.1.0",
                                "keepsSessions", false,
                                "inUse", true,
                                "remark", ""),
                        Map.of(
                                "mode", "permanent-store",
                                "bundle", "org.example.store",
                                "version", "2.0.0",
                                "keepsSessions", true,
                                "inUse", false,
                                "remark", "it failed at 10:32:07: disk full")));
        assertThat(List.of(storage, (Map<?, ?>) cluster.get("storage"))).allSatisfy(each -> {
            assertThat(each.get("moving")).isEqualTo(true);
            assertThat(each.get("progress")).isEqualTo("42 % of 1240 sessions are in temporary-swap-only");
        });
    }

    @Test
    void shouldShowMetricsAsOpenMetrics() throws Exception {
        HttpResponse<String> answer = port.get("/metrics");

        assertThat(answer.headers().firstValue("Content-Type"))
                .contains("application/openmetrics-text; version=1.0.0; charset=utf-8");
        assertThat(OpenMetricsText.parse(answer.body()).samples).containsEntry("stoneware_sessions", 1240.0);
    }

    @Test
    void shouldBeLiveWhateverItsRole() throws Exception {
        port.management.role = ServerRole.FENCED;

        HttpResponse<String> answer = port.get("/health/live");

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body()).isEqualTo("live\n");
    }

    @Test
    void shouldBeReadyWhenActive() throws Exception {
        assertThat(port.get("/health/ready").statusCode()).isEqualTo(200);
    }

    @Test
    void shouldNotBeReadyAndSayWhyWhenUninitialized() throws Exception {
        port.management.role = ServerRole.PASSIVE_UNINITIALIZED;
        port.management.detail = "syncing 40 %";

        HttpResponse<String> answer = port.get("/health/ready");

        assertThat(answer.statusCode()).isEqualTo(503);
        assertThat(answer.body()).isEqualTo("not ready: server=Server1 role=PASSIVE-UNINITIALIZED (syncing 40 %)\n");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"/nothing", "/api/v1", "/api/v1/cluster/", "/x//", "/%2e%2e/etc/passwd", "/module-info.class"})
    void shouldAnswerAnUnknownPathWithTheKnownOnes(String path) throws Exception {
        HttpResponse<String> answer = port.get(path);

        assertThat(answer.statusCode()).isEqualTo(404);
        Map<?, ?> error = (Map<?, ?>) Json.object(answer.body()).get("error");
        assertThat(error.get("allowed").toString()).contains("/api/v1/cluster", "/health/live");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "POST|/api/v1/cluster|GET, HEAD",
                "DELETE|/config|GET, HEAD",
                "OPTIONS|/|GET, HEAD",
                "TRACE|/health/live|GET, HEAD",
                "GET|/api/v1/stop|POST",
                "HEAD|/api/v1/stop|POST",
                "OPTIONS|/api/v1/stop|POST",
            })
    void shouldRefuseOtherMethods(String method, String path, String allowed) throws Exception {
        HttpResponse<String> answer = port.ask(method, path);

        assertThat(answer.statusCode()).isEqualTo(405);
        assertThat(answer.headers().firstValue("Allow")).contains(allowed);
        assertThat(port.management.stops).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/", "/api/v1/cluster", "/config", "/health/ready"})
    void shouldAnswerHeadWithTheHeadersOfGet(String path) throws Exception {
        HttpResponse<String> get = port.get(path);

        HttpResponse<String> head = port.ask("HEAD", path);

        assertThat(head.statusCode()).isEqualTo(200);
        assertThat(head.body()).isEmpty();
        assertThat(head.headers().firstValue("Content-Length"))
                .isEqualTo(get.headers().firstValue("Content-Length"));
        assertThat(head.headers().firstValue("Content-Type"))
                .isEqualTo(get.headers().firstValue("Content-Type"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"/", "/api/v1/cluster", "/config", "/nothing", "/api/v1/stop"})
    void shouldKeepBrowsersFromUsingAnswersElsewhere(String path) throws Exception {
        var headers = port.ask("GET", path, "Origin", "http://evil.example").headers();

        assertThat(headers.firstValue("Content-Security-Policy").orElse(""))
                .startsWith("default-src 'none'")
                .contains("frame-ancestors 'none'")
                .doesNotContain("unsafe", "http:", "*");
        assertThat(headers.firstValue("X-Content-Type-Options")).contains("nosniff");
        assertThat(headers.firstValue("X-Frame-Options")).contains("DENY");
        assertThat(headers.firstValue("Cache-Control")).contains("no-store");
        assertThat(headers.map().keySet())
                .noneMatch(name -> name.toLowerCase(Locale.ROOT).startsWith("access-control-"));
    }

    @Test
    void shouldStopForWhoKnowsTheToken() throws Exception {
        HttpResponse<String> answer = port.stop("", port.secret());

        assertThat(answer.statusCode()).isEqualTo(202);
        assertThat(Json.object(answer.body()).get("stopping")).isEqualTo(true);
        assertThat(port.management.stops).containsExactly("force=false by=management port, 127.0.0.1");
    }

    @Test
    void shouldHandOnForce() throws Exception {
        port.stop("?force=true", port.secret());

        assertThat(port.management.stops).containsExactly("force=true by=management port, 127.0.0.1");
    }

    @Test
    void shouldStillAnswerTheRequestThatClosesIt() throws Exception {
        Thread closer = new Thread(port::closePort);
        port.management.onStop = () -> {
            closer.start();
            try {
                // The close must wait for this very answer, so this wait runs out; were it not to wait, it would end
                // first.
                closer.join(300);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        };

        HttpResponse<String> answer = port.stop("", port.secret());

        assertThat(answer.statusCode()).isEqualTo(202);
        closer.join();
    }

    @Test
    void shouldSayWhyTheServerDoesNotStop() throws Exception {
        port.management.outcome = new StopOutcome(false, "last copy of the sessions");

        HttpResponse<String> answer = port.stop("", port.secret());

        assertThat(answer.statusCode()).isEqualTo(409);
        assertThat(answer.body()).contains("last copy of the sessions", "force=true");
    }

    @ParameterizedTest
    @ValueSource(strings = {"?force", "?force=yes", "?force=true&force=true", "?force=true&x=1", "?x"})
    void shouldNotStopOnAnUnknownParameter(String query) throws Exception {
        assertThat(port.stop(query, port.secret()).statusCode()).isEqualTo(400);
        assertThat(port.management.stops).isEmpty();
    }

    @Test
    void shouldNotStopWithoutTheToken() throws Exception {
        HttpResponse<String> answer = port.ask("POST", "/api/v1/stop");

        assertThat(answer.statusCode()).isEqualTo(401);
        assertThat(answer.headers().firstValue("WWW-Authenticate")).isPresent();
        assertThat(answer.body()).doesNotContain(port.secret());
        assertThat(port.management.stops).isEmpty();
    }

    @Test
    void shouldHandOverForWhoKnowsTheToken() throws Exception {
        HttpResponse<String> answer = port.ask("POST", "/api/v1/hand-over", "Authorization", "Bearer " + port.secret());

        assertThat(answer.statusCode()).isEqualTo(202);
        assertThat(Json.object(answer.body()).get("reason")).isEqualTo("Server1 hands over to Server2");
        assertThat(port.management.handOvers).containsExactly("management port, 127.0.0.1");
    }

    @Test
    void shouldSayWhyTheServerDoesNotHandOver() throws Exception {
        port.management.handOverOutcome = new HandOverOutcome(false, "no standby is in sync: Server2 is STOP-STATE");

        HttpResponse<String> answer = port.ask("POST", "/api/v1/hand-over", "Authorization", "Bearer " + port.secret());

        assertThat(answer.statusCode()).isEqualTo(409);
        assertThat(answer.body()).contains("no standby is in sync: Server2 is STOP-STATE");
    }

    @Test
    void shouldNotHandOverWithoutTheToken() throws Exception {
        HttpResponse<String> answer = port.ask("POST", "/api/v1/hand-over");

        assertThat(answer.statusCode()).isEqualTo(401);
        assertThat(answer.body()).contains("hand-over refused", "bin/hand-over");
        assertThat(port.management.handOvers).isEmpty();
    }

    @Test
    void shouldNotStopForAnotherHostName() throws Exception {
        String request = "POST /api/v1/stop HTTP/1.1\r\nHost: evil.example:9540\r\nAuthorization: Bearer "
                + port.secret() + "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

        try (Socket socket = port.raw(request)) {
            String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

            assertThat(answer).startsWith("HTTP/1.1 403 ");
        }
        assertThat(port.management.stops).isEmpty();
    }

    @Test
    void shouldAnswerAgainAfterMemoryWasShort() throws Exception {
        port.management.error = new OutOfMemoryError("planted");
        for (int i = 0; i <= ExchangePool.THREADS; i++) {
            assertThat(port.get("/api/v1/cluster").statusCode()).isEqualTo(500);
        }

        port.management.error = null;

        assertThat(port.get("/api/v1/cluster").statusCode()).isEqualTo(200);
    }

    @Test
    void shouldAnswerInJsonWhenTheServerFails() throws Exception {
        port.management.failure = new IllegalStateException("planted <secret>");

        HttpResponse<String> answer = port.get("/api/v1/cluster");

        assertThat(answer.statusCode()).isEqualTo(500);
        assertThat(Json.object(answer.body()).get("error")).isNotNull();
        assertThat(answer.body()).doesNotContain("planted");
    }

    @Test
    void shouldAnswerOthersWhileSlowClientsHoldEveryThread() throws Exception {
        List<Socket> slow = new ArrayList<>();
        for (int i = 0; i < 3 * ExchangePool.THREADS; i++) {
            slow.add(port.raw("GET /api/v1/cluster HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "));
        }

        HttpResponse<String> answer = port.get("/health/live");

        assertThat(answer.statusCode()).isEqualTo(200);
        for (Socket socket : slow) {
            socket.close();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"\r\n\r\n", "GET\r\n\r\n", "GET http://[/ HTTP/1.1\r\n\r\n", "GET mailto:x HTTP/1.1\r\n\r\n"})
    void shouldOutliveRequestsThatAreNone(String bytes) throws Exception {
        try (Socket socket = port.raw(bytes)) {
            socket.shutdownOutput();
            socket.getInputStream().readAllBytes();
        }

        assertThat(port.get("/health/live").statusCode()).isEqualTo(200);
    }
}
