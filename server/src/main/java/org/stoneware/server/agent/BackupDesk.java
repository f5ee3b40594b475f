package org.stoneware.server.agent;

import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Function;
import org.stoneware.api.cluster.EventType;
import org.stoneware.api.cluster.SessionBackup;

/**
 * Takes backups and restores from any thread and carries each out on a thread of its own, which asks the agent for sessions, or gives them to
 * it, piece by piece.
 * <p>
 * <b>Threading:</b> callable from any thread.
 */
final class BackupDesk implements SessionBackup {
    private static final String BUSY = " writes or reads another backup now; ask again when that is done";

    private final SessionDesk desk;
    private final EventLog events;
    private final String self;
    private final Consumer<Thread> starter;
    private final AtomicBoolean isBusy = new AtomicBoolean();

    /** @param self name of this server. */
    BackupDesk(SessionDesk desk, EventLog events, String self) {
        this(desk, events, self, Thread::start);
    }

    /** @param starter starts a thread. */
    BackupDesk(SessionDesk desk, EventLog events, String self, Consumer<Thread> starter) {
        this.starter = starter;
        this.desk = desk;
        this.events = events;
        this.self = self;
    }

    @Override
    public CompletableFuture<BackupOutcome> backup(Path file, String by) {
        requireAbsolute(file);
        if (!isBusy.compareAndSet(false, true)) {
            return CompletableFuture.completedFuture(
                    new BackupOutcome(Status.FAILED, self, 0, 0, 0, "server " + self + BUSY));
        }
        return start("stoneware-backup", EventType.BACKUP_FAILED, answer -> {
            BackupOutcome outcome = new BackupJob(desk, self, file, answer::isDone).run();
            String text = outcome.reason() + ", asked by " + by;
            if (outcome.status() == Status.DONE) {
                events.info(EventType.BACKUP_WRITTEN.externalName(), text);
            } else {
                events.warning(EventType.BACKUP_FAILED.externalName(), text);
            }
            return outcome;
        });
    }

    @Override
    public CompletableFuture<RestoreOutcome> restore(Path file, RestoreOptions options, String by) {
        requireAbsolute(file);
        if (!isBusy.compareAndSet(false, true)) {
            return CompletableFuture.completedFuture(
                    new RestoreOutcome(Status.FAILED, self, 0, 0, RestoreCounts.NONE, 0, "server " + self + BUSY));
        }
        return start("stoneware-restore", EventType.SESSIONS_RESTORED, answer -> {
            RestoreOutcome outcome = new RestoreJob(desk, self, file, options, answer::isDone).run();
            String text = outcome.reason() + ", asked by " + by;
            if (outcome.status() == Status.DONE) {
                events.info(EventType.SESSIONS_RESTORED.externalName(), text);
            } else {
                events.warning(EventType.SESSIONS_RESTORED.externalName(), text);
            }
            return outcome;
        });
    }

    private static void requireAbsolute(Path file) {
        if (!file.isAbsolute() || file.getFileName() == null) {
            throw new IllegalArgumentException("name the whole path of the file: path=" + file);
        }
    }

    private <T> CompletableFuture<T> start(String name, EventType failure, Function<CompletableFuture<T>, T> job) {
        CompletableFuture<T> answer = new CompletableFuture<>();
        Thread thread = new Thread(() -> run(failure, job, answer), name);
        thread.setDaemon(true);
        try {
            starter.accept(thread);
        } catch (OutOfMemoryError e) {
            // The system has no more threads.
            fail(failure, e, answer);
        }
        return answer;
    }

    private <T> void run(EventType failure, Function<CompletableFuture<T>, T> job, CompletableFuture<T> answer) {
        T outcome;
        try {
            outcome = job.apply(answer);
        } catch (Throwable e) {
            // Out of memory too: this thread ends anyway, the next backup is to be possible, and who asked waits for an
            // answer.
            fail(failure, e, answer);
            return;
        }
        // Whoever is told may ask again at once.
        isBusy.set(false);
        answer.complete(outcome);
    }

    private void fail(EventType failure, Throwable e, CompletableFuture<?> answer) {
        isBusy.set(false);
        try {
            events.warning(failure.externalName(), "server " + self + " could not go on with it: " + e);
        } finally {
            answer.completeExceptionally(e);
        }
    }
}
