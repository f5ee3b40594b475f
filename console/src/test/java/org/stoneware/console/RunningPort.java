package org.stoneware.console;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.stoneware.api.cluster.SessionAdmin;
import org.stoneware.api.config.ManagementAccess;

/** A management port of a fake server on a free port of this machine. */
final class RunningPort implements AutoCloseable {
    final FakeManagement management = new FakeManagement();
    volatile SessionAdmin sessions = new FakeSessions();
    final StopToken token;
    private final ManagementPort port;
    private final LiveStreams streams = new LiveStreams(management);
    private final HttpClient client = HttpClient.newHttpClient();

    RunningPort(Path dataDirectory) throws Exception {
        this(dataDirectory, ManagementAccess.NONE);
    }

    RunningPort(Path dataDirectory, ManagementAccess access) throws Exception {
        token = StopToken.create(dataDirectory);
        port = ManagementPort.bind(new InetSocketAddress("127.0.0.1", 0));
        port.open(
                new Routes(
                        new ConsoleServices(
                                management,
                                () -> sessions,
                                FakeManagement.settings(dataDirectory, port()),
                                FakeManagement.EFFECTIVE,
                                access),
                        token),
                streams);
    }

    int port() {
        return port.address().getPort();
    }

    String secret() throws IOException {
        return Files.readString(token.file()).trim();
    }

    HttpResponse<String> ask(String method, String path, String... headers) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port() + path))
                .method(method, HttpRequest.BodyPublishers.noBody());
        if (headers.length > 0) {
            request.headers(headers);
        }
        return client.send(request.build(), HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8));
    }

    HttpResponse<String> get(String path) throws Exception {
        return ask("GET", path);
    }

    HttpResponse<String> stop(String query, String bearer) throws Exception {
        return ask("POST", "/api/v1/stop" + query, "Authorization", "Bearer " + bearer);
    }

    /** Sends these bytes as they are; the caller decides what a correct request is. */
    Socket raw(String bytes) throws IOException {
        Socket socket = new Socket("127.0.0.1", port());
        socket.getOutputStream().write(bytes.getBytes(StandardCharsets.ISO_8859_1));
        socket.getOutputStream().flush();
        return socket;
    }

    /** A reader that left is noticed when something is written to it. */
    void awaitNoStreams() {
        while (streams.readerCount() > 0) {
            Thread.onSpinWait();
        }
    }

    void closePort() {
        port.close();
    }

    @Override
    public void close() throws IOException {
        port.close();
        token.close();
    }
}
