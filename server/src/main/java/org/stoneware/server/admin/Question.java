package org.stoneware.server.admin;

import java.util.concurrent.CompletableFuture;

/**
 * Something asked that takes more than one duty cycle. Ends by completing its answer, or by throwing, which its answer then ends with.
 * <p>
 * <b>Threading:</b> the agent thread.
 */
abstract class Question<T> {
    private final CompletableFuture<T> answer;

    Question(CompletableFuture<T> answer) {
        this.answer = answer;
    }

    CompletableFuture<T> answer() {
        return answer;
    }

    /**
     * Goes on.
     *
     * @param budget most records to look at.
     * @return records looked at or things done; 0 when there is nothing to do now.
     */
    abstract int work(int budget, long nowNs);

    /** Frees what the question holds; called once, whatever became of it. */
    void release() {}
}
