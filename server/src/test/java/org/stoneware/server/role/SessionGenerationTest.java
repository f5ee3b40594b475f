package org.stoneware.server.role;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.stoneware.server.session.ClientId;
import org.stoneware.server.session.EntryMaker;
import org.stoneware.spi.storage.SessionStore;

/** When a restart is told to open a copy, and what it is told of it. */
class SessionGenerationTest {
    private static final long STEP_NS = TimeUnit.MILLISECONDS.toNanos(200);

    private final boolean[] isHeld = {false};
    private final String[] damage = {""};
    private final DurableMachine machine = new DurableMachine(1, this::faulty);
    private final List<String> events = new ArrayList<>();
    private final StoreWatch watch = new StoreWatch(new Events());
    private long nowNs;

    @Test
    void shouldNotLetARestartFindADamagedCopyBeforeItIsDurable() {
        SessionGeneration next = nextOne();
        damage[0] = "sessionsLost=1";

        step(next);
        boolean wasPublished = machine.published() != 0;
        isHeld[0] = false;
        step(next);

        assertThat(wasPublished).isFalse();
        assertThat(machine.published()).isEqualTo(1);
        assertThat(machine.isPublishedSuspect()).isTrue();
        assertThat(events).containsExactly("store-suspect");
    }

    @Test
    void shouldPublishACopyThatIsWholeOnceItIsDurable() {
        SessionGeneration next = nextOne();
        step(next);
        boolean wasPublished = machine.published() != 0;

        isHeld[0] = false;
        step(next);

        assertThat(wasPublished).isFalse();
        assertThat(machine.published()).isEqualTo(1);
        assertThat(machine.isPublishedSuspect()).isFalse();
        assertThat(events).isEmpty();
    }

    /** One copied anew, whose disk is slow. */
    private SessionGeneration nextOne() {
        SessionGeneration first = machine.create();
        SessionGeneration next = machine.create();
        isHeld[0] = true;
        next.state().checkpoint();
        EntryMaker.apply(new EntryMaker(0).written(new ClientId(1, 2), 1, "a"), next.state(), 1);
        next.replaces(first);
        step(next);
        assertThat(machine.published()).isZero();
        return next;
    }

    private void step(SessionGeneration generation) {
        for (int i = 0; i < 20; i++) {
            nowNs += STEP_NS;
            generation.doWork(nowNs);
            watch.doWork(generation, false, nowNs);
        }
    }

    private SessionStore faulty(SessionStore store) {
        return (SessionStore) Proxy.newProxyInstance(
                SessionStore.class.getClassLoader(), new Class<?>[] {SessionStore.class}, (proxy, method, given) -> {
                    try {
                        return switch (method.getName()) {
                            case "damage" -> damage[0];
                            case "durablePosition" -> isHeld[0] ? 0L : method.invoke(store, given);
                            default -> method.invoke(store, given);
                        };
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    private final class Events implements RoleOutput {
        @Override
        public boolean requestAddPeer(int memberId, long incarnation, long nowNs) {
            return false;
        }

        @Override
        public boolean requestDropPeer(int memberId, String reason, long nowNs) {
            return false;
        }

        @Override
        public void follow(int activeId) {}

        @Override
        public void dropClients(String reason) {}

        @Override
        public void info(String kind, String text) {
            events.add(kind);
        }

        @Override
        public void warning(String kind, String text) {
            events.add(kind);
        }
    }
}
