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
import org.stoneware.api.config.LogInFile;
import org.stoneware.api.config.ManagementAccessException;

/** Asks a server at its management-port; every wait is bounded. */
final class ManagementPortClient {
    static final int CONNECT_TIMEOUT_MS = 2_000;
    static final int READ_TIMEOUT_MS = 5_000;
    private static final int MAX_ANSWER = 16 << 20;

    private final String host;
    private final int port;
    private final @Nullable String logIn;

    /** @param logIn what {@link #logIn} returned; null to look without. */
    ManagementPortClient(String host, int port, @Nullable String logIn) {
        this.host = host;
        this.port = port;
        this.logIn = logIn;
    }

    /**
     * How to log in at servers with accounts.
     *
     * @return null when the user named no account.
     */
    static @Nullable String logIn(Terminal terminal, String program) throws ProgramException {
        try {
            return LogInFile.authorization(terminal.environment());
        } catch (ManagementAccessException e) {
            throw new ProgramException(ExitCode.CONFIGURATION, program + ": " + e.text());
        }
    }

    /** What to do about a server that wants a log-in, or another one. */
    static String logInWanted(@Nullable String logIn) {
        return logIn == null
                ? "wants a log-in: name a file with 'user password' in " + LogInFile.VARIABLE
                : "does not know the user and password in the file " + LogInFile.VARIABLE + " names";
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
        String authorization = token != null ? "Bearer " + token : logIn;
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
