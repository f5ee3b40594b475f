package org.stoneware.shell;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.stoneware.api.session.SessionKey;

/** A person at a terminal: what the keys do. */
class TypedShellTest {
    /** End of a prompt: behind it the editor waits. */
    private static final String PROMPT = "> ";

    private static final String UP = "\u001bOA";
    private static final String CTRL_C = "\u0003";
    private static final String CTRL_D = "\u0004";
    private static final String COLOUR = "\u001b[32mACTIVE-COORDINATOR";

    private static final int COLUMNS = 100;
    /** As Tomcat makes them, with a jvmRoute. */
    private static final String ID = "1A7389F7000000270000004D00000063.tomcat-a";

    @TempDir
    private Path directory;

    private RunningShell shell;

    @BeforeEach
    void open() {
        assumeTrue(Files.isExecutable(PseudoTerminal.SCRIPT), "script of util-linux is not installed");
        shell = new RunningShell(directory);
    }

    @AfterEach
    void close() {
        if (shell != null) {
            shell.close();
        }
    }

    @Test
    void shouldRunAllThatIsTypedAheadInItsOrderAndShowItOnce() throws Exception {
        try (PseudoTerminal terminal = terminal(Map.of())) {
            terminal.await(PROMPT);
            terminal.type("session:find AAA1\rsession:lits\rsession:stats\rexit\r");

            terminal.await("1 session");
            terminal.await("no such command: session:lits");
            terminal.await("4 sessions");
            assertThat(terminal.awaitEnd()).isZero();

            assertThat(terminal.screen().split("session:stats", -1)).hasSize(2);
            assertThat(terminal.screen().split("exit\r", -1)).hasSize(2);
        }
    }

    @Test
    void shouldKeepWhatIsTypedWhileACommandRunsForTheNextLine() throws Exception {
        try (PseudoTerminal terminal = terminal(Map.of())) {
            terminal.await(PROMPT);
            shell.sessions.holdStats();
            terminal.type("session:stats\r");
            shell.sessions.awaitHeld();
            // Ctrl-U means something to a terminal that hands over lines, too; here it is the editor's.
            terminal.type("nonsense\u0015session:find AAA2\r");
            shell.sessions.release();
            String before = terminal.await("4 sessions");
            String after = terminal.await("2 sessions");

            assertThat(before).doesNotContain("nonsense", "AAA2");
            assertThat(after).contains("session:find AAA2").doesNotContain("no such command");

            shell.sessions.holdStats();
            terminal.type("session:stats\r");
            shell.sessions.awaitHeld();
            terminal.type(CTRL_D);
            shell.sessions.release();
            assertThat(terminal.awaitEnd()).isZero();
        }
    }

