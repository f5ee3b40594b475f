package org.stoneware.shell;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.stoneware.api.cluster.SessionBackup.Existing;
import org.stoneware.api.cluster.SessionBackup.RestoreCounts;
import org.stoneware.api.cluster.SessionBackup.RestoreOptions;
import org.stoneware.api.cluster.SessionBackup.Status;
import org.stoneware.shell.RunningShell.Outcome;

class BackupCommandsTest {
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

    @Test
    void shouldSayHowManySessionsAreInTheFile() {
        Outcome outcome = shell.run("session:backup", "/backups/a b");

        assertThat(outcome.exitCode()).isZero();
        assertThat(outcome.out()).contains("1234 sessions of Server2 are in /backups/a b");
        assertThat(shell.backups.file).isEqualTo(Path.of("/backups/a b"));
    }

    @Test
    void shouldSayWhatBecameOfEverySessionOfTheFile() {
        Outcome outcome = shell.run("session:restore", "/backups/today", "--replace", "--count-time");

        assertThat(outcome.exitCode()).isZero();
        assertThat(shell.backups.options).isEqualTo(new RestoreOptions(Existing.REPLACE, true));
        assertThat(outcome.out())
                .contains(
                        "9 of 21 sessions are back on Server1",
                        "2 of these took the place of another",
                        "1 of these others had been used after the backup",
                        "3 were here already, the same",
                        "4 were here already",
                        "5 skipped: their time is over");
    }

    @Test
    void shouldKeepWhatIsThereWithoutAnOption() {
        shell.run("session:restore", "/backups/today");

        assertThat(shell.backups.options).isEqualTo(RestoreOptions.DEFAULTS);
    }

    @ParameterizedTest
    @CsvSource({"FAILED,1", "INCOMPLETE,1", "NOT_HERE,4"})
    void shouldEndWithACodeThatSaysWhatToDo(Status status, int exitCode) {
        shell.backups.status = status;
        shell.backups.reason = "for a reason";
        shell.backups.counts = RestoreCounts.NONE;

        Outcome backup = shell.run("session:backup", "/backups/today");
        Outcome restore = shell.run("session:restore", "/backups/today");

        assertThat(backup.exitCode()).isEqualTo(exitCode);
        assertThat(restore.exitCode()).isEqualTo(exitCode);
        assertThat(backup.err()).contains("for a reason");
        assertThat(restore.err()).contains("for a reason");
        assertThat(restore.out()).isEmpty();
    }

    @Test
    void shouldWantTheWholePathSinceTheServerStandsElsewhere() {
        Outcome outcome = shell.run("session:backup", "today");

        assertThat(outcome.exitCode()).isEqualTo(2);
        assertThat(outcome.err()).contains("'today' is not the whole path of a file");
    }

    @Test
    void shouldNotTakeBothChoicesAtOnce() {
        Outcome outcome = shell.run("session:restore", "/backups/today", "--keep", "--replace");

        assertThat(outcome.exitCode()).isEqualTo(2);
        assertThat(outcome.err()).contains("exclude each other");
    }
}
