package org.stoneware.demo;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Stands in for nginx where none is installed: gives each request to the next Tomcat. For a demo on one machine; bodies are held in
 * memory.
 * <p>
 * <b>Failure:</b> a Tomcat that does not accept the connection is passed over; when none accepts, the answer is 502.
 */
public final class RoundRobinProxy implements FrontDoor {
    private static final int MAX_THREADS = 32;
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(1);
    private static final Duration LONGEST_ANSWER = Duration.ofSeconds(60);
    /** Belong to one connection, not to the request, or are set by the client that sends. Tomcat's redirects need no host. */
    private static final Set<String> NOT_FORWARDED = Set.of(
            "connection",
            "content-length",
            "expect",
            "host",
            "http2-settings",
            "keep-alive",
            "te",
            "trailer",
            "transfer-encoding",
            "upgrade");

    private final HttpServer server;
    private final ExecutorService threads = Executors.newFixedThreadPool(MAX_THREADS, task -> {
        Thread thread = new Thread(task, "round-robin-proxy");
        thread.setDaemon(true);
        return thread;
    });
    private final HttpClient client = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(CONNECT_TIMEOUT)
            .followRedirects(HttpClient.Redirect.NEVER)
            .build();
    private final List<Integer> tomcatPorts;
    private final AtomicInteger next = new AtomicInteger();

    private RoundRobinProxy(HttpServer server, List<Integer> tomcatPorts) {
        this.server = server;
        this.tomcatPorts = List.copyOf(tomcatPorts);
    }

    /** @param port port on 127.0.0.1; 0 chooses a free one. */
    public static RoundRobinProxy start(int port, List<Integer> tomcatPorts) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", port), 0);
        RoundRobinProxy proxy = new RoundRobinProxy(server, tomcatPorts);
        server.createContext("/", proxy::handle);
        server.setExecutor(proxy.threads);
        server.start();
        return proxy;
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            byte[] body = exchange.getRequestBody().readAllBytes();
            int first = Math.floorMod(next.getAndIncrement(), tomcatPorts.size());
            for (int i = 0; i < tomcatPorts.size(); i++) {
                int tomcatPort = tomcatPorts.get((first + i) % tomcatPorts.size());
                try {
                    answer(exchange, client.send(request(exchange, tomcatPort, body), bytes()));
                    return;
                } catch (ConnectException e) {
                    // Nobody listens there: nothing of the request was seen, so the next Tomcat may have it.
                    continue;
                } catch (IOException e) {
                    refuse(exchange, "the Tomcat on port " + tomcatPort + " broke off the answer");
                    return;
                }
            }
            refuse(exchange, "no Tomcat accepts connections");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static HttpResponse.BodyHandler<byte[]> bytes() {
        return HttpResponse.BodyHandlers.ofByteArray();
    }

    private static HttpRequest request(HttpExchange exchange, int tomcatPort, byte[] body) {
        HttpRequest.Builder request = HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + tomcatPort + exchange.getRequestURI()))
                .timeout(LONGEST_ANSWER)
                .method(exchange.getRequestMethod(), HttpRequest.BodyPublishers.ofByteArray(body));
        for (Map.Entry<String, List<String>> header :
                exchange.getRequestHeaders().entrySet()) {
            if (!NOT_FORWARDED.contains(header.getKey().toLowerCase(Locale.ROOT))) {
                header.getValue().forEach(value -> request.header(header.getKey(), value));
            }
        }
        return request.build();
    }

    private static void answer(HttpExchange exchange, HttpResponse<byte[]> response) throws IOException {
        response.headers().map().forEach((header, values) -> {
            if (!NOT_FORWARDED.contains(header.toLowerCase(Locale.ROOT))) {
                exchange.getResponseHeaders().put(header, values);
            }
        });
        byte[] body = response.body();
        exchange.sendResponseHeaders(response.statusCode(), body.length == 0 ? -1 : body.length);
        if (body.length > 0) {
            exchange.getResponseBody().write(body);
        }
    }

    private static void refuse(HttpExchange exchange, String reason) throws IOException {
        byte[] body = ("502 " + reason + "\n").getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(502, body.length);
        exchange.getResponseBody().write(body);
    }

    @Override
    public URI uri(String path) {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + path);
    }

    @Override
    public String describe() {
        return "round-robin stand-in (nginx is not installed)";
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
