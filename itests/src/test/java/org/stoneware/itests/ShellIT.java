package org.stoneware.itests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import org.stoneware.demo.Cluster;

/** {@code bin/shell} against real servers: by argument, by pipe and at a terminal. */
class ShellIT {
    private static final long PATIENCE_SEC = 60;
    private static final Path SCRIPT = Path.of("/usr/bin/script");

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private Path directory;

    private TestServerArray array;

    @RegisterExtension
    private final ReportOnFailure report = new ReportOnFailure(() -> array == null ? "" : array.report());

    private record Outcome(int exitCode, String out, String err) {}

    @BeforeEach
    void startPair() throws Exception {
        array = TestServerArray.create(directory.resolve("array"), "Server1", "Server2");
        array.start("Server1").awaitRole(Cluster.ACTIVE);
        array.start("Server2").awaitRole(Cluster.STANDBY);
        new StoredSessions(array.config(), 40).create();
        awaitShell("Server1");
        awaitShell("Server2");
    }

    @AfterEach
    void end() throws IOException {
        array.close();
        array.requireNoErrors();
    }

    @Test
    void shouldShowAndEndSessionsOnBothServersAndHandOver() throws Exception {
        Outcome listed = shell("", "-n", "Server2", "session:list", "--json", "--limit", "100");
        String id = firstId(listed.out);
        Outcome shown = shell("", "-n", "Server1", "session:show", id);
        Outcome onStandby = shell("", "-n", "Server2", "session:invalidate", id, "--yes");
        Outcome ended = shell("", "session:invalidate", id, "--yes");

        assertThat(listed.out.split("\"id\"", -1)).hasSize(41);
        assertThat(shown.out).contains("in sync, this version", "number", "application");
        assertThat(onStandby.exitCode).isEqualTo(4);
        assertThat(onStandby.err).contains("ask the active Server1");
        assertThat(ended.exitCode).isZero();
        assertThat(shell("", "-n", "Server2", "session:show", id).exitCode).isEqualTo(1);
        assertThat(shell("", "session:invalidate", id, "--yes").exitCode).isEqualTo(1);

        Outcome failover = shell("", "cluster:failover", "--yes");
        assertThat(failover.out).contains("Server2 is active");
        array.server("Server2").awaitRole(Cluster.ACTIVE);
        assertThat(shell("", "session:stats").out).contains("39 sessions", "Server2");
    }

    @Test
    void shouldRunAPipeAndSayHowItEnded() throws Exception {
        Outcome good = shell(
                "cluster:members\nserver:config dso-port\nserver:bundles\nserver:threads\nlb -s\nscr:list\n"
                        + "scr:info org.stoneware.shell.ShellServer\nserver:loglevel org.stoneware.server DEBUG\nserver:sweep\n");
        Outcome bad = shell("cluster:members\nno:such\ncluster:status\n");

        assertThat(good.exitCode).isZero();
        assertThat(good.out)
                .contains("ACTIVE-COORDINATOR", "dso-port", "org.stoneware.shell", "stoneware-agent", "ShellServer");
        assertThat(bad.exitCode).isEqualTo(2);
        assertThat(bad.err).contains("no such command: no:such");
    }

    @Test
    void shouldStopStartAndUpdateABundleByItsNameAndById() throws Exception {
        String bundle = "org.stoneware.storage.permanent";
        Matcher found = Pattern.compile("(\\d+) .*" + bundle).matcher(shell("", "server:bundles").out);
        assertThat(found.find()).isTrue();
        String id = found.group(1);

        Outcome byName = shell("", "stop", bundle);
        Outcome stopped = shell("", "storage:list");
        Outcome started = shell("", "start", id);
        Outcome updated = shell("", "update", id);
        Outcome byId = shell("", "stop", id);

        assertThat(List.of(byName.exitCode, started.exitCode, updated.exitCode, byId.exitCode))
                .containsOnly(0);
        assertThat(stopped.out).doesNotContain("permanent-store");
        assertThat(shell("", "server:bundles").out).containsPattern(id + " .* resolved .*" + bundle);
        assertThat(shell("", "start", id).exitCode).isZero();
        assertThat(shell("", "storage:list").out).contains("permanent-store");
        assertThat(shell("", "stop", "no.such.bundle").exitCode).isEqualTo(2);
    }

