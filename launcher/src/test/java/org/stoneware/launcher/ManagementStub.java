package org.stoneware.launcher;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Answers at a free port of loopback as the management port of a server does. */
final class ManagementStub implements AutoCloseable {
    private final HttpServer server;
    private final AtomicReference<String> stopRequest = new AtomicReference<>("");
    private volatile @Nullable String account;

    ManagementStub(String cluster, int stopStatus, String stopBody, Runnable onStop) throws IOException {
        this(() -> cluster, stopStatus, stopBody, onStop);
    }

    /** @param cluster what the status says at the time of asking. */
    ManagementStub(Supplier<String> cluster, int stopStatus, String stopBody, Runnable onStop) throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0), 0);
        server.createContext("/api/v1/cluster", exchange -> {
            String authorization = exchange.getRequestHeaders().getFirst("Authorization");
            if (account != null && !account.equals(authorization)) {
                exchange.sendResponseHeaders(401, -1);
                exchange.close();
                return;
            }
            byte[] body = cluster.get().getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        for (String path : List.of("/api/v1/stop", "/api/v1/hand-over")) {
            accept(path, stopStatus, stopBody, onStop);
        }
        server.start();
    }

    private void accept(String path, int status, String answer, Runnable then) {
        server.createContext(path, exchange -> {
            stopRequest.set(exchange.getRequestMethod() + " " + exchange.getRequestURI() + " "
                    + exchange.getRequestHeaders().getFirst("Authorization"));
            byte[] body = answer.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(status, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
            then.run();
        });
    }

    /** From now on the status is told only to who says this in {@code Authorization}. */
    void requireLogIn(String authorization) {
        account = authorization;
    }

    int port() {
        return server.getAddress().getPort();
    }

    /** Method, path with query, and credentials of the last stop or hand-over. */
    String stopRequest() {
        return stopRequest.get();
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