    @Test
    void shouldEndWhatRunsOnCtrlCAndGoOn() throws Exception {
        try (PseudoTerminal terminal = terminal(Map.of())) {
            terminal.await(PROMPT);
            terminal.type("cluster:events --follow\r");
            terminal.await("client-refused");
            shell.management.add("hand-over-requested", "while it follows");
            terminal.await("while it follows");
            terminal.type(CTRL_C);
            terminal.await("interrupted");
            terminal.await(PROMPT);
            terminal.type("session:stats\r");
            terminal.await("4 sessions");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {80, 120})
    void shouldShowWhatAnotherCommandTakesInOnePieceHoweverNarrowTheTerminalIs(int columns) throws Exception {
        shell.sessions.sessions.add(0, SessionKey.of("localhost/the-shop", ID));
        try (PseudoTerminal terminal = new PseudoTerminal(directory, columns, Map.of("NO_COLOR", "1"))) {
            terminal.await(PROMPT);
            terminal.type("session:list --limit 1\r");
            String list = terminal.await("1 session on");
            terminal.type("session:find " + ID.substring(0, 8) + "\r");
            String found = terminal.await("1 session on");
            terminal.type("session:show " + ID + "\r");
            terminal.await("last writer");
            terminal.type("cluster:clients\r");
            String clients = terminal.await(FakeManagement.TOMCAT_ADDRESS);

            terminal.type("help\rserver:threads\rcluster:events\rsession:lits | lb\r");
            String sentences = terminal.await("no such command: lb;");

            assertThat(plain(sentences).lines()).allMatch(line -> line.length() <= columns);
            assertThat(plain(list).lines()).contains(row(list)).allMatch(line -> line.length() <= columns);
            assertThat(row(list)).startsWith("localhost/the-shop  " + ID + " ");
            assertThat(row(found)).isEqualTo(row(list));
            assertThat(list + found + clients).doesNotContain("…");
        }
    }

    /** Without what moves the cursor. */
    private static String plain(String screen) {
        return screen.replaceAll("\u001b(?:\\[[0-9;?]*[A-Za-z]|[=>])", "");
    }

    private static String row(String table) {
        return table.lines().filter(line -> line.contains(ID)).findFirst().orElse("");
    }

    @Test
    void shouldFindTheLastLineAgainAndKeepItForTheNextTime() throws Exception {
        try (PseudoTerminal terminal = terminal(Map.of())) {
            terminal.await(PROMPT);
            terminal.type("session:find AAA1\r");
            terminal.await("1 session");
            terminal.await(PROMPT);
            terminal.type(UP);
            terminal.await("session:find AAA1");
            terminal.type("\r");
            terminal.await("1 session");
            terminal.type(" session:find AAA2\r");
            terminal.await("2 sessions");
            terminal.type("exit\r");
            assertThat(terminal.awaitEnd()).isZero();
        }

        try (PseudoTerminal terminal = terminal(Map.of())) {
            terminal.await(PROMPT);
            terminal.type(UP + UP);
            terminal.await("session:find AAA1");
        }
        Path history = directory.resolve(".stoneware").resolve("shell-history");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(history)))
                .isEqualTo("rw-------");
        assertThat(history).content().contains("session:find AAA1").doesNotContain("AAA2");
    }

    @Test
    void shouldCompleteCommandsAndIdsAndListWhatIsPossible() throws Exception {
        try (PseudoTerminal terminal = terminal(Map.of())) {
            terminal.await(PROMPT);
            terminal.type("session:sh\t");
            terminal.await("session:show ");
            terminal.type("AAA1\t\r");
            terminal.await("attributes");
            terminal.await(PROMPT);
            terminal.type("session:s\t");
            // What they have in common has a colour of its own.
            assertThat(terminal.await("tats")).contains("how");
        }
    }

    @Test
    void shouldForgetALineOnCtrlCAndLeaveOnCtrlD() throws Exception {
        try (PseudoTerminal terminal = terminal(Map.of())) {
            terminal.await(PROMPT);
            terminal.type("session:invalidate AAA1 --yes");
            terminal.await("--yes");
            terminal.type(CTRL_C);
            terminal.await(PROMPT);
            terminal.type("session:show gone\r");
            terminal.await("gone");
            terminal.await(PROMPT);
            terminal.type(CTRL_D);

            assertThat(terminal.awaitEnd()).as("that of the last command").isEqualTo(1);
            assertThat(shell.sessions.ended).isEmpty();
        }
    }

    @Test
    void shouldEndASessionOnlyWhenItsQuestionIsAnsweredWithYes() throws Exception {
        try (PseudoTerminal terminal = terminal(Map.of())) {
            terminal.await(PROMPT);
            for (String answer : new String[] {"n\r", "\r", "yes\tterday\r", CTRL_C, CTRL_D}) {
                terminal.type("session:invalidate AAA1\r");
                terminal.await("End session AAA1 of localhost/shop? [y/N] ");
                terminal.type(answer);
                terminal.await("nothing was done");
            }
            assertThat(shell.sessions.ended).isEmpty();

            terminal.type("session:invalidate AAA1\ry\r");
            terminal.await("is ended");
            assertThat(shell.sessions.ended).containsExactly(SessionKey.of("localhost/shop", "AAA1"));
            terminal.await(PROMPT);
            terminal.type(UP);
            terminal.await("session:invalidate AAA1");
        }
    }

    @Test
    void shouldColourNothingWhereColoursAreNotWanted() throws Exception {
        try (PseudoTerminal terminal = terminal(Map.of())) {
            terminal.await(COLOUR);
            terminal.await(PROMPT);
            terminal.type("cluster:members\r");
            terminal.await(COLOUR);
        }
        try (PseudoTerminal terminal = terminal(Map.of("NO_COLOR", "1"))) {
            terminal.await("Server1 ACTIVE-COORDINATOR" + PROMPT);
            terminal.type("cluster:members\r");
            terminal.await("PASSIVE-STANDBY");
            assertThat(terminal.screen()).doesNotContain("\u001b[32m", "\u001b[1m");
        }
        assertThat(shell.run("cluster:members").out()).doesNotContain("\u001b");
    }

    @Test
    void shouldSayThatTheServerWentAway() throws Exception {
        try (PseudoTerminal terminal = terminal(Map.of())) {
            terminal.await(PROMPT);
            shell.close();
            terminal.type("session:stats\r");

            assertThat(terminal.awaitEnd()).isEqualTo(3);
            assertThat(terminal.screen()).contains("shell: ");
        }
    }

    private PseudoTerminal terminal(Map<String, String> environment) throws Exception {
        return new PseudoTerminal(directory, COLUMNS, environment);
    }
}
