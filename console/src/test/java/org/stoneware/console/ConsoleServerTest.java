package org.stoneware.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.Proxy;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.stoneware.api.config.ManagementAccess;

@Timeout(60)
class ConsoleServerTest {
    private static final Logger LOG = Logger.getLogger(ConsoleServer.class.getName());

    @TempDir
    Path dataDirectory;

    private final List<Long> stoppedBundles = new ArrayList<>();
    private final List<String> messages = new ArrayList<>();
    private final Handler recorder = new Handler() {
        @Override
        public void publish(LogRecord record) {
            messages.add(record.getLevel() + " " + record.getMessage());
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    };

    @BeforeEach
    void record() {
        System.clearProperty(ConsoleServer.EXIT_CODE_PROPERTY);
        LOG.addHandler(recorder);
    }

    @AfterEach
    void forget() {
        System.clearProperty(ConsoleServer.EXIT_CODE_PROPERTY);
        LOG.removeHandler(recorder);
    }

    @Test
    void shouldServeUntilClosedAndTakeItsTokenAway() throws Exception {
        int port = freePort();
        ConsoleServer console = start(port);
        URI live = URI.create("http://127.0.0.1:" + port + "/health/live");
        HttpResponse<String> answer = HttpClient.newHttpClient()
                .send(HttpRequest.newBuilder(live).build(), HttpResponse.BodyHandlers.ofString());

        console.close();

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(dataDirectory.resolve(StopToken.FILE_NAME)).doesNotExist();
        try (ServerSocket again = new ServerSocket(port, 1, InetAddress.getByName("127.0.0.1"))) {
            assertThat(again.isBound()).isTrue();
        }
    }

    @Test
    void shouldEndTheProcessWithOneMessageWhenThePortIsTaken() throws Exception {
        try (ServerSocket other = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            ConsoleServer console = start(other.getLocalPort());

            assertThat(System.getProperty("stoneware.exit.code")).isEqualTo("2");
            assertThat(stoppedBundles).containsExactly(0L);
            assertThat(messages)
                    .singleElement()
                    .asString()
                    .startsWith("SEVERE management port cannot be opened: server=Server1 address=127.0.0.1:"
                            + other.getLocalPort())
                    .contains("set another management-port");
            console.close();
        }
    }

    @Test
    void shouldLeaveTheTokenOfTheServerThatHoldsThePort() throws Exception {
        int port = freePort();
        ConsoleServer first = start(port);
        String token = Files.readString(dataDirectory.resolve(StopToken.FILE_NAME));

        start(port).close();

        assertThat(dataDirectory.resolve(StopToken.FILE_NAME)).hasContent(token);
        first.close();
    }

    @Test
    void shouldServeWithoutATokenWhenTheDataDirectoryCannotBeWritten() throws Exception {
        dataDirectory = Files.writeString(dataDirectory.resolve("file"), "in the way");
        int port = freePort();

        ConsoleServer console = start(port);

        try (Socket socket = new Socket("127.0.0.1", port)) {
            assertThat(socket.isConnected()).isTrue();
        }
        assertThat(messages).anyMatch(message -> message.startsWith("WARNING no token for stop requests"));
        console.close();
    }

    @Test
    void shouldEndTheProcessWithOneMessageWhenTheJmxPortIsTaken() throws Exception {
        try (ServerSocket other = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            ConsoleServer console = start(freePort(), other.getLocalPort());

            assertThat(System.getProperty("stoneware.exit.code")).isEqualTo("2");
            assertThat(stoppedBundles).containsExactly(0L);
            assertThat(messages)
                    .filteredOn(message -> message.startsWith("SEVERE"))
                    .singleElement()
                    .asString()
                    .startsWith("SEVERE jmx-port cannot be opened: server=Server1 address=127.0.0.1:"
                            + other.getLocalPort())
                    .doesNotContain("\n", "nested");
            console.close();
        }
    }

    @Test
    void shouldTakeTheDoorsOverFromTheOneBeforeWhenTheFrameworkHasNotClosedIt() throws Exception {
        int port = freePort();
        int jmxPort = freePort();
        BundleContext bundles = bundles();
        ConsoleServer first = start(bundles, port, jmxPort);

        ConsoleServer second = start(bundles, port, jmxPort);
        first.close();

        assertThat(System.getProperty("stoneware.exit.code")).isNull();
        URI live = URI.create("http://127.0.0.1:" + port + "/health/live");
        assertThat(HttpClient.newHttpClient()
                        .send(HttpRequest.newBuilder(live).build(), HttpResponse.BodyHandlers.ofString())
                        .statusCode())
                .isEqualTo(200);
        assertThat(dataDirectory.resolve(StopToken.FILE_NAME)).exists();
        second.close();
    }

    private ConsoleServer start(int port) throws Exception {
        return start(port, freePort());
    }

    private ConsoleServer start(int port, int jmxPort) throws InterruptedException {
        return start(bundles(), port, jmxPort);
    }

    private BundleContext bundles() {
        Bundle framework = (Bundle) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {Bundle.class}, (proxy, method, arguments) -> {
                    assertThat(method.getName()).isEqualTo("stop");
                    stoppedBundles.add(0L);
                    return null;
                });
        return (BundleContext) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {BundleContext.class}, (proxy, method, arguments) -> {
                    assertThat(method.getName()).isEqualTo("getBundle");
                    assertThat(arguments).containsExactly(0L);
                    return framework;
                });
    }

    private ConsoleServer start(BundleContext bundles, int port, int jmxPort) throws InterruptedException {
        return new ConsoleServer(
                bundles,
                new FakeManagement(),
                FakeManagement.settings(dataDirectory, port, jmxPort),
                FakeManagement.EFFECTIVE,
                ManagementAccess.NONE);
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            return socket.getLocalPort();
        }
    }
}
