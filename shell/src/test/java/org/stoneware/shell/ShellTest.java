package org.stoneware.shell;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.stoneware.api.cluster.SessionAdmin.InvalidateOutcome.Status;
import org.stoneware.api.session.SessionKey;
import org.stoneware.shell.RunningShell.Outcome;
import org.stoneware.shell.client.ShellClient;
import org.stoneware.shell.client.ShellTerminal;
import org.stoneware.shell.link.Frame;
import org.stoneware.shell.link.FrameChannel;
import org.stoneware.shell.link.ShellAddress;

/** The client and the server's end, over a real socket. */
class ShellTest {
    private static final Pattern SCOPE = Pattern.compile("\"osgi\\.command\\.scope=(\\w+)\"");
    private static final Pattern FUNCTION = Pattern.compile("\"osgi\\.command\\.function=(\\w+)\"");
    private static final int MAX_HELP_LINE = 120;

    @TempDir
    Path directory;

    private RunningShell shell;

    @BeforeEach
    void open() {
        shell = new RunningShell(directory);
    }

    @AfterEach
    void close() {
        shell.close();
    }

    /** Every command any component of any module registers, as {@code scope:function}. */
    static Set<String> commands() throws IOException {
        Set<String> commands = new TreeSet<>();
        try (Stream<Path> sources = Files.find(
                Path.of(".."),
                Integer.MAX_VALUE,
                (file, facts) ->
                        file.toString().endsWith(".java") && file.toString().contains("src/main/java"))) {
            for (Path file : sources.toList()) {
                String text = Files.readString(file);
                SCOPE.matcher(text).results().map(scope -> scope.group(1)).forEach(scope -> FUNCTION.matcher(text)
                        .results()
                        .forEach(function -> commands.add(scope + ":" + function.group(1))));
            }
        }
        assertThat(commands).contains("session:list", "server:threads", "storage:use");
        return commands;
    }

