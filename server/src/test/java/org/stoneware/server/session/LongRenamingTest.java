package org.stoneware.server.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.spi.storage.SessionStore;
import org.stoneware.spi.storage.StoreContext;
import org.stoneware.testkit.storage.ReferenceSessionStore;
import org.stoneware.testkit.storage.SessionRecordBuilder;

class LongRenamingTest {
    private static final int LONG = 2 * GrownBuffer.KEPT_CAPACITY;

    private final List<Integer> capacities = new ArrayList<>();
    private final SessionStore store =
            new ReferenceSessionStore(new StoreContext(Path.of(""), 16 << 20, 2 * LONG, line -> {}));
    private final SessionStore watched = (SessionStore) Proxy.newProxyInstance(
            SessionStore.class.getClassLoader(), new Class<?>[] {SessionStore.class}, (proxy, method, arguments) -> {
                if (method.getName().equals("put")) {
                    capacities.add(((SessionRecord) arguments[0]).buffer().capacity());
                }
                return method.invoke(store, arguments);
            });

    @Test
    void shouldNotKeepTheBufferOfALongSessionThatGotAnotherId() {
        SessionStateMachine state = new SessionStateMachine(watched);
        EntryMaker maker = new EntryMaker(0);
        ClientId client = new ClientId(0, 1);
        store.put(record("long", LONG));
        store.put(record("short", 10));
        EntryMaker.apply(maker.registered(client), state, 1);

        String first = EntryMaker.apply(maker.renamed(client, 1, "long", "long2"), state, 2);
        String second = EntryMaker.apply(maker.renamed(client, 2, "short", "short2"), state, 3);

        assertThat(List.of(first, second)).allMatch(result -> result.startsWith("COMMITTED"));
        assertThat(capacities.get(0)).isGreaterThan(LONG);
        assertThat(capacities.get(1)).isLessThanOrEqualTo(GrownBuffer.KEPT_CAPACITY);
    }

    private static SessionRecord record(String id, int valueLength) {
        return new SessionRecordBuilder(EntryMaker.key(id))
                .version(1)
                .attribute("a", new byte[valueLength])
                .build();
    }
}
