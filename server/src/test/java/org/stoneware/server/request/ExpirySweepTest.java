package org.stoneware.server.request;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.stoneware.api.session.SessionKey;
import org.stoneware.spi.storage.SessionStore;
import org.stoneware.spi.storage.StoreContext;
import org.stoneware.testkit.storage.ReferenceSessionStore;
import org.stoneware.testkit.storage.SessionRecordBuilder;

class ExpirySweepTest {
    private static final long MS = 1_000_000;
    private static final long LOG_TIME_MS = 1_000_000;

    private final SessionStore held =
            new ReferenceSessionStore(new StoreContext(Path.of(""), 1 << 20, 1 << 10, line -> {}));
    private final SessionStore store = (SessionStore) Proxy.newProxyInstance(
            SessionStore.class.getClassLoader(), new Class<?>[] {SessionStore.class}, this::call);
    private final List<SessionKey> ended = new ArrayList<>();
    private final ExpirySweep sweep =
            new ExpirySweep(store, new SessionOwnership(1, 1_000, new RecordedRecalls(() -> 0)), true, new Ends());
    private int accepted = Integer.MAX_VALUE;
    private int asked;
    private boolean isFetching;
    private boolean isLogAwaited;
    private long nowNs = MS;

    @Test
    void shouldStopAtTheFirstSessionTheLogRefusesAndGoOnSoon() {
        fill(100);
        accepted = 3;
        step(0);
        int askedThen = asked;
        accepted = Integer.MAX_VALUE;
        commit();

        step(20);

        assertThat(askedThen).isEqualTo(4);
        assertThat(ended).hasSize(100);
    }

    @Test
    void shouldLookAgainSoonWhileSessionsAreOnTheirWayToMemory() {
        fill(10);
        isFetching = true;
        step(0);
        isFetching = false;

        step(20);

        assertThat(ended).hasSize(10);
    }

    @Test
    void shouldNotLookAgainBeforeItsTimeWhenNothingIsLeft() {
        step(0);
        fill(10);

        step(20);
        step(400);
        List<SessionKey> early = List.copyOf(ended);
        step(80);

        assertThat(early).isEmpty();
        assertThat(ended).hasSize(10);
    }

    @Test
    void shouldNotFollowUpBeforeWhatItProposedIsCommitted() {
        fill(600);
        step(0);
        int first = ended.size();

        step(100);
        int uncommitted = ended.size();
        commit();
        step(1);

        assertThat(uncommitted).isEqualTo(first);
        assertThat(ended).hasSize(2 * first);
    }

    @Test
    void shouldLetRequestsThatWaitForTheLogGoFirstButNotForEver() {
        fill(600);
        step(0);
        int first = ended.size();
        commit();
        isLogAwaited = true;

        step(400);
        int meanwhile = ended.size();
        step(100);

        assertThat(meanwhile).isEqualTo(first);
        assertThat(ended).hasSize(2 * first);
    }

    private void commit() {
        ended.forEach(key -> sweep.onCommitted());
    }

    private void step(int ms) {
        nowNs += ms * MS;
        sweep.doWork(nowNs, LOG_TIME_MS, isLogAwaited);
    }

    private final class Ends implements ExpirySweep.Output {
        @Override
        public boolean isShown(SessionKey key) {
            return true;
        }

        @Override
        public boolean isReadOnly() {
            return false;
        }

        @Override
        public boolean areNoticesBehind() {
            return false;
        }

        @Override
        public boolean expire(SessionKey key, long lastAccessedTimeMs) {
            asked++;
            if (ended.size() >= accepted) {
                return false;
            }
            store.remove(key);
            ended.add(key);
            return true;
        }
    }

    private void fill(int sessions) {
        for (int i = 0; i < sessions; i++) {
            store.put(new SessionRecordBuilder(SessionKey.of("shop", "S" + i))
                    .version(1)
                    .lastAccessedTimeMs(0)
                    .maxInactiveIntervalSec(1)
                    .build());
        }
    }

    /** A store that has its overdue sessions on disk while {@link #isFetching}. */
    private Object call(Object proxy, Method method, Object[] arguments) throws ReflectiveOperationException {
        return switch (method.getName()) {
            case "visitExpired" -> isFetching ? 0 : method.invoke(held, arguments);
            case "isFetchingExpired" -> isFetching;
            default -> method.invoke(held, arguments);
        };
    }
}
