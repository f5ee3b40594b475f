package org.stoneware.drill;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.stoneware.api.config.LogInFile;

/** What the drill says before it begins; what it does is in the integration tests. */
class DrillTest {
    private static final String ALICE = "Basic YWxpY2U6d29uZGVybGFuZA==";

    @TempDir
    private Path directory;

    private HttpServer server;
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    /** An active without standby that tells only Alice. */
    @BeforeEach
    void open() throws IOException {
        byte[] status =
                "{\"self\":\"Server1\",\"servers\":[{\"name\":\"Server1\",\"role\":\"ACTIVE-COORDINATOR\",\"reachable\":true}]}"
                        .getBytes(StandardCharsets.UTF_8);
        server = HttpServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0), 0);
        server.createContext("/api/v1/cluster", exchange -> {
            boolean isAlice = ALICE.equals(exchange.getRequestHeaders().getFirst("Authorization"));
            exchange.sendResponseHeaders(isAlice ? 200 : 401, isAlice ? status.length : -1);
            if (isAlice) {
                exchange.getResponseBody().write(status);
            }
            exchange.close();
        });
        server.start();
        Files.writeString(
                directory.resolve("tc-config.xml"),
                "<tc:tc-config xmlns:tc=\"http://www.terracotta.org/config\"><servers><server host=\"127.0.0.1\" name=\"Server1\">"
                        + "<management-port>" + server.getAddress().getPort()
                        + "</management-port></server></servers></tc:tc-config>");
    }

    @AfterEach
    void close() {
        server.stop(0);
    }

    @Test
    void shouldLogInWithTheAccountOfTheUsersFile() throws IOException {
        int exitCode = run(logIn("alice wonderland\n", "rw-------"));

        assertThat(exitCode).isEqualTo(DrillException.FAILED);
        assertThat(err.toString(StandardCharsets.UTF_8)).contains("no standby is in sync: Server1 is the only server");
    }

    @Test
    void shouldSayThatAServerWantsALogIn() {
        int exitCode = run(Map.of());

        assertThat(exitCode).isEqualTo(DrillException.FAILED);
        assertThat(err.toString(StandardCharsets.UTF_8)).contains("Server1 wants a log-in", LogInFile.VARIABLE);
    }

    @Test
    void shouldNotUseALogInFileThatOthersCanRead() throws IOException {
        int exitCode = run(logIn("alice wonderland\n", "rw-r--r--"));

        assertThat(exitCode).isEqualTo(DrillException.CONFIGURATION);
        assertThat(err.toString(StandardCharsets.UTF_8))
                .startsWith("drill: log-in file")
                .contains("chmod 600");
    }

    @Test
    void shouldSayThatAServerDoesNotAnswer() {
        server.stop(0);

        assertThat(run(Map.of())).isEqualTo(DrillException.FAILED);
        assertThat(err.toString(StandardCharsets.UTF_8)).contains("Server1 does not answer");
    }

    @Test
    void shouldExplainItself() {
        int exitCode = Drill.run(List.of("--help"), Map.of(), print(out), print(err));

        assertThat(exitCode).isZero();
        assertThat(out.toString(StandardCharsets.UTF_8))
                .startsWith("Usage: drill")
                .contains("--seconds", "Exit codes");
    }

    private int run(Map<String, String> environment) {
        return Drill.run(
                List.of("-f", directory.resolve("tc-config.xml").toString()), environment, print(out), print(err));
    }

    private Map<String, String> logIn(String text, String permissions) throws IOException {
        Path file = Files.writeString(directory.resolve("login"), text);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
        return Map.of(LogInFile.VARIABLE, file.toString());
    }

    private static PrintStream print(ByteArrayOutputStream bytes) {
        return new PrintStream(bytes, true, StandardCharsets.UTF_8);
    }
}
