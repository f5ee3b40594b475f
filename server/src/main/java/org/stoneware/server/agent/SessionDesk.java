package org.stoneware.server.agent;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.stoneware.api.cluster.SessionAdmin;
import org.stoneware.api.cluster.SessionAdminException;
import org.stoneware.api.session.SessionKey;
import org.stoneware.server.admin.AdoptionAnswer;
import org.stoneware.server.admin.AdoptionTerms;
import org.stoneware.server.admin.RecordBatch;
import org.stoneware.server.admin.SessionExport;
import org.stoneware.server.admin.SessionQuestions;

/**
 * Takes questions about sessions from any thread to the agent, and answers from the agent to another thread.
 * <p>
 * <b>Threading:</b> the methods of {@link SessionAdmin} on any thread, {@link #doWork} and {@link #close} on the agent thread.
 * <p>
 * <b>Failure:</b> a question without an answer after {@link #MAX_WAIT_SEC} ends with a {@link java.util.concurrent.TimeoutException}.
 */
final class SessionDesk implements SessionAdmin {
    /** Ending all sessions of an application takes a while; nobody waits longer. */
    static final long MAX_WAIT_SEC = 600;
    /** More than can have come since the agent's last cycle. */
    private static final int MAX_LEFT = 4096;

    private final LivenessInbox inbox;
    private final SessionQuestions questions;
    private final AtomicInteger asked = new AtomicInteger();
    private volatile boolean isClosed;

    SessionDesk(LivenessInbox inbox, SessionQuestions questions) {
        this.inbox = inbox;
        this.questions = questions;
    }

    @Override
    public CompletableFuture<SessionPage> list(SessionQuery query) {
        return look(answer -> questions.list(query, answer));
    }

    @Override
    public CompletableFuture<SessionLook> show(SessionKey key) {
        return look(answer -> questions.show(key, answer));
    }

    @Override
    public CompletableFuture<SessionStats> stats(String application) {
        return look(answer -> questions.stats(application, answer));
    }

    @Override
    public CompletableFuture<InvalidateOutcome> invalidate(SessionKey key, String by) {
        return ask(answer -> questions.invalidate(key, by, answer));
    }

    @Override
    public CompletableFuture<InvalidateOutcome> invalidateAll(String application, String by) {
        if (application.isEmpty()) {
            throw new IllegalArgumentException("name the application whose sessions are to end");
        }
        return ask(answer -> questions.invalidateAll(application, by, answer));
    }

    @Override
    public CompletableFuture<InvalidateOutcome> sweep(String by) {
        return ask(answer -> questions.sweep(by, answer));
    }

    /** Begins a walk over all sessions; end it with {@link #endExport}. */
    CompletableFuture<SessionExport> beginExport() {
        return ask(questions::beginExport);
    }

    /** See {@link SessionQuestions#export}. */
    CompletableFuture<Boolean> export(SessionExport export, RecordBatch batch) {
        return ask(answer -> questions.export(export, batch, answer));
    }

    void endExport(SessionExport export) {
        inbox.submit(() -> {
            if (!isClosed) {
                questions.endExport(export);
            }
        });
    }

    /** See {@link SessionQuestions#adopt}. */
    CompletableFuture<AdoptionAnswer> adopt(RecordBatch batch, AdoptionTerms terms) {
        return ask(answer -> questions.adopt(batch, terms, answer));
    }

    /**
     * Waits for an answer, on a thread that may.
     *
     * @throws SessionAdminException when there is none.
     */
    static <T> T await(CompletableFuture<T> answer) {
        try {
            return answer.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SessionAdminException("interrupted");
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException expected) {
                throw expected;
            }
            throw new SessionAdminException("the server gave no answer: " + e.getCause());
        }
    }

    /** A question that changes nothing: cancelled, it ends with the agent's next cycle. What changes something is gone through with. */
    private <T> CompletableFuture<T> look(Consumer<CompletableFuture<T>> question) {
        return ask(question, true);
    }

    private <T> CompletableFuture<T> ask(Consumer<CompletableFuture<T>> question) {
        return ask(question, false);
    }

    private <T> CompletableFuture<T> ask(Consumer<CompletableFuture<T>> question, boolean endsWhenCancelled) {
        if (isClosed) {
            return CompletableFuture.failedFuture(stopping());
        }
        if (asked.incrementAndGet() > MAX_ASKED) {
            asked.decrementAndGet();
            return CompletableFuture.failedFuture(new SessionAdminException(
                    "too many questions about sessions at once: " + MAX_ASKED + " are being answered; ask again"));
        }
        CompletableFuture<T> onAgent = new CompletableFuture<>();
        // Of this one, not of the one given away: that may be cancelled, and then tells nothing.
        onAgent.whenComplete((value, failure) -> asked.decrementAndGet());
        inbox.submit(() -> {
            if (isClosed) {
                onAgent.completeExceptionally(stopping());
            } else {
                question.accept(onAgent);
            }
        });
        if (isClosed) {
            // It may have closed before this was there to be found.
            onAgent.completeExceptionally(stopping());
        }
        // What hangs on the answer runs elsewhere, never on the agent.
        CompletableFuture<T> answer =
                onAgent.orTimeout(MAX_WAIT_SEC, TimeUnit.SECONDS).thenApplyAsync(value -> value);
        if (endsWhenCancelled) {
            answer.whenComplete((value, failure) -> {
                if (answer.isCancelled()) {
                    // On the agent, so that the place is taken until the question is out of its way.
                    inbox.submit(() -> onAgent.cancel(false));
                }
            });
        }
        return answer;
    }

    private static SessionAdminException stopping() {
        return new SessionAdminException("this server is stopping; ask another one");
    }

    int doWork(long nowNs) {
        return questions.doWork(nowNs);
    }

    void close() {
        isClosed = true;
        questions.close("this server is stopping; ask another one");
        // The agent does not look again: what came since its last cycle hears of the end now; see ask() for the rest.
        inbox.drain(MAX_LEFT);
    }
}
