package org.stoneware.server.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.api.cluster.SessionBackup.BackupOutcome;
import org.stoneware.api.cluster.SessionBackup.Existing;
import org.stoneware.api.cluster.SessionBackup.RestoreCounts;
import org.stoneware.api.cluster.SessionBackup.RestoreOptions;
import org.stoneware.api.cluster.SessionBackup.RestoreOutcome;
import org.stoneware.api.cluster.SessionBackup.Status;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.server.admin.QuestionFixture;
import org.stoneware.server.role.SessionGeneration;
import org.stoneware.server.storage.UnreadWalks;

/** Backups of a server whose agent is the thread of the test, into real files. */
class BackupDeskTest {
    private static final String SHOP = "localhost/shop";
    private static final RestoreOptions REPLACE = new RestoreOptions(Existing.REPLACE, false);
    private static final long PATIENCE_NS = TimeUnit.SECONDS.toNanos(60);

    @TempDir
    private Path directory;

    private final LivenessInbox inbox = new LivenessInbox();
    private final EventLog events = new EventLog(() -> 0);
    private final QuestionFixture server = new QuestionFixture();
    private final BackupDesk desk = new BackupDesk(new SessionDesk(inbox, server.questions), events, "Server1");

    @Test
    void shouldPutBackEverySessionOfABackup() {
        putSessions(1_000);
        BackupOutcome backup = backup();
        loseEverything();

        RestoreOutcome restore = restore(RestoreOptions.DEFAULTS);

        assertThat(backup.status()).as(backup.reason()).isEqualTo(Status.DONE);
        assertThat(backup.sessions()).isEqualTo(1_000);
        assertThat(restore.status()).as(restore.reason()).isEqualTo(Status.DONE);
        assertThat(restore.counts()).isEqualTo(new RestoreCounts(1_000, 0, 0, 0, 0, 0, 0, 0));
        for (int i = 0; i < 1_000; i++) {
            assertThat(value("S" + i)).containsExactly(1, i, i >> 8);
        }
    }

