package org.stoneware.launcher;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicReference;

/** Answers at a free port of loopback as the management port of a server does. */
final class ManagementStub implements AutoCloseable {
    private final HttpServer server;
    private final AtomicReference<String> stopRequest = new AtomicReference<>("");

    ManagementStub(String cluster, int stopStatus, String stopBody, Runnable onStop) throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0), 0);
        server.createContext("/api/v1/cluster", exchange -> {
            byte[] body = cluster.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.createContext("/api/v1/stop", exchange -> {
            stopRequest.set(exchange.getRequestMethod() + " " + exchange.getRequestURI() + " "
                    + exchange.getRequestHeaders().getFirst("Authorization"));
            byte[] body = stopBody.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(stopStatus, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
            onStop.run();
        });
        server.start();
    }

    int port() {
        return server.getAddress().getPort();
    }

    /** Method, path with query, and credentials of the last stop. */
    String stopRequest() {
        return stopRequest.get();
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
