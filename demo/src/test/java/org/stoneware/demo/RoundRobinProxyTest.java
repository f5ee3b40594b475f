package org.stoneware.demo;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RoundRobinProxyTest {
    private final List<HttpServer> backends = new ArrayList<>();

    @AfterEach
    void stop() {
        backends.forEach(backend -> backend.stop(0));
    }

    @Test
    void shouldGiveRequestsToBackendsInTurn() throws IOException {
        try (RoundRobinProxy proxy = RoundRobinProxy.start(0, List.of(backend("a"), backend("b")))) {
            List<String> answers = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                answers.add(Page.get(proxy.uri("/x?y=1"), "JSESSIONID=1").body());
            }

            assertThat(answers)
                    .containsExactly(
                            "a GET /x?y=1 JSESSIONID=1",
                            "b GET /x?y=1 JSESSIONID=1",
                            "a GET /x?y=1 JSESSIONID=1",
                            "b GET /x?y=1 JSESSIONID=1");
        }
    }

    @Test
    void shouldHandBackCookieOfBackend() throws IOException {
        try (RoundRobinProxy proxy = RoundRobinProxy.start(0, List.of(backend("a")))) {
            assertThat(Page.get(proxy.uri("/"), null).cookie()).isEqualTo("JSESSIONID=of-a");
        }
    }

    @Test
    void shouldPassOverBackendThatIsDown() throws IOException {
        try (RoundRobinProxy proxy = RoundRobinProxy.start(0, List.of(portOfNobody(), backend("b")))) {
            assertThat(Page.get(proxy.uri("/"), null).body()).startsWith("b ");
            assertThat(Page.get(proxy.uri("/"), null).body()).startsWith("b ");
        }
    }

    @Test
    void shouldAnswer502WhenAllAreDown() throws IOException {
        try (RoundRobinProxy proxy = RoundRobinProxy.start(0, List.of(portOfNobody()))) {
            assertThat(Page.get(proxy.uri("/"), null).status()).isEqualTo(502);
        }
    }

    private int backend(String name) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        server.createContext("/", exchange -> {
            try (exchange) {
                exchange.getRequestBody().readAllBytes();
                exchange.getResponseHeaders().add("Set-Cookie", "JSESSIONID=of-" + name + "; Path=/");
                byte[] body = (name + " " + exchange.getRequestMethod() + " " + exchange.getRequestURI() + " "
                                + exchange.getRequestHeaders().getFirst("Cookie"))
                        .getBytes(StandardCharsets.UTF_8);
                exchange.sendResponseHeaders(200, body.length);
                exchange.getResponseBody().write(body);
            }
        });
        server.start();
        backends.add(server);
        return server.getAddress().getPort();
    }

    private static int portOfNobody() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }
}