    @Test
    void shouldLeaveAFileOnlyItsOwnerMayReadAndNothingElse() throws IOException {
        putSessions(3);

        BackupOutcome backup = backup();

        assertThat(directory.toFile().list()).containsExactly("shop.backup");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file())))
                .isEqualTo("rw-------");
        assertThat(backup.bytes()).isEqualTo(Files.size(file()));
        assertThat(events.list()).anyMatch(each -> each.type().equals("backup-written"));
    }

    /** Better than none, but nobody is to take it for whole. */
    @Test
    void shouldSayThatABackupLacksSessionsTheDeviceDoesNotRead() {
        putSessions(3);
        server.generation = new SessionGeneration(UnreadWalks.of(server.generation.store(), 2), () -> {});

        BackupOutcome backup = backup();

        assertThat(backup.status()).isEqualTo(Status.INCOMPLETE);
        assertThat(backup.sessions()).isEqualTo(3);
        assertThat(backup.reason()).contains("does not read 2 sessions");
        assertThat(file()).exists();
        assertThat(events.list()).anyMatch(each -> each.type().equals("backup-failed"));
    }

    @Test
    void shouldHoldEverySessionThatLivesThroughItWhileOthersComeAndChange() {
        putSessions(2_000);
        CompletableFuture<BackupOutcome> answer = desk.backup(file(), "test");
        for (int i = 0; !answer.isDone(); i++) {
            if (step() > 0) {
                server.put(SHOP, "NEW" + i, new byte[] {9});
            }
        }
        loseEverything();

        restore(RestoreOptions.DEFAULTS);

        for (int i = 0; i < 2_000; i++) {
            assertThat(server.holds(SHOP, "S" + i)).isTrue();
        }
    }

    @Test
    void shouldKeepWhatTheArrayHoldsUnlessToldOtherwise() {
        server.put(SHOP, "SAME", new byte[] {1});
        server.put(SHOP, "CHANGED", new byte[] {1});
        server.put(SHOP, "GONE", new byte[] {1});
        backup();
        loseEverything();
        server.put(SHOP, "SAME", new byte[] {1});
        server.put(SHOP, "CHANGED", new byte[] {2});

        RestoreOutcome kept = restore(RestoreOptions.DEFAULTS);
        byte[] afterKeeping = value("CHANGED");
        RestoreOutcome replaced = restore(REPLACE);

        assertThat(kept.counts()).isEqualTo(new RestoreCounts(1, 0, 0, 1, 1, 0, 0, 0));
        assertThat(afterKeeping).containsExactly(2);
        assertThat(replaced.counts()).isEqualTo(new RestoreCounts(0, 1, 0, 2, 0, 0, 0, 0));
        assertThat(value("CHANGED")).containsExactly(1);
    }

    @Test
    void shouldCountTheNewerOnesItReplaced() {
        server.put(SHOP, "CART", new byte[] {1});
        backup();
        loseEverything();
        server.clock.advanceMs(60_000);
        server.put(SHOP, "CART", new byte[] {2});

        RestoreOutcome replaced = restore(REPLACE);

        assertThat(replaced.counts()).isEqualTo(new RestoreCounts(0, 1, 1, 0, 0, 0, 0, 0));
    }

    @Test
    void shouldLetTimeInTheFileStandStillUnlessItIsToCount() {
        server.put(SHOP, "CART", new byte[] {1});
        server.clock.advanceMs(500_000);
        backup();
        loseEverything();
        server.clock.advanceMs(3_600_000);

        RestoreOutcome counted = restore(new RestoreOptions(Existing.KEEP, true));
        RestoreOutcome standing = restore(RestoreOptions.DEFAULTS);

        assertThat(counted.counts().expired()).isEqualTo(1);
        assertThat(standing.counts().restored()).isEqualTo(1);
        long unusedMs = server.wallMs() - record("CART").lastAccessedTimeMs();
        assertThat(unusedMs).isBetween(500_000L, 599_000L);
    }

    @Test
    void shouldSkipSessionsWhoseTimeWasOver() {
        server.put(SHOP, "OLD", new byte[] {1});
        server.clock.advanceMs(700_000);
        server.put(SHOP, "YOUNG", new byte[] {1});
        // A passive sweeps nothing.
        server.processor = null;
        server.role = ServerRole.PASSIVE_STANDBY;
        backup();
        loseEverything();
        server.processor = server.newProcessor();

        RestoreOutcome restore = restore(RestoreOptions.DEFAULTS);

        assertThat(restore.status()).isEqualTo(Status.DONE);
        assertThat(restore.counts().expired()).isEqualTo(1);
        assertThat(restore.counts().restored()).isEqualTo(1);
        assertThat(server.holds(SHOP, "OLD")).isFalse();
    }

    @Test
    void shouldPutNothingBackOfADamagedFile() throws IOException {
        putSessions(600);
        backup();
        byte[] bytes = Files.readAllBytes(file());
        bytes[bytes.length - 100] ^= 1;
        Files.write(file(), bytes);
        loseEverything();

        RestoreOutcome restore = restore(RestoreOptions.DEFAULTS);

        assertThat(restore.status()).isEqualTo(Status.FAILED);
        assertThat(restore.reason()).contains("nothing was put back", file().toString(), "damaged", "position=");
        assertThat(server.generation.store().figures().sessions()).isZero();
    }

    @Test
    void shouldPutNothingBackOfAFileCutOff() throws IOException {
        putSessions(600);
        backup();
        byte[] bytes = Files.readAllBytes(file());
        Files.write(file(), Arrays.copyOf(bytes, bytes.length - 20));
        loseEverything();

        RestoreOutcome restore = restore(RestoreOptions.DEFAULTS);

        assertThat(restore.status()).isEqualTo(Status.FAILED);
        assertThat(restore.reason()).contains("the file ends too early");
        assertThat(server.generation.store().figures().sessions()).isZero();
    }

    @Test
    void shouldRefuseAFormatItDoesNotKnow() throws IOException {
        putSessions(1);
        backup();
        byte[] bytes = Files.readAllBytes(file());
        bytes[8] = 9;
        Files.write(file(), bytes);

        assertThat(restore(RestoreOptions.DEFAULTS).reason()).contains("format version 9 is not known; allowed: 1");
    }

    @Test
    void shouldNotOverwriteAFile() throws IOException {
        putSessions(1);
        Files.writeString(file(), "yesterday's");

        BackupOutcome backup = backup();

        assertThat(backup.status()).isEqualTo(Status.FAILED);
        assertThat(backup.reason()).contains("is there already; name another file, or remove it");
        assertThat(file()).hasContent("yesterday's");
    }

    @Test
    void shouldTakeOverWhatAnInterruptedBackupLeftBehindButNotWhatAnotherWrites() throws IOException {
        putSessions(1);
        Path part = directory.resolve("shop.backup.part");
        Files.writeString(part, "half");
        BackupOutcome whileWritten;
        try (FileChannel other = FileChannel.open(part, StandardOpenOption.WRITE)) {
            other.lock();
            whileWritten = backup();
        }

        BackupOutcome afterwards = backup();

        assertThat(whileWritten.reason()).contains("is being written by another backup");
        assertThat(afterwards.status()).as(afterwards.reason()).isEqualTo(Status.DONE);
        assertThat(directory.toFile().list()).containsExactly("shop.backup");
    }

    /** A process ended between giving the name and taking the other one away; then somebody moved the backup. */
    @Test
    void shouldNotWriteIntoAWholeBackupThatHasTheNameOfItsUnfinishedOneToo() throws IOException {
        putSessions(3);
        backup();
        Path moved = Files.move(file(), directory.resolve("monday.backup"));
        byte[] bytes = Files.readAllBytes(moved);
        Files.createLink(directory.resolve("shop.backup.part"), moved);
        putSessions(4);

        BackupOutcome next = backup();

        assertThat(next.status()).as(next.reason()).isEqualTo(Status.DONE);
        assertThat(moved).hasBinaryContent(bytes);
        assertThat(directory.toFile().list()).containsExactlyInAnyOrder("shop.backup", "monday.backup");
    }

    @Test
    void shouldNotTakeThePlaceOfAFileThatComesWhileItIsWritten() throws IOException {
        putSessions(5_000);
        CompletableFuture<BackupOutcome> answer = desk.backup(file(), "test");
        stepUntilPartIsThere();
        Files.writeString(file(), "somebody's");

        BackupOutcome backup = await(answer);

        assertThat(backup.status()).isEqualTo(Status.FAILED);
        assertThat(backup.reason()).contains("is there already");
        assertThat(directory.toFile().list()).containsExactly("shop.backup");
        assertThat(file()).hasContent("somebody's");
    }

    @Test
    void shouldAnswerAndTakeTheNextBackupWhenOneFailsInAWayNobodyForesaw() {
        Path broken = (Path) Proxy.newProxyInstance(
                Path.class.getClassLoader(), new Class<?>[] {Path.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("getFileSystem")) {
                        throw new LinkageError("a class is missing");
                    }
                    return method.invoke(file(), arguments);
                });

        assertThatThrownBy(() -> await(desk.backup(broken, "test")))
                .hasRootCauseInstanceOf(LinkageError.class)
                .hasMessageContaining("a class is missing");
        assertThat(events.list()).anyMatch(each -> each.type().equals("backup-failed"));
        assertThat(backup().status()).isEqualTo(Status.DONE);
    }

    @Test
    void shouldAnswerAndTakeTheNextBackupWhenNoThreadCanBeStarted() {
        List<String> refusals = new ArrayList<>(List.of("unable to create native thread"));
        BackupDesk shortOfThreads =
                new BackupDesk(new SessionDesk(inbox, server.questions), events, "Server1", thread -> {
                    if (!refusals.isEmpty()) {
                        throw new OutOfMemoryError(refusals.remove(0));
                    }
                    thread.start();
                });

        assertThatThrownBy(() -> await(shortOfThreads.backup(file(), "test")))
                .hasRootCauseInstanceOf(OutOfMemoryError.class);
        assertThat(await(shortOfThreads.backup(file(), "test")).status()).isEqualTo(Status.DONE);
    }

    @Test
    void shouldSayWhichDirectoryIsMissing() {
        Path missing = directory.resolve("no/such/shop.backup");

        BackupOutcome backup = await(desk.backup(missing, "test"));

        assertThat(backup.status()).isEqualTo(Status.FAILED);
        assertThat(backup.reason()).contains(missing.toString(), "there is no such file or directory");
    }

    @ParameterizedTest
    @EnumSource(
            value = ServerRole.class,
            names = {"PASSIVE_STANDBY", "ACTIVE_COORDINATOR"})
    void shouldBackUpWhereAllSessionsAre(ServerRole role) {
        server.role = role;

        assertThat(backup().status()).isEqualTo(Status.DONE);
    }

    @Test
    void shouldMakeNoBackupWhereSessionsMayBeMissing() {
        server.role = ServerRole.PASSIVE_UNINITIALIZED;
        server.active = "Server2";

        BackupOutcome backup = backup();

        assertThat(backup.status()).isEqualTo(Status.NOT_HERE);
        assertThat(backup.reason()).contains("may lack sessions", "ask the active Server2");
        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void shouldLeaveNothingBehindWhenTheCopyIsReplacedInTheMiddle() {
        putSessions(5_000);
        CompletableFuture<BackupOutcome> answer = desk.backup(file(), "test");
        stepUntilPartIsThere();
        while (step() < 200 && !answer.isDone()) {
            Thread.onSpinWait();
        }

        server.generation = QuestionFixture.newGeneration();
        BackupOutcome backup = await(answer);

        assertThat(backup.status()).isEqualTo(Status.FAILED);
        assertThat(backup.reason()).contains("has replaced its copy");
        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void shouldGiveUpWhenNobodyWaitsAnyMore() {
        putSessions(5_000);
        CompletableFuture<BackupOutcome> answer = desk.backup(file(), "test");
        stepUntilPartIsThere();

        answer.cancel(false);
        stepUntilIdle();

        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void shouldRestoreOnlyOnTheActive() {
        putSessions(1);
        backup();
        server.processor = null;
        server.role = ServerRole.PASSIVE_STANDBY;
        server.active = "Server2";

        RestoreOutcome restore = restore(RestoreOptions.DEFAULTS);

        assertThat(restore.status()).isEqualTo(Status.NOT_HERE);
        assertThat(restore.reason()).contains("Server1 is PASSIVE-STANDBY", "ask the active Server2");
    }

    @Test
    void shouldDoOneAtATime() {
        CompletableFuture<BackupOutcome> first = desk.backup(file(), "test");

        BackupOutcome second = desk.backup(directory.resolve("other"), "test").join();

        assertThat(second.status()).isEqualTo(Status.FAILED);
        assertThat(second.reason()).contains("another backup now");
        assertThat(await(first).status()).isEqualTo(Status.DONE);
    }

    @Test
    void shouldWantAWholePath() {
        assertThatThrownBy(() -> desk.backup(Path.of("shop.backup"), "test"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("whole path");
    }

    private Path file() {
        return directory.resolve("shop.backup");
    }

    private BackupOutcome backup() {
        return await(desk.backup(file(), "test"));
    }

    private RestoreOutcome restore(RestoreOptions options) {
        return await(desk.restore(file(), options, "test"));
    }

    private void putSessions(int count) {
        for (int i = 0; i < count; i++) {
            server.put(SHOP, "S" + i, new byte[] {1, (byte) i, (byte) (i >> 8)});
        }
    }

    private void loseEverything() {
        server.generation = QuestionFixture.newGeneration();
        // The log goes on above everything that is put into the store here.
        server.generation.state().skipTo(1_000_000);
        if (server.processor != null) {
            server.processor = server.newProcessor();
        }
    }

    private SessionRecord record(String id) {
        SessionRecord record = new SessionRecord();
        assertThat(server.generation.store().read(SessionKey.of(SHOP, id), record))
                .isTrue();
        return record;
    }

    private byte[] value(String id) {
        byte[][] found = new byte[1][];
        record(id).forEach((kind, name, isRemoval, buffer, offset, length) -> {
            found[0] = new byte[length];
            buffer.getBytes(offset, found[0]);
        });
        return found[0];
    }

    /** Manual time passes only where a test lets it, so that ages do not depend on this machine. */
    private int step() {
        int work = inbox.drain(1_000);
        work += server.questions.doWork(server.clock.nowNs());
        if (server.processor != null) {
            work += server.processor.doWork(server.clock.nowNs());
        }
        Thread.onSpinWait();
        return work;
    }

    private <T> T await(CompletableFuture<T> answer) {
        long startNs = System.nanoTime();
        while (!answer.isDone()) {
            assertThat(System.nanoTime() - startNs).as("time without an answer").isLessThan(PATIENCE_NS);
            step();
        }
        return answer.join();
    }

    private void stepUntilPartIsThere() {
        while (directory.toFile().list().length == 0) {
            step();
        }
    }

    /** The next backup is taken only when the one before has ended. */
    private void stepUntilIdle() {
        BackupOutcome next;
        do {
            next = await(desk.backup(directory.resolve("no/such"), "test"));
            step();
        } while (next.reason().contains("another backup now"));
    }
}