    @Test
    void shouldTalkToAPersonAtATerminal() throws Exception {
        assumeTrue(Files.isExecutable(SCRIPT), "script of util-linux is not installed");
        String id = firstId(shell("", "-n", "Server1", "session:list", "--json", "--limit", "1").out);

        Process process = new ProcessBuilder(
                        SCRIPT.toString(),
                        "-qefc",
                        "stty cols 100 rows 40; exec " + String.join(" ", command("-n", "Server1")),
                        directory.resolve("typescript").toString())
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("terminal.txt").toFile())
                .directory(directory.toFile())
                .start();
        try (OutputStream keys = process.getOutputStream()) {
            awaitScreen("leaves.");
            // All that follows is typed ahead of what it answers, and nothing of it may be lost.
            type(keys, "session:st\t\rcluster:members\r");
            awaitScreen("40 sessions");
            awaitScreen("PASSIVE-STANDBY");
            type(keys, "session:invalidate " + id + "\rn\r");
            awaitScreen("nothing was done");
            // The arrow finds the last line again; a question's answer is none.
            type(keys, "\u001bOA\ry\r");
            awaitScreen("is ended");
            type(keys, "session:stats\r");
            awaitScreen("39 sessions");
            type(keys, "no:such\r\u0004");
            assertThat(process.waitFor(PATIENCE_SEC, TimeUnit.SECONDS)).isTrue();
        } finally {
            process.destroyForcibly();
        }

        String screen = Files.readString(directory.resolve("terminal.txt"), StandardCharsets.ISO_8859_1);
        assertThat(process.exitValue()).as("that of the last command").isEqualTo(2);
        assertThat(screen).contains("\u001b[32mACTIVE-COORDINATOR");
        assertThat(screen.split("cluster:members", -1)).as("shown once").hasSize(2);
    }

    private static void type(OutputStream keys, String text) throws IOException {
        keys.write(text.getBytes(StandardCharsets.UTF_8));
        keys.flush();
    }

    private void awaitScreen(String wanted) throws Exception {
        long startNs = System.nanoTime();
        while (true) {
            String screen = Files.readString(directory.resolve("terminal.txt"), StandardCharsets.ISO_8859_1);
            if (screen.contains(wanted)) {
                return;
            }
            if (System.nanoTime() - startNs > TimeUnit.SECONDS.toNanos(PATIENCE_SEC)) {
                throw new AssertionError("not on the screen: " + wanted + "\n" + screen);
            }
            // A terminal is a file here; nobody tells when it grows.
            Thread.sleep(50);
        }
    }

    /** The shell comes last of all that starts. */
    private void awaitShell(String server) throws Exception {
        long startNs = System.nanoTime();
        while (shell("", "-n", server, "cluster:members").exitCode != 0) {
            if (System.nanoTime() - startNs > TimeUnit.SECONDS.toNanos(PATIENCE_SEC)) {
                throw new AssertionError("no shell at " + server);
            }
        }
    }

    private static String firstId(String json) {
        int at = json.indexOf("\"id\" : \"") + 8;
        return json.substring(at, json.indexOf('"', at));
    }

    private Outcome shell(String input, String... words) throws Exception {
        Process process = new ProcessBuilder(command(words))
                .directory(directory.toFile())
                .redirectOutput(directory.resolve("out.txt").toFile())
                .redirectError(directory.resolve("err.txt").toFile())
                .start();
        try (OutputStream in = process.getOutputStream()) {
            in.write(input.getBytes(StandardCharsets.UTF_8));
        }
        if (!process.waitFor(PATIENCE_SEC, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new AssertionError("still running: " + List.of(words));
        }
        return new Outcome(
                process.exitValue(),
                Files.readString(directory.resolve("out.txt")),
                Files.readString(directory.resolve("err.txt")));
    }

    private List<String> command(String... words) {
        List<String> command = new ArrayList<>(List.of(
                Layout.distribution().resolve("bin/shell").toString(),
                "-f",
                array.config().file().toString()));
        command.addAll(List.of(words));
        return command;
    }
}
