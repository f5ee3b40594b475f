package org.stoneware.drill;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.Proxy;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.api.config.LogInFile;
import org.stoneware.api.config.ServerSettings;

/** A server of the array at its management port; every wait is bounded. */
final class ManagedServer {
    private static final JsonFactory JSON = new JsonFactory();
    private static final int CONNECT_TIMEOUT_MS = 2_000;
    private static final int READ_TIMEOUT_MS = 5_000;
    private static final int MAX_ANSWER_BYTES = 1 << 20;

    private final ServerSettings settings;
    private final @Nullable String logIn;
    private String lastFailure = "";

    /** @param logIn the user's account, as {@link LogInFile#authorization} gives it. */
    ManagedServer(ServerSettings settings, @Nullable String logIn) {
        this.settings = settings;
        this.logIn = logIn;
    }

    String name() {
        return settings.name();
    }

    /** {@code host:port} for Tomcats. */
    String clientAddress() {
        return settings.host() + ":" + settings.clientPort();
    }

    boolean isActive() {
        return ServerRole.ACTIVE_COORDINATOR.stateName().equals(roles().get(name()));
    }

    /** State of every server as this one sees it, in file order; empty when it does not tell, see {@link #lastFailure}. */
    Map<String, String> roles() {
        Map<String, String> roles = new LinkedHashMap<>();
        try {
            Answer answer = send("GET", "/api/v1/cluster", logIn);
            lastFailure = failure(answer.status);
            if (lastFailure.isEmpty()) {
                readRoles(answer.body, roles);
            }
        } catch (IOException e) {
            roles.clear();
            lastFailure = "does not answer at port " + settings.managementPort() + ": " + e.getMessage();
        }
        return roles;
    }

    /** Why {@link #roles} was empty last; goes on where the server's name ends. */
    String lastFailure() {
        return lastFailure;
    }

    private String failure(int status) {
        if (status == 401) {
            return logIn == null
                    ? "wants a log-in: name a file with 'user password' in " + LogInFile.VARIABLE
                    : "does not know the user and password in the file " + LogInFile.VARIABLE + " names";
        }
        return status == 200 ? "" : "answers HTTP " + status;
    }

    /** Has this server, which is active, hand its role to the standby. */
    void handOver() throws DrillException {
        Path file = settings.dataDirectory().resolve("management.token");
        String token;
        try {
            token = Files.readString(file, StandardCharsets.UTF_8).strip();
        } catch (IOException e) {
            throw failed("can't be asked to hand over from here: " + file
                    + " can't be read; run the drill on its machine, as the user who started it");
        }
        try {
            Answer answer = send("POST", "/api/v1/hand-over", "Bearer " + token);
            if (answer.status / 100 != 2) {
                throw failed("does not hand over: HTTP " + answer.status + " "
                        + answer.body.strip().replaceAll("\\p{C}", "?"));
            }
        } catch (IOException e) {
            throw failed("can't be asked to hand over: " + e.getMessage());
        }
    }

    private DrillException failed(String what) {
        return new DrillException(DrillException.FAILED, "drill: server " + name() + " " + what);
    }

    private record Answer(int status, String body) {}

    private Answer send(String method, String path, @Nullable String authorization) throws IOException {
        String address = settings.managementAddress();
        boolean isEverywhere = address.equals("0.0.0.0") || address.equals("::");
        String host = isEverywhere ? "127.0.0.1" : address;
        String bracketed = host.indexOf(':') < 0 ? host : "[" + host + "]";
        HttpURLConnection connection =
                (HttpURLConnection) URI.create("http://" + bracketed + ":" + settings.managementPort() + path)
                        .toURL()
                        .openConnection(Proxy.NO_PROXY);
        connection.setRequestMethod(method);
        connection.setConnectTimeout(CONNECT_TIMEOUT_MS);
        connection.setReadTimeout(READ_TIMEOUT_MS);
        if (authorization != null) {
            connection.setRequestProperty("Authorization", authorization);
        }
        try {
            int status = connection.getResponseCode();
            try (InputStream body = status >= 400 ? connection.getErrorStream() : connection.getInputStream()) {
                byte[] bytes = body == null ? new byte[0] : body.readNBytes(MAX_ANSWER_BYTES);
                return new Answer(status, new String(bytes, StandardCharsets.UTF_8));
            }
        } finally {
            connection.disconnect();
        }
    }

    /** Names and roles out of {@code servers[]}; a server that is not reachable counts as stopped. */
    static void readRoles(String cluster, Map<String, String> roles) throws IOException {
        try (JsonParser parser = JSON.createParser(cluster)) {
            boolean isInServers = false;
            int depth = 0;
            String name = "";
            for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
                if (token == JsonToken.START_ARRAY) {
                    depth++;
                    isInServers |= depth == 1 && "servers".equals(parser.currentName());
                } else if (token == JsonToken.END_ARRAY) {
                    depth--;
                    isInServers &= depth > 0;
                } else if (isInServers && depth == 1 && token.isScalarValue()) {
                    switch (parser.currentName()) {
                        case "name" -> name = parser.getText();
                        case "role" -> roles.put(name, parser.getText());
                        case "reachable" -> {
                            if (token == JsonToken.VALUE_FALSE) {
                                roles.put(name, ServerRole.STOPPED.stateName());
                            }
                        }
                        default -> {}
                    }
                }
            }
        }
    }
}
