package org.stoneware.launcher;

import java.io.BufferedReader;
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
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/** Asks a server at its management-port; every wait is bounded. */
final class ManagementPortClient {
    static final int CONNECT_TIMEOUT_MS = 2_000;
    static final int READ_TIMEOUT_MS = 5_000;
    static final String LOGIN_FILE = "STONEWARE_LOGIN_FILE";
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

    /** For servers with accounts on other machines: what the file of {@value #LOGIN_FILE} says; null when there is none. */
    private static @Nullable String logIn() throws IOException {
        String file = System.getenv(LOGIN_FILE);
        if (file == null || file.isEmpty()) {
            return null;
        }
        try (BufferedReader lines = Files.newBufferedReader(Path.of(file))) {
            String[] parts = String.valueOf(lines.readLine()).strip().split("\\s+", 2);
            if (parts.length < 2) {
                throw new IOException(LOGIN_FILE + " names " + file + ", whose first line is not 'user password'");
            }
            return "Basic "
                    + Base64.getEncoder().encodeToString((parts[0] + ":" + parts[1]).getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchFileException e) {
            throw new IOException(LOGIN_FILE + " names " + file + ", which does not exist", e);
        }
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
        String authorization = token != null ? "Bearer " + token : logIn();
        if (authorization != null) {
            connection.setRequestProperty("Authorization", authorization);
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
