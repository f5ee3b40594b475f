package org.stoneware.server.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.stoneware.api.cluster.SessionAdmin.InvalidateOutcome;
import org.stoneware.api.session.SessionKey;
import org.stoneware.server.admin.QuestionFixture;
import org.stoneware.server.role.SessionGeneration;
import org.stoneware.server.session.StoreHangError;
import org.stoneware.server.storage.GenerationPlace;
import org.stoneware.spi.storage.SessionStore;
import org.stoneware.spi.storage.StoreContext;
import org.stoneware.spi.storage.StoreResult;
import org.stoneware.testkit.storage.ReferenceSessionStore;

/** A store whose disk takes nothing: every removal is to wait. */
class DiskWaitTest {
    private static final long STEP_NS = 1_000_000;

    private final List<Long> workedNs = new ArrayList<>();
    private final SessionStore real =
            new ReferenceSessionStore(new StoreContext(Path.of(""), 16 << 20, 1 << 16, line -> {}));
    private final SessionStore hanging = (SessionStore) Proxy.newProxyInstance(
            SessionStore.class.getClassLoader(), new Class<?>[] {SessionStore.class}, (proxy, method, arguments) -> {
                if (method.getName().equals("remove")) {
                    return StoreResult.NOT_RESIDENT;
                }
                if (method.getName().equals("doWork")) {
                    workedNs.add((Long) arguments[0]);
                    return 0;
                }
                return method.invoke(real, arguments);
            });

    private long nowNs;
    private final DiskWait wait = new DiskWait(() -> nowNs += STEP_NS);

    @Test
    void shouldNotBeTakenForTheFailureOfOneQuestion() {
        QuestionFixture server = new QuestionFixture();
        server.generation = new SessionGeneration(hanging, new Waiting());
        server.processor = server.newProcessor();
        server.put("localhost/shop", "S1", new byte[] {1});
        CompletableFuture<InvalidateOutcome> answer = new CompletableFuture<>();
        server.questions.invalidate(SessionKey.of("localhost/shop", "S1"), "an operator", answer);

        assertThatThrownBy(() -> {
                    while (!answer.isDone()) {
                        server.cycle();
                    }
                })
                .isInstanceOf(StoreHangError.class)
                .hasMessageContaining("the disk of the session store hangs");
        assertThat(answer).isNotDone();
    }

    @Test
    void shouldLetTheStoreWorkOnceMoreWhenTheLimitIsOver() {
        assertThatThrownBy(() -> {
                    for (int attempt = 1; attempt < 10_000; attempt++) {
                        wait.letWork(hanging, attempt);
                    }
                })
                .isInstanceOf(StoreHangError.class);

        assertThat(workedNs.get(workedNs.size() - 1) - workedNs.get(0)).isGreaterThan(DiskWait.MAX_NS);
    }

    @Test
    void shouldMeasureEachWaitFromItsFirstAttempt() {
        assertThat(wait.letWork(hanging, 1)).isTrue();
        nowNs += 2 * DiskWait.MAX_NS;

        assertThat(wait.letWork(hanging, 1)).isTrue();
        assertThat(wait.letWork(hanging, 2)).isTrue();
    }

    private final class Waiting implements GenerationPlace {
        @Override
        public boolean keepsSessions() {
            return false;
        }

        @Override
        public boolean publish(boolean isSuspect) {
            return true;
        }

        @Override
        public void trust() {}

        @Override
        public void delete() {}

        @Override
        public boolean letWork(SessionStore store, int attempt) {
            return wait.letWork(store, attempt);
        }
    }
}
