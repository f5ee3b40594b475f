package org.stoneware.server.role;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.spi.storage.LoadResult;
import org.stoneware.spi.storage.SessionStore;
import org.stoneware.spi.storage.StoreHealth;
import org.stoneware.wire.session.WriteStatus;

/** The disk of a store that keeps sessions fails, or is full. */
class StoreTroubleTest {
    private final DurableMachine one = new DurableMachine(1, store -> store);
    private final DurableMachine two = new DurableMachine(2, store -> store);
    private final PairFixture pair = new PairFixture(one::create, two::create);

    @Test
    void shouldGiveItsRoleToTheStandbyAtOnceWhenItsStoreFails() {
        pair.pair(5);
        PairFixture.Tomcat tomcat = pair.new Tomcat(pair.first);
        one.disk().fail();

        tomcat.create(1, "S1");
        pair.pass(300);

        assertThat(pair.first.events).contains("storage-failed", "hand-over at once");
        assertThat(pair.first.handOverReasons).first().asString().matches("the store, which has failed: .+");
        // Neither acknowledged here nor refused: the next active knows.
        assertThat(tomcat.written).isEmpty();
        assertThat(pair.second.isHeld("S1")).isTrue();
    }

    @Test
    void shouldRefuseChangesWhenNobodyCanTakeOver() {
        pair.first.become(ServerRole.ACTIVE_COORDINATOR, 5, 0);
        pair.pass(100);
        PairFixture.Tomcat tomcat = pair.new Tomcat(pair.first);
        tomcat.create(1, "S1");
        pair.pass(100);
        one.disk().fail();
        tomcat.create(2, "S2");
        pair.pass(300);

        tomcat.create(3, "S3");
        pair.pass(100);

        assertThat(tomcat.written).containsExactly(WriteStatus.COMMITTED, WriteStatus.FAILED);
        assertThat(pair.first.events).contains("storage-failed").doesNotContain("hand-over at once");
        assertThat(pair.first.isHeld("S1")).isTrue();
    }

    /** What a store does that fails, and whose place another one takes, which has all that it had. */
    private static final class Exchanged {
        private static final long GOES_ON = -1;

        boolean isFailed;
        private long durablePosition = GOES_ON;
        private @Nullable SessionStore inner;

        /** Nothing more becomes durable. */
        void hold() {
            durablePosition = Objects.requireNonNull(inner).durablePosition();
        }

        void goOn() {
            durablePosition = GOES_ON;
        }

        SessionStore over(SessionStore store) {
            inner = store;
            return with(store, method -> switch (method) {
                case "health" -> isFailed ? new StoreHealth(StoreHealth.State.FAILED, "planted") : null;
                case "durablePosition" -> durablePosition == GOES_ON ? null : durablePosition;
                default -> null;
            });
        }
    }

    @Test
    void shouldAnswerWhatWasOnItsWayWhenAnotherStoreHoldsIt() {
        Exchanged store = new Exchanged();
        DurableMachine machine = new DurableMachine(1, store::over);
        PairFixture alone = new PairFixture(machine::create, two::create);
        alone.first.become(ServerRole.ACTIVE_COORDINATOR, 5, 0);
        PairFixture.Tomcat tomcat = alone.new Tomcat(alone.first);
        store.hold();
        tomcat.create(1, "S1");
        alone.pass(100);
        tomcat.create(2, "S2");
        alone.pass(100);
        store.isFailed = true;
        alone.pass(100);
        tomcat.create(2, "S2");
        alone.pass(100);
        assertThat(tomcat.written).as("in doubt").isEmpty();

        store.isFailed = false;
        alone.pass(100);
        assertThat(tomcat.written).as("not durable yet").isEmpty();
        store.goOn();
        alone.pass(300);

        assertThat(tomcat.answered).as("also what is not sent again").contains(1L, 2L);
        assertThat(tomcat.written).containsOnly(WriteStatus.COMMITTED);
    }

