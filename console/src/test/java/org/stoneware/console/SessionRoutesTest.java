package org.stoneware.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.net.URLEncoder;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.stoneware.api.cluster.SessionAdmin.SessionQuery;
import org.stoneware.api.cluster.SessionAdminException;

@Timeout(60)
class SessionRoutesTest {
    private final FakeSessions sessions = new FakeSessions();

    @TempDir
    Path dataDirectory;

    private RunningPort port;

    @BeforeEach
    void open() throws Exception {
        port = new RunningPort(dataDirectory);
        port.sessions = sessions;
    }

    @AfterEach
    void close() throws Exception {
        port.close();
    }

    @Test
    void shouldListSessionsInPages() throws Exception {
        Map<?, ?> first = Json.object(port.get("/api/v1/sessions?app=localhost%2Fshop&prefix=AAA&limit=2")
                .body());

        assertThat((List<?>) first.get("sessions")).hasSize(2);
        assertThat(first.get("next")).isEqualTo("bmV4dA");
        assertThat(first.get("role")).isEqualTo("ACTIVE-COORDINATOR");
        assertThat(sessions.queries).containsExactly(new SessionQuery("localhost/shop", "AAA", 2, ""));
    }

    @Test
    void shouldEndAQuestionThatTakesTooLong() {
        sessions.held = new CompletableFuture<>();
        InetSocketAddress here = new InetSocketAddress("127.0.0.1", 1);
        Request request = new Request("GET", SessionRoutes.LIST, null, here, here, null, null, null, null, null);

        Answer answer = new SessionRoutes(() -> sessions, 10).list(request);

        assertThat(answer.status()).isEqualTo(503);
        assertThat(sessions.held).isCancelled();
    }

    @Test
    void shouldShowOneSessionWithoutAValue() throws Exception {
        Map<?, ?> session = Json.object(port.get("/api/v1/sessions/AAA1").body());

        assertThat(session.get("application")).isEqualTo("localhost/shop");
        assertThat(session.get("owner")).isEqualTo("tomcat-a");
        Map<?, ?> attribute = (Map<?, ?>) ((List<?>) session.get("attributeList")).get(0);
        assertThat(attribute.get("valueBytes")).isEqualTo(300L);
        assertThat(attribute.keySet().toString()).isEqualTo("[name, container, valueBytes, className]");
    }

    @Test
    void shouldAskForTheApplicationWhenSeveralHaveThatId() throws Exception {
        HttpResponse<String> two = port.get("/api/v1/sessions/AAA2");
        HttpResponse<String> one = port.get("/api/v1/sessions/AAA2?app=localhost/help");

        assertThat(two.statusCode()).isEqualTo(409);
        assertThat(two.body()).contains("localhost/shop, localhost/help");
        assertThat(Json.object(one.body()).get("application")).isEqualTo("localhost/help");
    }

    /** Names that would do something to a terminal or a page come out as ASCII that does nothing, and as what they are when read. */
    @Test
    void shouldCarryHostileNamesUnharmedAndHarmless() throws Exception {
        String id = sessions.keys.get(3).id();
        HttpResponse<String> answer = port.get("/api/v1/sessions/"
                + URLEncoder.encode(id, StandardCharsets.UTF_8).replace("+", "%20"));

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body()).matches("[ -~]+");
        assertThat(answer.headers().firstValue("X-Content-Type-Options")).contains("nosniff");
        assertThat(answer.headers().firstValue("Content-Type")).contains("application/json; charset=utf-8");
        Map<?, ?> session = Json.object(answer.body());
        assertThat(session.get("id")).isEqualTo(id);
        Map<?, ?> attribute = (Map<?, ?>) ((List<?>) session.get("attributeList")).get(0);
        assertThat(attribute.get("name")).isEqualTo(FakeSessions.HOSTILE);
    }

    @ParameterizedTest
    @CsvSource({
        "/api/v1/sessions?limit=0,limit is out of range",
        "/api/v1/sessions?limit=1001,limit is out of range",
        "/api/v1/sessions?limit=-1,parameter limit is no number",
        "/api/v1/sessions?limit=1&limit=2,twice",
        "/api/v1/sessions?cursor=!!,not a cursor",
        "/api/v1/sessions?order=id,unknown parameter",
        "/api/v1/sessions/AAA1?x=y,unknown parameter"
    })
    void shouldSayWhatIsWrongWithAQuestion(String path, String what) throws Exception {
        HttpResponse<String> answer = port.get(path);

        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.body()).contains(what);
    }

    @Test
    void shouldSayThatASessionIsNotThere() throws Exception {
        assertThat(port.get("/api/v1/sessions/BBB").statusCode()).isEqualTo(404);
        assertThat(port.get("/api/v1/sessions/AAA1?app=localhost/help").statusCode())
                .isEqualTo(404);
        assertThat(port.get("/api/v1/sessions/" + "x".repeat(300)).statusCode()).isEqualTo(400);
    }

    @Test
    void shouldAskToComeAgainWhenSessionsCanNotBeLookedAtNow() throws Exception {
        sessions.failure = new SessionAdminException("64 questions wait already");
        HttpResponse<String> busy = port.get("/api/v1/sessions");
        port.sessions = null;
        HttpResponse<String> none = port.get("/api/v1/sessions");

        assertThat(busy.statusCode()).isEqualTo(503);
        assertThat(busy.body()).contains("64 questions wait already");
        assertThat(none.statusCode()).isEqualTo(503);
        assertThat(none.headers().firstValue("Retry-After")).isPresent();
    }

    @Test
    void shouldCountSessions() throws Exception {
        Map<?, ?> stats = Json.object(port.get("/api/v1/session-stats").body());

        assertThat(stats.get("sessions")).isEqualTo(4L);
        assertThat(stats.get("sizes").toString()).contains("upToBytes=1024").doesNotContain("null");
    }

    @Test
    void shouldShowNoSessionToAPageThatCallsThisMachineByAnotherName() throws Exception {
        try (var socket =
                port.raw("GET /api/v1/sessions HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n")) {
            String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

            assertThat(answer).startsWith("HTTP/1.1 403").doesNotContain("AAA1");
        }
    }
}
