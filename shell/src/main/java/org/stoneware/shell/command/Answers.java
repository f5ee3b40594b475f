package org.stoneware.shell.command;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.stoneware.shell.link.ShellExit;

/** Waits for what the server answers later. */
final class Answers {
    private static final long MAX_WAIT_SEC = 620;

    private Answers() {}

    static <T> T await(CompletableFuture<T> answer) {
        return await(answer, MAX_WAIT_SEC);
    }

    /** Waits as long as it takes. */
    static <T> T awaitEnd(CompletableFuture<T> answer) {
        return await(answer, Long.MAX_VALUE / TimeUnit.SECONDS.toNanos(1));
    }

    private static <T> T await(CompletableFuture<T> answer, long maxSec) {
        try {
            return answer.get(maxSec, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            answer.cancel(false);
            Thread.currentThread().interrupt();
            throw new CommandFailure(ShellExit.INTERRUPTED, "interrupted; what was begun goes on in the server");
        } catch (ExecutionException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw CommandFailure.failed(
                    cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage());
        } catch (TimeoutException e) {
            throw CommandFailure.failed("the server did not answer in time; see its log");
        }
    }
}
