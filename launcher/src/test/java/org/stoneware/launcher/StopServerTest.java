package org.stoneware.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StopServerTest {
    private static final String REFUSED =
            "{\"error\":{\"what\":\"stop refused: last copy of the sessions\",\"allowed\":\"\",\"todo\":\"start Server2 first\"}}";

    @TempDir
    Path directory;

    private TestHome home;
    private DirectoryLock lock;

    @BeforeEach
    void install() throws IOException {
        home = new TestHome(directory);
        Path data = Files.createDirectories(home.path("data/Server1"));
        Files.writeString(data.resolve(OwnServer.TOKEN_FILE), "secret\n");
        lock = DirectoryLock.acquire(data);
        // This very process plays the server; its pid would never go away.
        try (FileChannel file = FileChannel.open(data.resolve(DirectoryLock.FILE_NAME), StandardOpenOption.WRITE)) {
            file.truncate(0);
        }
    }

    @AfterEach
    void release() throws IOException {
        release(lock);
    }

    @Test
    void shouldStopTheServerWithItsTokenAndWaitForItsEnd() throws IOException {
        try (ManagementStub stub = new ManagementStub("", 202, "{\"stopping\":true}", () -> release(lock))) {
            home.config("<management-port>" + stub.port() + "</management-port>");

            int exitCode = home.run("stop-server");

            assertThat(exitCode).isEqualTo(ExitCode.CLEAN);
            assertThat(stub.stopRequest()).isEqualTo("POST /api/v1/stop?force=false Bearer secret");
            assertThat(home.out()).contains("server Server1 has ended");
        }
    }

    @Test
    void shouldSayWhyTheServerRefuses() throws IOException {
        try (ManagementStub stub = new ManagementStub("", 409, REFUSED, () -> {})) {
            home.config("<management-port>" + stub.port() + "</management-port>");

            int exitCode = home.run("stop-server", "-n", "Server1");

            assertThat(exitCode).isEqualTo(ExitCode.FAILED);
            assertThat(home.err())
                    .isEqualToIgnoringNewLines(
                            "stop-server: server Server1 was not stopped: stop refused: last copy of the"
                                    + " sessions; start Server2 first");
        }
    }

    @Test
    void shouldPassForceOn() throws IOException {
        try (ManagementStub stub = new ManagementStub("", 202, "{}", () -> release(lock))) {
            home.config("<management-port>" + stub.port() + "</management-port>");

            assertThat(home.run("stop-server", "--force")).isEqualTo(ExitCode.CLEAN);
            assertThat(stub.stopRequest()).startsWith("POST /api/v1/stop?force=true ");
        }
    }

    @Test
    void shouldSayThatAServerDoesNotRun() throws IOException {
        release(lock);
        home.config("");

        assertThat(home.run("stop-server")).isEqualTo(ExitCode.FAILED);
        assertThat(home.err()).contains("server Server1 is not running: nobody holds " + home.path("data/Server1"));
    }

    @Test
    void shouldSayThatARunningServerDoesNotAnswer() throws IOException {
        home.config("<management-port>" + ServerStatTest.closedPort() + "</management-port>");

        assertThat(home.run("stop-server")).isEqualTo(ExitCode.FAILED);
        assertThat(home.err()).contains("does not answer").contains("connection refused");
    }

    private static void release(DirectoryLock lock) {
        try {
            lock.close();
        } catch (ClosedChannelException e) {
            // released before
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
