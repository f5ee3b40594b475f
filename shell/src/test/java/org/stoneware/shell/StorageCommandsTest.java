package org.stoneware.shell;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.stoneware.api.cluster.StorageAdmin.Scope;
import org.stoneware.shell.RunningShell.Outcome;

/** {@code storage:*} over a real socket. */
class StorageCommandsTest {
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
    void shouldListStoresAndWhichIsInUse() {
        assertThat(shell.run("storage:list").out())
                .contains("memory", "yes", "org.example.swap", "1.1.0")
                .doesNotContain("\u001b");
        assertThat(shell.run("storage:list", "--json").out())
                .contains("\"inUse\"", "temporary-swap-only", "\"configuredMode\"");
    }

    @Test
    void shouldMoveAllServersAndWaitUntilTheyHave() {
        Outcome moved = shell.run("storage:use", "temporary-swap-only");

        assertThat(moved.exitCode()).isZero();
        assertThat(moved.out())
                .contains("the sessions of Server1 are in temporary-swap-only")
                .contains("for 30 s the old store gets every change too", "store-proved");
        assertThat(shell.management.storage.asked).isEqualTo(Scope.ARRAY);
        assertThat(shell.management.storage.isMoving()).isFalse();
    }

    @Test
    void shouldSayNothingOfAProbationWhereNothingHadToMove() {
        assertThat(shell.run("storage:use", "memory").out())
                .contains("the sessions of Server1 are in memory")
                .doesNotContain("store-proved");
    }

    @Test
    void shouldMoveOneServerWhenAskedTo() {
        assertThat(shell.run("storage:use", "temporary-swap-only", "--here", "--json")
                        .out())
                .contains("\"moved\"", "true", "\"onProbation\"");
        assertThat(shell.management.storage.asked).isEqualTo(Scope.THIS_SERVER);
    }

    @Test
    void shouldFailWithTheReasonWhenSessionsStay() {
        Outcome broken = shell.run("storage:use", FakeStorage.BREAKS);
        Outcome unknown = shell.run("storage:use", "nowhere");

        assertThat(broken.exitCode()).isEqualTo(1);
        assertThat(broken.err()).contains("it is too slow");
        assertThat(unknown.exitCode()).isEqualTo(1);
        assertThat(unknown.err()).contains("no installed bundle offers 'nowhere'");
        assertThat(shell.run("storage:use").exitCode()).isEqualTo(2);
    }

    @Test
    void shouldNotRetireWhatIsInUseNorWithoutAnAnswer() {
        assertThat(shell.run("storage:retire", "memory", "--yes").exitCode()).isEqualTo(1);
        assertThat(shell.run("storage:retire", "temporary-swap-only").exitCode())
                .isEqualTo(2);
        assertThat(shell.run("storage:retire", "temporary-swap-only", "--yes").exitCode())
                .isZero();
    }

    @Test
    void shouldShowWhatTheStoreHolds() {
        assertThat(shell.run("storage:stats").out()).contains("memory", "4, 8.0 KiB", "org.example.memory 1.0.0");
        assertThat(shell.run("storage:stats", "--json").out()).contains("\"payloadBytes\"", "8192");
    }

    @Test
    void shouldExplainEveryCommand() {
        for (String each : new String[] {"storage:list", "storage:use", "storage:retire", "storage:stats"}) {
            assertThat(shell.run(each, "--help").out()).startsWith(each).contains("--json");
        }
    }
}
