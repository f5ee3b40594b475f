package org.stoneware.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.stoneware.api.cluster.ClusterEvent;
import org.stoneware.api.cluster.ServerRole;

@Timeout(60)
class LiveStreamsTest {
    @TempDir
    Path dataDirectory;

    private RunningPort port;
    private final List<Socket> sockets = new ArrayList<>();

    @BeforeEach
    void open() throws Exception {
        port = new RunningPort(dataDirectory);
    }

    @AfterEach
    void close() throws Exception {
        for (Socket socket : sockets) {
            socket.close();
        }
        port.close();
    }

    @Test
    void shouldSendTheEventsKeptAndThenNewOnes() throws Exception {
        BufferedReader stream = stream("/api/v1/events/stream");

        assertThat(next(stream, "event").get("sequence")).isEqualTo(1L);
        assertThat(next(stream, "event").get("sequence")).isEqualTo(2L);
        port.management.moreEvents.add(new ClusterEvent(3, 1_795_362_009_000L, "sync-started", "a\r\nb\u202e"));

        Map<?, ?> added = next(stream, "event");
        assertThat(added.get("sequence")).isEqualTo(3L);
        assertThat(added.get("text")).isEqualTo("a\r\nb\u202e");
    }

    @Test
    void shouldStreamEventsToWhoAcceptsAStream() throws Exception {
        BufferedReader stream = stream("/api/v1/events", "Accept: text/event-stream");

        assertThat(next(stream, "event").get("sequence")).isEqualTo(1L);
    }

    @Test
    void shouldGoOnAfterTheLastEventTheReaderSaw() throws Exception {
        BufferedReader first = stream("/api/v1/events/stream");
        String id = lineStarting(first, "id: ").substring(4);

        BufferedReader second = stream("/api/v1/events/stream", "Last-Event-ID: " + id);

        assertThat(next(second, "event").get("sequence")).isEqualTo(2L);
    }

    @Test
    void shouldSendEverythingToAReaderWhoseIdIsOfAnotherStart() throws Exception {
        BufferedReader stream = stream("/api/v1/events/stream", "Last-Event-ID: 1-2");

        assertThat(next(stream, "event").get("sequence")).isEqualTo(1L);
    }

    @Test
    void shouldSendTheStatusAndItsChanges() throws Exception {
        BufferedReader stream = stream("/api/v1/stream");
        assertThat(roleOfSelf(next(stream, "cluster"))).isEqualTo("ACTIVE-COORDINATOR");

        port.management.role = ServerRole.FENCED;

        Map<?, ?> status = next(stream, "cluster");
        while (!roleOfSelf(status).equals("FENCED")) {
            status = next(stream, "cluster");
        }
        assertThat(status.get("self")).isEqualTo("Server1");
    }

    @Test
    void shouldBeginWithThePresentThoughNobodyLookedForAWhile() throws Exception {
        next(stream("/api/v1/stream"), "cluster");
        sockets.remove(0).close();
        port.awaitNoStreams();
        port.management.role = ServerRole.FENCED;

        assertThat(roleOfSelf(next(stream("/api/v1/stream"), "cluster"))).isEqualTo("FENCED");
    }

    @Test
    void shouldRefuseMoreStreamsThanItHasPlacesForAndStillAnswer() throws Exception {
        for (int i = 0; i < LiveStreams.MAX_STREAMS; i++) {
            next(stream("/api/v1/events/stream"), "event");
        }

        BufferedReader refused = reader(request("/api/v1/stream"));

        assertThat(refused.readLine()).startsWith("HTTP/1.1 503 ");
        assertThat(port.get("/health/live").statusCode()).isEqualTo(200);
        assertThat(port.get("/api/v1/cluster").statusCode()).isEqualTo(200);
    }

    @Test
    void shouldGiveAPlaceBackWhenItsReaderLeaves() throws Exception {
        for (int i = 0; i < LiveStreams.MAX_STREAMS; i++) {
            next(stream("/api/v1/stream"), "cluster");
        }
        for (Socket socket : sockets) {
            socket.close();
        }

        String line = "";
        while (!line.startsWith("HTTP/1.1 200 ")) {
            line = reader(request("/api/v1/stream")).readLine();
        }

        assertThat(line).startsWith("HTTP/1.1 200 ");
    }

    @Test
    void shouldServeOthersWhileReadersTakeNothing() throws Exception {
        port.management.clientName = "x".repeat(2_000_000);
        for (int i = 0; i < 8; i++) {
            request("/api/v1/stream");
        }

        BufferedReader stream = stream("/api/v1/events/stream");

        assertThat(next(stream, "event").get("sequence")).isEqualTo(1L);
        port.management.moreEvents.add(new ClusterEvent(3, 1, "sync-started", "now"));
        assertThat(next(stream, "event").get("sequence")).isEqualTo(2L);
        assertThat(next(stream, "event").get("sequence")).isEqualTo(3L);
    }

    @Test
    void shouldEndStreamsWhenThePortCloses() throws Exception {
        BufferedReader stream = stream("/api/v1/stream");
        next(stream, "cluster");

        port.closePort();

        String last = "";
        while (last != null) {
            last = lineOrEnd(stream);
        }
        assertThat(last).isNull();
    }

    @Test
    void shouldAnswerHeadWithoutAStream() throws Exception {
        HttpResponse<String> answer = port.ask("HEAD", "/api/v1/stream");

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().firstValue("Content-Type")).contains("text/event-stream; charset=utf-8");
    }

    /** In HTTP 1.0, so that lines are not broken by chunks. */
    private Socket request(String path, String... headers) throws IOException {
        String more = headers.length == 0 ? "" : String.join("\r\n", headers) + "\r\n";
        Socket socket = port.raw("GET " + path + " HTTP/1.0\r\nHost: 127.0.0.1\r\n" + more + "\r\n");
        sockets.add(socket);
        return socket;
    }

    private BufferedReader stream(String path, String... headers) throws IOException {
        BufferedReader reader = reader(request(path, headers));
        assertThat(reader.readLine()).startsWith("HTTP/1.1 200 ");
        assertThat(lineStarting(reader, "Content-security-policy: ")).contains("default-src 'none'");
        return reader;
    }

    private static BufferedReader reader(Socket socket) throws IOException {
        return new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
    }

    private static Map<?, ?> next(BufferedReader stream, String type) throws IOException {
        lineStarting(stream, "event: " + type);
        return Json.object(lineStarting(stream, "data: ").substring(6));
    }

    private static String lineStarting(BufferedReader stream, String start) throws IOException {
        String line = stream.readLine();
        while (line != null && !line.startsWith(start)) {
            line = stream.readLine();
        }
        assertThat(line).as("line starting with " + start).isNotNull();
        return line;
    }

    private static String lineOrEnd(BufferedReader stream) {
        try {
            return stream.readLine();
        } catch (IOException e) {
            return null;
        }
    }

    private static Object roleOfSelf(Map<?, ?> status) {
        return ((Map<?, ?>) ((List<?>) status.get("servers")).get(0)).get("role");
    }
}