    @Test
    void shouldAcknowledgeWhatIsDurableOnlyAgainAfterAnotherStoreTookThePlaceOfAFailedOne() {
        Exchanged store = new Exchanged();
        DurableMachine machine = new DurableMachine(1, store::over);
        PairFixture alone = new PairFixture(machine::create, two::create);
        alone.first.become(ServerRole.ACTIVE_COORDINATOR, 5, 0);
        PairFixture.Tomcat tomcat = alone.new Tomcat(alone.first);
        store.isFailed = true;
        alone.pass(300);
        store.isFailed = false;
        alone.pass(300);

        store.hold();
        tomcat.create(1, "S1");
        alone.pass(100);
        assertThat(tomcat.written).isEmpty();
        store.goOn();
        alone.pass(100);

        assertThat(tomcat.written).containsExactly(WriteStatus.COMMITTED);
    }

    @Test
    void shouldAskToBeDroppedWhenTheStoreOfTheStandbyFails() {
        pair.pair(5);
        PairFixture.Tomcat tomcat = pair.new Tomcat(pair.first);
        two.disk().fail();

        tomcat.create(1, "S1");
        pair.pass(300);

        assertThat(pair.first.dropsRequested).isPositive();
        assertThat(pair.second.events).contains("storage-failed", "replica-differs");
        assertThat(tomcat.written).isEmpty();
        pair.first.dropOther();
        pair.pass(100);
        assertThat(tomcat.written).containsExactly(WriteStatus.COMMITTED);
    }

    /** What was read at the start was whole; the record that is not is found later. */
    @Test
    void shouldBeSuspectAtTheNextStartOnceItsDiskHasLostWhatWasKept() {
        String[] damage = {""};
        DurableMachine machine = new DurableMachine(1, store -> withDamage(store, damage));
        PairFixture alone = new PairFixture(machine::create, two::create);
        alone.first.become(ServerRole.ACTIVE_COORDINATOR, 5, 0);
        PairFixture.Tomcat tomcat = alone.new Tomcat(alone.first);
        tomcat.create(1, "S1");
        alone.pass(300);
        boolean wasSuspect = machine.isPublishedSuspect();

        damage[0] = "sessionsLost=1";
        alone.pass(300);
        damage[0] = "sessionsLost=2";
        alone.pass(300);

        assertThat(wasSuspect).isFalse();
        assertThat(machine.isPublishedSuspect()).isTrue();
        assertThat(alone.first.events)
                .filteredOn("store-suspect"::equals)
                .as("told once")
                .hasSize(1);
    }

    private static SessionStore withDamage(SessionStore store, String[] damage) {
        return with(store, method -> method.equals("damage") ? damage[0] : null);
    }

    /** Its device reads nothing while there is a problem. */
    private static SessionStore withReadProblem(SessionStore store, String[] problem) {
        return with(store, method -> switch (method) {
            case "readProblem" -> problem[0];
            case "load" -> problem[0].isEmpty() ? null : LoadResult.BUSY;
            default -> null;
        });
    }

