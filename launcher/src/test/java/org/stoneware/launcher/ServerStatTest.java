package org.stoneware.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServerStatTest {
    private static final String ACTIVE =
            """
            {"self":"Server1","version":"0.1.0","uptimeMs":1,"servers":[
              {"name":"Server0","role":"PASSIVE-STANDBY","jmxPort":1},
              {"name":"Server1","role":"ACTIVE-COORDINATOR","epoch":7,"inSync":true,"reachable":true,"detail":"","jmxPort":9520}],
             "clients":[],"storage":{"configuredMode":"temporary-swap-only","mode":"memory","detail":"memory stands in"},
             "counters":{},"problems":[%s]}
            """;

    @TempDir
    Path directory;

    private TestHome home;

    @BeforeEach
    void install() throws IOException {
        home = new TestHome(directory);
    }

    @Test
    void shouldPrintTheFourLinesOfAServerThatIsWell() throws IOException {
        try (ManagementStub stub = new ManagementStub(ACTIVE.formatted(""), 500, "", () -> {})) {
            home.config("<management-port>" + stub.port() + "</management-port>");

            int exitCode = home.run("server-stat");

            assertThat(exitCode).isEqualTo(ExitCode.CLEAN);
            assertThat(home.out().lines())
                    .containsExactly(
                            "127.0.0.1.health: OK",
                            "127.0.0.1.role: ACTIVE",
                            "127.0.0.1.state: ACTIVE-COORDINATOR",
                            "127.0.0.1.jmxport: 9520",
                            "127.0.0.1.storage: memory stands in");
        }
    }

    @Test
    void shouldShowNothingATerminalWouldObey() throws IOException {
        String hostile = "\"bad \\u001b[2J\\u009b\\u202e\\u2028\"";
        try (ManagementStub stub = new ManagementStub(ACTIVE.formatted(hostile), 500, "", () -> {})) {
            home.run("server-stat", "-s", "127.0.0.1:" + stub.port());

            assertThat(home.out())
                    .contains(".error: bad ?[2J???")
                    .doesNotContain("\u001b", "\u009b", "\u202e", "\u2028");
        }
    }

    @Test
    void shouldLogInWithTheAccountOfTheUsersFile() throws IOException {
        Path file = Files.writeString(home.path("login"), "alice wonderland\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        try (ManagementStub stub = new ManagementStub(ACTIVE.formatted(""), 500, "", () -> {})) {
            stub.requireLogIn("Basic YWxpY2U6d29uZGVybGFuZA==");

            int without = home.run("server-stat", "-s", "127.0.0.1:" + stub.port());
            String asked = home.out();
            home.environment("STONEWARE_LOGIN_FILE", file.toString());
            int with = home.run("server-stat", "-s", "127.0.0.1:" + stub.port());
            stub.requireLogIn("Basic of somebody else");
            home.run("server-stat", "-s", "127.0.0.1:" + stub.port());

            assertThat(without).isEqualTo(ExitCode.FAILED);
            assertThat(asked).contains("wants a log-in", "STONEWARE_LOGIN_FILE");
            assertThat(with).isEqualTo(ExitCode.CLEAN);
            assertThat(home.out()).contains("does not know the user and password");
        }
    }

    @Test
    void shouldNotUseALogInFileThatOthersCanRead() throws IOException {
        Path file = Files.writeString(home.path("login"), "alice wonderland\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
        home.environment("STONEWARE_LOGIN_FILE", file.toString());

        int exitCode = home.run("server-stat", "-s", "127.0.0.1:1");

        assertThat(exitCode).isEqualTo(ExitCode.CONFIGURATION);
        assertThat(home.err()).startsWith("server-stat: log-in file").contains("rw-r--r--", "chmod 600");
        assertThat(home.out()).isEmpty();
    }

    @Test
    void shouldFailWhenTheServerReportsAProblem() throws IOException {
        try (ManagementStub stub = new ManagementStub(ACTIVE.formatted("\"no store\""), 500, "", () -> {})) {
            int exitCode = home.run("server-stat", "-s", "127.0.0.1:" + stub.port());

            assertThat(exitCode).isEqualTo(ExitCode.FAILED);
            assertThat(home.out()).contains("127.0.0.1.health: FAILED").contains("127.0.0.1.error: no store");
        }
    }

    @Test
    void shouldTellTwoServersApartAndFailWhenOneIsDown() throws IOException {
        int closed = closedPort();
        try (ManagementStub stub = new ManagementStub(ACTIVE.formatted(""), 500, "", () -> {})) {
            int exitCode = home.run("server-stat", "-s", "127.0.0.1:" + stub.port() + ", 127.0.0.1:" + closed);

            assertThat(exitCode).isEqualTo(ExitCode.FAILED);
            assertThat(home.out())
                    .contains("127.0.0.1:" + stub.port() + ".role: ACTIVE")
                    .contains("127.0.0.1:" + closed + ".health: FAILED")
                    .contains("127.0.0.1:" + closed + ".role: unknown")
                    .contains(".error: 127.0.0.1:" + closed + ": connection refused");
        }
    }

    @Test
    void shouldNotTakeAnotherServiceForAServer() throws IOException {
        try (ManagementStub stub = new ManagementStub("<html>hello</html>", 500, "", () -> {})) {
            int exitCode = home.run("server-stat", "-s", "127.0.0.1:" + stub.port());

            assertThat(exitCode).isEqualTo(ExitCode.FAILED);
            assertThat(home.out()).contains("127.0.0.1.health: FAILED");
        }
    }

    @Test
    void shouldRefuseAListThatNamesNoServer() {
        assertThat(home.run("server-stat", "-s", "host:port")).isEqualTo(ExitCode.CONFIGURATION);
        assertThat(home.err()).contains("'host:port' is not a server; allowed: HOST or HOST:MANAGEMENT-PORT");
    }

    static int closedPort() throws IOException {
        try (ManagementStub stub = new ManagementStub("", 500, "", () -> {})) {
            return stub.port();
        }
    }
}
