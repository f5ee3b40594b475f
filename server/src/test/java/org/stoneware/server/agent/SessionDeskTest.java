package org.stoneware.server.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.stoneware.api.cluster.SessionAdmin;
import org.stoneware.api.cluster.SessionAdmin.SessionPage;
import org.stoneware.api.cluster.SessionAdmin.SessionQuery;
import org.stoneware.api.cluster.SessionAdminException;
import org.stoneware.api.session.SessionKey;
import org.stoneware.server.admin.SessionQuestions;

class SessionDeskTest {
    private static final SessionQuery ALL = new SessionQuery("", "", 10, "");

    private final LivenessInbox inbox = new LivenessInbox();
    private final SilentSurroundings surroundings = new SilentSurroundings();
    private final SessionDesk desk = new SessionDesk(inbox, new SessionQuestions(surroundings));

    @Test
    void shouldAnswerOnAnotherThreadThanTheAgents() throws Exception {
        List<Thread> answeredOn = new ArrayList<>();
        CompletableFuture<Void> seen = desk.list(ALL).thenAccept(page -> answeredOn.add(Thread.currentThread()));

        cycle();
        seen.get(60, TimeUnit.SECONDS);

        assertThat(answeredOn).doesNotContain(Thread.currentThread());
    }

    @Test
    void shouldRefuseTooManyQuestionsAtOnceAndTakeMoreWhenSomeAreAnswered() {
        for (int i = 0; i < SessionAdmin.MAX_ASKED; i++) {
            // Whoever gives up waiting still has asked.
            desk.list(ALL).cancel(false);
        }
        CompletableFuture<SessionPage> oneTooMany = desk.list(ALL);

        cycle();
        CompletableFuture<SessionPage> later = desk.list(ALL);
        cycle();

        assertThat(failure(oneTooMany))
                .isInstanceOf(SessionAdminException.class)
                .hasMessageContaining("too many questions");
        assertThat(later.join().server()).isEqualTo("Server1");
    }

    @Test
    void shouldEndALookNobodyWaitsForAnyMoreWithTheNextCycle() {
        for (int i = 0; i < SessionAdmin.MAX_ASKED; i++) {
            desk.list(ALL).cancel(false);
            desk.show(SessionKey.of("shop", "S1")).cancel(false);
            desk.stats("").cancel(false);
            // The agent has no time for a question that goes on; it hears of the end all the same.
            inbox.drain(1_000);
        }

        CompletableFuture<SessionPage> later = desk.list(ALL);
        cycle();

        assertThat(later.join().server()).isEqualTo("Server1");
    }

    @Test
    void shouldGoThroughWithAChangeNobodyWaitsForAnyMore() {
        for (int i = 0; i < SessionAdmin.MAX_ASKED; i++) {
            desk.invalidateAll("shop", "test").cancel(false);
        }
        inbox.drain(1_000);

        assertThat(failure(desk.list(ALL))).hasMessageContaining("too many questions");
    }

    @Test
    void shouldEndQuestionsWhenItCloses() {
        CompletableFuture<SessionPage> waiting = desk.list(ALL);

        desk.close();
        inbox.drain(100);

        assertThat(failure(waiting)).hasMessageContaining("stopping");
        assertThat(failure(desk.list(ALL))).hasMessageContaining("stopping");
    }

    /** Nobody looks at the inbox any more once the agent has closed what it holds. */
    @Test
    void shouldAnswerWhatWasAskedBeforeItClosedWithoutAnotherCycle() {
        CompletableFuture<SessionPage> waiting = desk.list(ALL);

        desk.close();

        assertThat(failure(waiting)).hasMessageContaining("stopping");
    }

    @Test
    void shouldNotTakeNoApplicationForAll() {
        assertThatThrownBy(() -> desk.invalidateAll("", "test")).isInstanceOf(IllegalArgumentException.class);
    }

    private void cycle() {
        inbox.drain(1_000);
        for (int i = 0; i < 10; i++) {
            desk.doWork(i);
        }
    }

    private static Throwable failure(CompletableFuture<?> answer) {
        try {
            answer.get(60, TimeUnit.SECONDS);
            return new AssertionError("answered");
        } catch (ExecutionException e) {
            return e.getCause();
        } catch (Exception e) {
            return e;
        }
    }
}