    /** @param answer to a method of this name; null: the store's. */
    private static SessionStore with(SessionStore store, Function<String, @Nullable Object> answer) {
        return (SessionStore) Proxy.newProxyInstance(
                SessionStore.class.getClassLoader(), new Class<?>[] {SessionStore.class}, (proxy, method, given) -> {
                    try {
                        Object instead = answer.apply(method.getName());
                        return instead != null ? instead : method.invoke(store, given);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    @Test
    void shouldGiveItsRoleToTheStandbyWhenItsDeviceDoesNotReadSessions() {
        String[] problem = {""};
        DurableMachine machine = new DurableMachine(1, store -> withReadProblem(store, problem));
        PairFixture unread = new PairFixture(machine::create, two::create);
        unread.pair(5);

        problem[0] = "sessions=1";
        unread.pass(500);
        assertThat(unread.first.events).as("it may pass").doesNotContain("hand-over");
        unread.pass(1_500);

        assertThat(unread.first.events).containsOnlyOnce("hand-over");
        assertThat(unread.first.handOverReasons).containsExactly("the store, which can't be read: sessions=1");
    }

    @Test
    void shouldServeOnWithoutAStandbyThatCannotReadWhatItIsToChange() {
        String[] problem = {""};
        DurableMachine machine = new DurableMachine(2, store -> withReadProblem(store, problem));
        PairFixture unread = new PairFixture(one::create, machine::create);
        unread.pair(5);
        PairFixture.Tomcat tomcat = unread.new Tomcat(unread.first);
        tomcat.create(1, "S1");
        unread.pass(100);

        problem[0] = "sessions=1";
        tomcat.create(2, "S2");
        unread.pass(300);
        assertThat(unread.first.dropsRequested).as("it may pass").isZero();
        unread.pass(1_500);
        int dropsRequested = unread.first.dropsRequested;
        unread.first.dropOther();
        unread.pass(100);

        assertThat(dropsRequested).isPositive();
        assertThat(tomcat.written).containsExactly(WriteStatus.COMMITTED, WriteStatus.COMMITTED);
    }

    @Test
    void shouldGoOnWithAStandbyThatReadsAgainSoon() {
        String[] problem = {""};
        DurableMachine machine = new DurableMachine(2, store -> withReadProblem(store, problem));
        PairFixture unread = new PairFixture(one::create, machine::create);
        unread.pair(5);
        PairFixture.Tomcat tomcat = unread.new Tomcat(unread.first);
        problem[0] = "sessions=1";
        tomcat.create(1, "S1");
        unread.pass(500);

        problem[0] = "";
        unread.pass(2_000);

        assertThat(tomcat.written).containsExactly(WriteStatus.COMMITTED);
        assertThat(unread.first.dropsRequested).isZero();
    }

    /** Its disk was filled between a write and its force: what was taken in would be waited for in vain. */
    @Test
    void shouldNotWaitForWhatAFullDiskDoesNotTakeBeforeItHandsOver() {
        boolean[] isStuck = {false};
        DurableMachine machine = new DurableMachine(1, store -> withStuckDisk(store, isStuck));
        PairFixture stuck = new PairFixture(machine::create, two::create);
        stuck.pair(5);
        PairFixture.Tomcat tomcat = stuck.new Tomcat(stuck.first);
        stuck.pass(100);

        isStuck[0] = true;
        tomcat.create(1, "S1");
        stuck.pass(500);
        assertThat(stuck.first.events).contains("storage-full").doesNotContain("hand-over at once");
        stuck.pass(1_000);

        assertThat(stuck.first.events).containsOnlyOnce("hand-over at once").doesNotContain("hand-over");
        assertThat(tomcat.written).isEmpty();
        assertThat(stuck.second.isHeld("S1")).isTrue();
    }

    /** What is appended stays where it is. */
    private static SessionStore withStuckDisk(SessionStore store, boolean[] isStuck) {
        long[] durable = {0};
        return with(store, method -> {
            if (!isStuck[0]) {
                durable[0] = store.durablePosition();
                return null;
            }
            return switch (method) {
                case "durablePosition" -> durable[0];
                case "health" -> new StoreHealth(StoreHealth.State.FULL, "No space left on device");
                default -> null;
            };
        });
    }

    @Test
    void shouldHandOverOnceWhenItsDiskStaysFull() {
        pair.pair(5);
        PairFixture.Tomcat tomcat = pair.new Tomcat(pair.first);
        one.disk().isFull(true);

        tomcat.create(1, "S1");
        pair.pass(500);
        assertThat(pair.first.events).contains("storage-full").doesNotContain("hand-over");
        pair.pass(10_000);
        assertThat(pair.first.events).containsOnlyOnce("hand-over");
        assertThat(pair.first.handOverReasons).singleElement().asString().matches("the store, which is full: .+");
        assertThat(tomcat.written).containsExactly(WriteStatus.FULL);

        one.disk().isFull(false);
        tomcat.create(2, "S2");
        pair.pass(500);
        assertThat(pair.first.events).contains("storage-room");
        assertThat(tomcat.written).containsExactly(WriteStatus.FULL, WriteStatus.COMMITTED);
    }
}
