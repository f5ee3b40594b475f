package org.stoneware.launcher;

import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.HttpURLConnection;
import java.net.NoRouteToHostException;
import java.net.Proxy;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Asks a server at its management-port; every wait is bounded. */
final class ManagementPortClient {
    static final int CONNECT_TIMEOUT_MS = 2_000;
    static final int READ_TIMEOUT_MS = 5_000;
    private static final int MAX_ANSWER = 16 << 20;

    private final String host;
    private final int port;

    ManagementPortClient(String host, int port) {
        this.host = host;
        this.port = port;
    }

    /** An answer of the server, whatever its status. */
    record Answer(int status, String body) {}

    Answer get(String path) throws IOException {
        return send("GET", path, null);
    }

    Answer post(String path, String token) throws IOException {
        return send("POST", path, token);
    }

    /** {@code host:port}, an IPv6 address in brackets. */
    String address() {
        return (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + port;
    }

    /** Why a request failed, in words. */
    static String reason(IOException failure) {
        if (failure instanceof ConnectException) {
            return "connection refused: nothing listens there";
        }
        if (failure instanceof SocketTimeoutException) {
            return "no answer in time: the host is down, a firewall drops the connection, or the server hangs";
        }
        if (failure instanceof UnknownHostException) {
            return "host name does not resolve";
        }
        if (failure instanceof NoRouteToHostException) {
            return "no route to the host";
        }
        return String.valueOf(failure.getMessage());
    }

    private Answer send(String method, String path, @Nullable String token) throws IOException {
        HttpURLConnection connection;
        try {
            connection = (HttpURLConnection)
                    new URI("http://" + address() + path).toURL().openConnection(Proxy.NO_PROXY);
        } catch (URISyntaxException | IllegalArgumentException e) {
            throw new IOException("'" + address() + "' is not an address: " + e.getMessage(), e);
        }
        connection.setConnectTimeout(CONNECT_TIMEOUT_MS);
        connection.setReadTimeout(READ_TIMEOUT_MS);
        connection.setRequestMethod(method);
        connection.setInstanceFollowRedirects(false);
        connection.setUseCaches(false);
        if (token != null) {
            connection.setRequestProperty("Authorization", "Bearer " + token);
        }
        try {
            int status = connection.getResponseCode();
            try (InputStream body = status < 400 ? connection.getInputStream() : connection.getErrorStream()) {
                String text = body == null ? "" : new String(body.readNBytes(MAX_ANSWER), StandardCharsets.UTF_8);
                return new Answer(status, text);
            }
        } finally {
            connection.disconnect();
        }
    }
}
