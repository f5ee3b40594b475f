package org.stoneware.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HandOverTest {
    private static final String REFUSED =
            "{\"error\":{\"what\":\"hand-over refused: no standby is in sync: Server2 is STOP-STATE\",\"todo\":\"\"}}";

    @TempDir
    Path directory;

    private TestHome home;
    private volatile int active = 1;

    @BeforeEach
    void install() throws IOException {
        home = new TestHome(directory);
        for (String name : new String[] {"Server1", "Server2"}) {
            Files.writeString(Files.createDirectories(home.path("data/" + name)).resolve(OwnServer.TOKEN_FILE), name);
        }
    }

    @Test
    void shouldAskTheActiveAndWaitUntilTheOtherIsActive() throws IOException {
        active = 2;
        try (ManagementStub first = server(1, 202);
                ManagementStub second = server(2, 202)) {
            configure(first, second);

            int exitCode = home.run("hand-over");

            assertThat(exitCode).isEqualTo(ExitCode.CLEAN);
            assertThat(second.stopRequest()).isEqualTo("POST /api/v1/hand-over Bearer Server2");
            assertThat(home.out()).contains("server Server2 has handed over: Server1 is active after");
        }
    }

    @Test
    void shouldSayWhyTheServerRefuses() throws IOException {
        try (ManagementStub first = server(1, 409);
                ManagementStub second = server(2, 409)) {
            configure(first, second);

            int exitCode = home.run("hand-over", "-n", "Server1");

            assertThat(exitCode).isEqualTo(ExitCode.FAILED);
            assertThat(home.err()).contains("no standby is in sync: Server2 is STOP-STATE");
        }
    }

    @Test
    void shouldSayThatNoServerIsActive() throws IOException {
        active = 0;
        try (ManagementStub first = server(1, 202);
                ManagementStub second = server(2, 202)) {
            configure(first, second);

            assertThat(home.run("hand-over")).isEqualTo(ExitCode.FAILED);
            assertThat(home.err())
                    .contains("no server is active: Server1 is PASSIVE-STANDBY, Server2 is PASSIVE-STANDBY");
        }
    }

    @Test
    void shouldSayThatAServerWantsALogIn() throws IOException {
        try (ManagementStub first = server(1, 202);
                ManagementStub second = server(2, 202)) {
            configure(first, second);
            first.requireLogIn("Basic of somebody else");

            assertThat(home.run("hand-over")).isEqualTo(ExitCode.FAILED);
            assertThat(home.err()).contains("Server1 wants a log-in", "STONEWARE_LOGIN_FILE", "Server2 is PASSIVE");
        }
    }

    private ManagementStub server(int number, int status) throws IOException {
        return new ManagementStub(
                () -> "{\"self\":\"Server" + number + "\",\"servers\":[{\"name\":\"Server" + number + "\",\"role\":\""
                        + (active == number ? "ACTIVE-COORDINATOR" : "PASSIVE-STANDBY") + "\"}]}",
                status,
                status == 202 ? "{}" : REFUSED,
                () -> active = status == 202 ? 3 - number : number);
    }

    private void configure(ManagementStub first, ManagementStub second) throws IOException {
        Files.writeString(
                home.path("conf/tc-config.xml"),
                "<tc:tc-config xmlns:tc=\"http://www.terracotta.org/config\"><servers>\n" + server(1, first)
                        + server(2, second) + "</servers></tc:tc-config>\n");
    }

    private static String server(int number, ManagementStub stub) {
        return "<server host=\"127.0.0.1\" name=\"Server" + number
                + "\"><data>../data</data><logs>../logs</logs><dso-port>" + (9510 + 100 * number)
                + "</dso-port><management-port>" + stub.port() + "</management-port></server>\n";
    }
}