    @ParameterizedTest
    @MethodSource("commands")
    void shouldExplainEveryCommand(String command) {
        Outcome outcome = shell.run(command, "--help");

        assertThat(outcome.exitCode()).isZero();
        assertThat(outcome.out()).startsWith(command).contains("--json", "--help");
        assertThat(outcome.out().lines()).allMatch(line -> line.length() <= MAX_HELP_LINE);
        assertThat(outcome.err()).isEmpty();
        assertThat(shell.run("help").out()).as("the list of commands").contains(command + " ");
        assertThat(shell.run("help", command).out()).isEqualTo(outcome.out());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "session:list",
                "session:find AAA",
                "session:show AAA1",
                "session:stats",
                "session:invalidate AAA1 --yes",
                "session:backup /backups/today",
                "session:restore /backups/today",
                "cluster:status",
                "cluster:members",
                "cluster:clients",
                "cluster:events",
                "cluster:failover --yes",
                "server:config",
                "server:bundles",
                "server:loglevel",
                "server:sweep",
                "server:threads --stacks"
            })
    void shouldAnswerScriptsInOneJsonValueThatHarmsNoTerminal(String command) throws IOException {
        Outcome outcome = shell.run((command + " --json").split(" "));

        assertThat(outcome.exitCode()).isZero();
        assertThat(outcome.out()).matches("[\\n\\x20-\\x7e]+");
        strings(outcome.out());
    }

    @Test
    void shouldKeepHostileNamesWholeInJson() throws IOException {
        assertThat(strings(shell.run("session:list", "--json").out())).contains(FakeSessions.HOSTILE);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "session:list",
                "session:show AAA1",
                "session:stats",
                "cluster:status",
                "cluster:clients",
                "cluster:events",
                "session:find nothing"
            })
    void shouldShowNothingATerminalWouldObey(String command) {
        Outcome outcome = shell.run(command.split(" "));

        assertThat(outcome.exitCode()).isZero();
        assertThat(outcome.out()).doesNotContain("\u001b", "\u0007", "\u202e");
    }

    @Test
    void shouldTakeAHostileIdAsTheWordItIs() {
        Outcome shown = shell.run("session:show", FakeSessions.HOSTILE);
        shell.run("session:invalidate", FakeSessions.HOSTILE, "--yes");

        assertThat(shown.exitCode()).isZero();
        assertThat(shown.out()).contains("\\u001B[2J").doesNotContain("\u001b");
        assertThat(shell.sessions.ended).containsExactly(SessionKey.of("localhost/shop", FakeSessions.HOSTILE));
    }

    @Test
    void shouldSayOnTheErrorStreamWhatIsWrongWithAWord() {
        Outcome outcome = shell.run("session:list", "--limti", "5");

        assertThat(outcome.exitCode()).isEqualTo(2);
        assertThat(outcome.out()).isEmpty();
        assertThat(outcome.err()).contains("--limti", "--limit", "session:list --help");
    }

    @Test
    void shouldTakeNoWordsADrillDoesNotKnow() {
        Outcome outcome = shell.run("cluster:drill", "hand-over", "--yes");

        assertThat(outcome.exitCode()).isEqualTo(2);
        assertThat(outcome.err()).contains("cluster:drill --help");
    }

    @Test
    void shouldTellUnknownCommandsFromFailedOnes() {
        assertThat(shell.run("session:lits").exitCode()).isEqualTo(2);
        assertThat(shell.run("session:lits").err()).contains("no such command", "help");
        assertThat(shell.run("session:show", "gone").exitCode()).isEqualTo(1);
        assertThat(shell.run("session:list", "--limit", "0").exitCode()).isEqualTo(2);
        assertThat(shell.run("session:show").exitCode()).isEqualTo(2);
    }

    @Test
    void shouldAskForTheApplicationOfAnIdThatSeveralHave() {
        Outcome outcome = shell.run("session:show", "AAA2");

        assertThat(outcome.exitCode()).isEqualTo(2);
        assertThat(outcome.err()).contains("--app", "localhost/admin", "localhost/shop");
        assertThat(shell.run("session:show", "AAA2", "--app", "localhost/admin").exitCode())
                .isZero();
    }

    @Test
    void shouldEndNothingWithoutAYes() {
        assertThat(shell.run("session:invalidate", "AAA1").exitCode()).isEqualTo(2);
        assertThat(shell.run("n\n", true, "session:invalidate", "AAA1").exitCode())
                .isEqualTo(1);
        assertThat(shell.run("", true, "session:invalidate", "AAA1").exitCode()).isEqualTo(1);
        assertThat(shell.sessions.ended).isEmpty();

        assertThat(shell.run("y\n", true, "session:invalidate", "AAA1").exitCode())
                .isZero();
        assertThat(shell.sessions.ended).hasSize(1);
        assertThat(shell.sessions.askedBy).contains("by shell");
    }

    @Test
    void shouldSayWhoIsAskedInsteadOfAPassive() {
        shell.sessions.status = Status.NOT_ACTIVE;
        shell.management.isActive = false;

        Outcome invalidate = shell.run("session:invalidate", "AAA1", "--yes");
        Outcome clients = shell.run("cluster:clients");
        Outcome failover = shell.run("cluster:failover", "--yes");

        assertThat(List.of(invalidate.exitCode(), clients.exitCode(), failover.exitCode()))
                .containsOnly(4);
        assertThat(List.of(invalidate.err(), clients.err(), failover.err()))
                .allSatisfy(text -> assertThat(text).contains("not here", "ask the active Server2"));
    }

    @Test
    void shouldSayWhyItDoesNotHandOver() {
        shell.management.hasStandby = false;

        Outcome outcome = shell.run("cluster:failover", "--yes");

        assertThat(outcome.exitCode()).isEqualTo(1);
        assertThat(outcome.err()).contains("no standby is in sync");
    }

    @Test
    void shouldRunAPipeOfCommandsUntilOneFails() {
        Outcome outcome = shell.run("# a comment\n\nsession:find AAA1\nsession:show gone\nsession:stats\n", false);

        assertThat(outcome.exitCode()).isEqualTo(1);
        assertThat(outcome.out()).contains("AAA1").doesNotContain("APPLICATION  SESSIONS");
        assertThat(outcome.err()).contains("gone");
    }

    @Test
    void shouldSayThatNoServerRuns() {
        shell.close();

        Outcome outcome = shell.run("cluster:status");

        assertThat(outcome.exitCode()).isEqualTo(3);
        assertThat(outcome.err()).contains("Server1", "not running");
    }

    @Test
    void shouldListAllCommandsWithWhatTheyDo() {
        assertThat(shell.run("help").out()).contains("session:list", "sessions in order", "server:threads");
        assertThat(shell.run("help", "session:list").out()).startsWith("session:list");
    }

    @Test
    void shouldShowTheConfigurationWithItsOrigins() {
        assertThat(shell.run("server:config", "jmx").out())
                .contains("Server1 runs with tc-config.xml", "9520", "derived from dso-port + 10")
                .doesNotContain("dso-port  ");
        assertThat(shell.run("server:config", "nothing-like-this").exitCode()).isEqualTo(1);
    }

    @Test
    void shouldSetTheLevelOfALoggerAndSayWhatIsAllowed() {
        assertThat(shell.run("server:loglevel", "org.example.shell-test", "debug")
                        .out())
                .contains("org.example.shell-test", "debug");
        assertThat(shell.run("server:loglevel", "org.example.shell-test", "inherit")
                        .exitCode())
                .isZero();

        Outcome wrong = shell.run("server:loglevel", "org.example.shell-test", "loud");

        assertThat(wrong.exitCode()).isEqualTo(2);
        assertThat(wrong.err()).contains("loud", "warning", "server:loglevel --help");
    }

    @Test
    void shouldShowWhatThreadsDo() {
        assertThat(shell.run("server:threads").out()).contains("CPU", "stoneware-shell");
        assertThat(shell.run("server:threads", "--stacks").out()).contains("    at ");
    }

    @Test
    void shouldCallALineThatIsNoneAWrongLine() {
        assertThat(shell.run("session:list \"").exitCode()).isEqualTo(2);
    }

    @Test
    void shouldEndWhatRunsWhenItsClientIsInterruptedAndGoOn() throws Exception {
        try (FrameChannel client =
                new FrameChannel(SocketChannel.open(UnixDomainSocketAddress.of(ShellAddress.of(directory))))) {
            client.send(Frame.of(Frame.Type.HELLO, "1\n0\n0\n0"));
            assertThat(client.receive().type()).isEqualTo(Frame.Type.WELCOME);

            client.send(Frame.of(Frame.Type.EXECUTE, "cluster:events --follow"));
            assertThat(client.receive().type()).isEqualTo(Frame.Type.OUT);
            client.send(Frame.of(Frame.Type.CANCEL, ""));
            assertThat(exitCode(client)).isEqualTo(130);

            client.send(Frame.of(Frame.Type.EXECUTE, "session:stats"));
            assertThat(exitCode(client)).isZero();
        }
    }

    /** A channel closes when the thread that writes to it is interrupted. */
    @Test
    void shouldKeepTheConnectionOfWhoInterruptsInTheMiddleOfALongAnswer() throws Exception {
        for (int i = 0; i < 1_000; i++) {
            shell.management.add("member-joined", "one of many");
        }
        try (FrameChannel client =
                new FrameChannel(SocketChannel.open(UnixDomainSocketAddress.of(ShellAddress.of(directory))))) {
            client.send(Frame.of(Frame.Type.HELLO, "1\n0\n0\n0"));
            client.receive();

            for (int i = 0; i < 20; i++) {
                client.send(Frame.of(Frame.Type.EXECUTE, "cluster:events --limit 1000 --follow"));
                assertThat(client.receive().type()).isEqualTo(Frame.Type.OUT);
                client.send(Frame.of(Frame.Type.CANCEL, ""));
                assertThat(exitCode(client)).isEqualTo(130);
            }
        }
    }

    @Test
    void shouldOfferWordsThatFit() throws Exception {
        try (FrameChannel client =
                new FrameChannel(SocketChannel.open(UnixDomainSocketAddress.of(ShellAddress.of(directory))))) {
            client.send(Frame.of(Frame.Type.HELLO, "1\n0\n0\n0"));
            client.receive();

            assertThat(offered(client, "session:s")).containsExactly("session:show", "session:stats");
            assertThat(offered(client, "session:show AAA1")).containsExactly("AAA1");
            assertThat(offered(client, "session:list --l")).containsExactly("--limit");
            assertThat(offered(client, "session:list --app localhost")).containsExactly("localhost/shop");
            assertThat(String.join("", offered(client, "session:show "))).doesNotContain("\u001b");
        }
    }

    private static List<String> offered(FrameChannel client, String line) throws IOException {
        client.send(Frame.of(Frame.Type.COMPLETE, line.length() + "\n" + line));
        return List.of(client.receive().text().split("\n"));
    }

    /** Reads to the end of a command. */
    private static int exitCode(FrameChannel client) throws IOException {
        while (true) {
            Frame frame = client.receive();
            assertThat(frame).as("the connection ended").isNotNull();
            if (frame.type() == Frame.Type.DONE) {
                return Integer.parseInt(frame.line(0));
            }
        }
    }

    @Test
    void shouldLetOnlyItsOwnUserIn() throws IOException {
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(directory.resolve("shell"))))
                .isEqualTo("rwx------");
    }

    @Test
    void shouldOpenAgainWhereAKilledServerLeftItsSocket() throws IOException {
        shell.close();
        Files.writeString(directory.resolve("shell").resolve("socket"), "left behind");

        shell = new RunningShell(directory);

        assertThat(shell.run("cluster:status").exitCode()).isZero();
    }

    @Test
    void shouldServeFromADirectoryTooDeepForASocket() throws IOException {
        Path deep = Files.createDirectories(directory.resolve("d".repeat(120)));
        shell.close();
        shell = new RunningShell(deep);

        assertThat(shell.run("cluster:status").exitCode()).isZero();
        shell.close();
        assertThat(new ShellClient(ShellTerminal.ofProcess(), List.of(new ShellClient.Candidate("S", deep)))
                        .run(List.of("cluster:status")))
                .isEqualTo(3);
    }

    @Test
    void shouldComplainUnderTheNameOfTheProgramThatWasCalled() {
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        PrintStream printer = new PrintStream(err, true, StandardCharsets.UTF_8);
        ShellTerminal terminal =
                new ShellTerminal(InputStream.nullInputStream(), printer, printer, false, false, 0, false);
        ShellClient client =
                new ShellClient(terminal, List.of(new ShellClient.Candidate("S", directory.resolve("nobody"))));

        assertThat(client.calledAs("backup").run(List.of("session:backup", "/x")))
                .isEqualTo(3);
        assertThat(err.toString(StandardCharsets.UTF_8)).startsWith("backup: no server answers on this machine: S");
    }

    private static List<String> strings(String json) throws IOException {
        List<String> strings = new ArrayList<>();
        try (JsonParser parser = new JsonFactory().createParser(json)) {
            JsonToken token;
            while ((token = parser.nextToken()) != null) {
                if (token == JsonToken.VALUE_STRING) {
                    strings.add(parser.getText());
                }
            }
        }
        return strings;
    }
}
