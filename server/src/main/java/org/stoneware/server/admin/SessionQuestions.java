package org.stoneware.server.admin;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import org.stoneware.api.cluster.SessionAdmin.InvalidateOutcome;
import org.stoneware.api.cluster.SessionAdmin.SessionLook;
import org.stoneware.api.cluster.SessionAdmin.SessionPage;
import org.stoneware.api.cluster.SessionAdmin.SessionQuery;
import org.stoneware.api.cluster.SessionAdmin.SessionStats;
import org.stoneware.api.cluster.SessionAdminException;
import org.stoneware.api.session.SessionKey;
import org.stoneware.spi.storage.StorageException;

/**
 * Works on what was asked about sessions, a little in each duty cycle, each question in its turn. Answers are completed inside
 * {@link #doWork} and {@link #close}.
 * <p>
 * <b>Threading:</b> the agent thread.
 * <p>
 * <b>Limits:</b> {@link #RECORDS_A_CYCLE} records are looked at in one cycle, whatever the number of questions; the caller bounds that.
 */
public final class SessionQuestions {
    /** Some tenths of a millisecond: a request that arrives meanwhile hardly notices. */
    static final int RECORDS_A_CYCLE = 256;

    private final Surroundings surroundings;
    private final Queue<Question<?>> questions = new ArrayDeque<>();

    public SessionQuestions(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    public void list(SessionQuery query, CompletableFuture<SessionPage> answer) {
        questions.add(new ListQuestion(surroundings, query, answer));
    }

    public void show(SessionKey key, CompletableFuture<SessionLook> answer) {
        questions.add(new ShowQuestion(surroundings, key, answer));
    }

    public void stats(String application, CompletableFuture<SessionStats> answer) {
        questions.add(new StatsQuestion(surroundings, application, answer));
    }

    public void invalidate(SessionKey key, String by, CompletableFuture<InvalidateOutcome> answer) {
        questions.add(new EndQuestion(surroundings, key, by, answer));
    }

    public void invalidateAll(String application, String by, CompletableFuture<InvalidateOutcome> answer) {
        questions.add(new EndAllQuestion(surroundings, new EndAllQuestion.OfApplication(application), by, answer));
    }

    public void sweep(String by, CompletableFuture<InvalidateOutcome> answer) {
        questions.add(new EndAllQuestion(surroundings, new EndAllQuestion.Overdue(), by, answer));
    }

    /** Begins a walk for a backup; end it with {@link #endExport}. */
    public void beginExport(CompletableFuture<SessionExport> answer) {
        questions.add(new SessionExport.Opening(surroundings, answer));
    }

    /** Fills {@code batch} with the next sessions; answered with false when they were the last. */
    public void export(SessionExport export, RecordBatch batch, CompletableFuture<Boolean> answer) {
        questions.add(new SessionExport.Piece(export, batch, answer));
    }

    public void endExport(SessionExport export) {
        export.close();
    }

    /** Puts the sessions of {@code batch} back. */
    public void adopt(RecordBatch batch, AdoptionTerms terms, CompletableFuture<AdoptionAnswer> answer) {
        questions.add(new AdoptQuestion(surroundings, batch, terms, answer));
    }

    /**
     * Goes on with what was asked.
     *
     * @return amount of work done; 0 when idle.
     */
    public int doWork(long nowNs) {
        int work = 0;
        int left = RECORDS_A_CYCLE;
        for (int turns = questions.size(); turns > 0 && left > 0; turns--) {
            Question<?> question = questions.remove();
            int done = work(question, Math.max(1, left / turns), nowNs);
            work += done;
            left -= done;
            if (question.answer().isDone()) {
                question.release();
            } else {
                questions.add(question);
            }
        }
        return work;
    }

    private int work(Question<?> question, int budget, long nowNs) {
        if (question.answer().isDone()) {
            // Whoever asked waits no more.
            return 0;
        }
        try {
            return question.work(budget, nowNs);
        } catch (SessionAdminException | NotWholeException e) {
            question.answer().completeExceptionally(e);
        } catch (StorageException e) {
            // Requests meet the same failure and decide on the role; a question does not.
            question.answer()
                    .completeExceptionally(new SessionAdminException("the session store failed: " + e.getMessage()));
        }
        return 1;
    }

    /** Ends every question without an answer. */
    public void close(String reason) {
        for (Question<?> question : questions) {
            question.answer().completeExceptionally(new SessionAdminException(reason));
            question.release();
        }
        questions.clear();
    }
}
