package org.stoneware.console;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * The open port: socket, threads and the limits that keep one client from being a burden to others.
 * <p>
 * <b>Limits:</b> {@link #MAX_CONNECTIONS} connections, 64 headers of 16 KiB together, 5 s to send a request, 15 s of silence between
 * requests; what {@link ExchangePool} cuts off before that, and {@link LiveStreams} of those that stay.
 */
final class ManagementPort implements AutoCloseable {
    static final int MAX_CONNECTIONS = 256;
    private static final int BACKLOG = 64;
    private static final long LAST_ANSWERS_MS = 1000;

    private final HttpServer server;
    private final ExchangePool pool;
    private @Nullable LiveStreams streams;

    private ManagementPort(HttpServer server, ExchangePool pool) {
        this.server = server;
        this.pool = pool;
    }

    /** Takes the port, without answering anybody yet. */
    static ManagementPort bind(InetSocketAddress address) throws IOException {
        limit("jdk.httpserver.maxConnections", MAX_CONNECTIONS);
        limit("sun.net.httpserver.maxIdleConnections", MAX_CONNECTIONS / 2);
        limit("sun.net.httpserver.idleInterval", 15);
        limit("sun.net.httpserver.maxReqHeaders", 64);
        limit("sun.net.httpserver.maxReqHeaderSize", 16 * 1024);
        limit("sun.net.httpserver.maxReqTime", 5);
        // No maxRspTime: it would end live streams. ExchangePool cuts off who does not take an answer.
        if (System.getProperty("sun.net.httpserver.nodelay") == null) {
            System.setProperty("sun.net.httpserver.nodelay", "true");
        }
        return new ManagementPort(HttpServer.create(address, BACKLOG), new ExchangePool());
    }

    /** The JDK's servers read their limits once, from system properties; one that the operator has set stays. */
    static void limit(String property, int value) {
        if (System.getProperty(property) == null) {
            System.setProperty(property, Integer.toString(value));
        }
    }

    /** Begins to answer. */
    void open(Routes routes, LiveStreams liveStreams) throws InterruptedException {
        this.streams = liveStreams;
        server.createContext("/", new ExchangeHandler(routes, liveStreams));
        server.setExecutor(pool);
        // The JDK's dispatcher inherits this from the thread that starts it, and must not keep a failed server's
        // process alive.
        Thread starter = ExchangePool.daemon("console-start", server::start);
        starter.start();
        starter.join();
    }

    InetSocketAddress address() {
        return server.getAddress();
    }

    /** Lets answers under way go out, the one to a stop request above all, then closes everything. */
    @Override
    public void close() {
        if (streams != null) {
            streams.close();
        }
        try {
            pool.awaitIdle(LAST_ANSWERS_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        server.stop(0);
        pool.close();
    }
}
