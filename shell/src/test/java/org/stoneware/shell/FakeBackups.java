package org.stoneware.shell;

import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import org.stoneware.api.cluster.SessionBackup;

/** Answers what it is told to, and remembers what it was asked. */
final class FakeBackups implements SessionBackup {
    Status status = Status.DONE;
    String reason = "as asked";
    RestoreCounts counts = new RestoreCounts(7, 2, 1, 3, 4, 5, 0, 0);
    boolean isStuck;
    CompletableFuture<?> lastAnswer = new CompletableFuture<>();
    Path file = Path.of("");
    RestoreOptions options = RestoreOptions.DEFAULTS;

    @Override
    public CompletableFuture<BackupOutcome> backup(Path asked, String by) {
        file = asked;
        return answer(new BackupOutcome(status, "Server2", 1_234, 2_048, 1_500, reason));
    }

    @Override
    public CompletableFuture<RestoreOutcome> restore(Path asked, RestoreOptions how, String by) {
        file = asked;
        options = how;
        return answer(new RestoreOutcome(status, "Server1", 21, 2_048, counts, 1_500, reason));
    }

    private <T> CompletableFuture<T> answer(T outcome) {
        CompletableFuture<T> answer = new CompletableFuture<>();
        lastAnswer = answer;
        if (!isStuck) {
            answer.complete(outcome);
        }
        return answer;
    }
}
