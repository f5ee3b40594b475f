package org.stoneware.server.role;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.server.replication.ReplicaState;
import org.stoneware.server.replication.SyncState;
import org.stoneware.server.storage.FaultyStore;
import org.stoneware.server.storage.GenerationPlace;
import org.stoneware.server.storage.OpenedStore;
import org.stoneware.server.storage.StoreSwitch;
import org.stoneware.server.storage.StoreSwitchState;
import org.stoneware.spi.storage.SessionStore;
import org.stoneware.spi.storage.StoreContext;
import org.stoneware.spi.storage.StoreSnapshot;
import org.stoneware.testkit.storage.ReferenceSessionStore;
import org.stoneware.wire.session.WriteStatus;

/** Stores are exchanged on either server of a pair while the other one joins, follows, takes over or dies. */
class StoreExchangePairTest {
    private static final int SESSIONS = 150;

    private int closedByFirst;
    private int closedBySecond;
    private final PairFixture pair = new PairFixture(
            () -> PairFixture.inMemory(() -> closedByFirst++), () -> PairFixture.inMemory(() -> closedBySecond++));
    private final Exchange onFirst = new Exchange(pair.first);
    private final Exchange onSecond = new Exchange(pair.second);
    private SplitTomcat tomcat;
    private int created;

    /** The exchange of one server. */
    private final class Exchange implements StoreSwitch.Output {
        final List<String> told = new ArrayList<>();
        final StoreSwitch exchange;
        private long clockNs;

        Exchange(PairFixture.Server server) {
            // Each look at the clock takes a while, so that a duty cycle does a few batches only.
            exchange = new StoreSwitch(() -> server.duties.current().store(), () -> clockNs += 100_000, this);
        }

        void begin() {
            begin(new ReferenceSessionStore(new StoreContext(Path.of(""), 16 << 20, 8_192, line -> {})));
        }

        void begin(SessionStore next) {
            exchange.begin(
                    new OpenedStore(next, "next", GenerationPlace.temporary(() -> {})), "test", pair.clock.nowNs());
        }

        @Override
        public void info(String kind, String text) {
            told.add(kind);
        }

        @Override
        public void warning(String kind, String text) {
            told.add(kind + ": " + text);
        }

        @Override
        public void onExchanged(OpenedStore inUse) {
            told.add("in use: " + inUse.provider());
        }

        @Override
        public void onFellBack(OpenedStore inUse, OpenedStore broken, String reason) {
            told.add("fell back: " + reason);
        }

        @Override
        public void onUnfit(OpenedStore unfit, String reason) {
            told.add("unfit: " + reason);
        }

        @Override
        public void onInterrupted(String reason) {
            told.add("interrupted");
        }
    }

    @BeforeEach
    void begin() {
        pair.first.become(ServerRole.ACTIVE_COORDINATOR, 5, 0);
        tomcat = new SplitTomcat(pair, pair.first, 5, 1);
        pair.pass(50);
        for (int i = 0; i < SESSIONS; i++) {
            create();
        }
    }

    private void create() {
        tomcat.create("S" + created++, "value");
    }

    /** Duty cycles with changes between them. */
    private void cycles(int count, boolean isChanging) {
        for (int i = 0; i < count; i++) {
            if (isChanging) {
                create();
            }
            pair.clock.advanceMs(1);
            pair.turn();
            onFirst.exchange.doWork(pair.clock.nowNs());
            onSecond.exchange.doWork(pair.clock.nowNs());
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 5, 8, 13, 21})
    void shouldExchangeOnTheActiveWhileAStandbyIsCopied(int cyclesBetween) {
        pair.second.become(ServerRole.PASSIVE_UNINITIALIZED, 5, 0);
        cycles(cyclesBetween, false);

        onFirst.begin();
        cycles(60, true);
        cycles(1_200, false);

        assertThat(onFirst.told).contains("in use: next");
        assertThat(contents(pair.second)).isEqualTo(contents(pair.first)).hasSize(created);
        assertThat(pair.second.duties.replica().mismatches()).isZero();
    }

    @Test
    void shouldExchangeOnTheStandbyAndThenServeFromIt() {
        pair.second.become(ServerRole.PASSIVE_UNINITIALIZED, 5, 0);
        cycles(300, false);

        onSecond.begin();
        cycles(100, true);
        cycles(1_200, false);
        int acknowledged = created;
        pair.cut();
        pair.second.become(ServerRole.ACTIVE_COORDINATOR, 9, 1);
        cycles(10, false);

        assertThat(onSecond.told).contains("in use: next");
        assertThat(contents(pair.second)).hasSize(acknowledged);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 5, 8})
    void shouldLeaveTheStandbyWholeWhenTheActiveDiesInTheMiddle(int cyclesBefore) {
        pair.second.become(ServerRole.PASSIVE_UNINITIALIZED, 5, 0);
        cycles(300, false);
        onFirst.begin();
        onSecond.begin();
        cycles(cyclesBefore, true);
        cycles(5, false);

        pair.cut();
        pair.second.become(ServerRole.ACTIVE_COORDINATOR, 9, 1);
        cycles(1_200, false);

        assertThat(contents(pair.second)).hasSize(created);
        assertThat(onSecond.exchange.state()).isEqualTo(StoreSwitchState.PROVING);
    }

    @Test
    void shouldGiveAnExchangeUpWhenACopyReplacesTheSessionsBeingMoved() {
        pair.second.become(ServerRole.PASSIVE_UNINITIALIZED, 5, 0);
        onSecond.begin();
        // Whatever the exchange has reached, a copy from the active replaces both of its stores.
        for (int i = 0; i < 300 && !pair.second.events.contains("copy-complete"); i++) {
            pair.clock.advanceMs(1);
            pair.turn();
        }
        cycles(300, true);
        cycles(100, false);

        assertThat(onSecond.told).contains("interrupted");
        assertThat(contents(pair.second)).isEqualTo(contents(pair.first)).hasSize(created);
    }

    /** Every session waits for the disk of the store that is filled, not only the one it reads; nothing else of the server does. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldLetChangesWaitWhileTheNewStoreReadsAndGoOnWithEverythingElse(boolean isOnStandby) {
        pair.second.become(ServerRole.PASSIVE_UNINITIALIZED, 5, 0);
        cycles(300, false);
        FaultyStore next = new FaultyStore("next");
        Exchange on = isOnStandby ? onSecond : onFirst;
        on.begin(next);
        next.isStuck = true;
        create();
        cycles(10, false);
        int answered = tomcat.written.size();
        int renewed = tomcat.renewed;

        create();
        tomcat.renew();
        cycles(500, false);
        int answeredMeanwhile = tomcat.written.size();
        int renewedMeanwhile = tomcat.renewed;
        boolean isInSync = pair.first.duties.hasStandby();
        ReplicaState following = pair.second.duties.replica().state();
        next.isStuck = false;
        cycles(1_200, false);

        assertThat(answeredMeanwhile).isEqualTo(answered);
        assertThat(renewedMeanwhile).isEqualTo(renewed + 1);
        assertThat(isInSync).isTrue();
        assertThat(following).isEqualTo(ReplicaState.FOLLOWING);
        assertThat(tomcat.written).hasSize(created).containsOnly(WriteStatus.COMMITTED);
        assertThat(on.told).contains("in use: next");
        assertThat(contents(pair.second)).isEqualTo(contents(pair.first)).hasSize(created);
    }

    @Test
    void shouldCloseTheOldStoreThoughACopyFromItBrokeOff() {
        pair.second.become(ServerRole.PASSIVE_UNINITIALIZED, 5, 0);
        while (pair.first.duties.syncState(1) != SyncState.SEND_SNAPSHOT) {
            pair.turn();
        }

        pair.first.become(ServerRole.ACTIVE_COORDINATOR, 6, 0);
        int closed = closedByFirst;
        exchangeAndProve(onFirst);

        assertThat(onFirst.told).contains("in use: next");
        assertThat(closedByFirst).isEqualTo(closed + 1);
    }

    @Test
    void shouldCloseTheOldStoreThoughATellingOfASplitBrokeOff() {
        pair.second.become(ServerRole.PASSIVE_UNINITIALIZED, 5, 0);
        cycles(300, false);
        pair.cut();
        pair.second.become(ServerRole.ACTIVE_COORDINATOR, 9, 1);
        new SplitTomcat(pair, pair.second, 9, 2).create("alone", "value");
        pair.second.dropOther();
        pair.pass(50);
        pair.first.become(ServerRole.ACTIVE_COORDINATOR, 10, 0);
        pair.heal();
        pair.second.become(ServerRole.PASSIVE_UNINITIALIZED, 10, 0);
        while (pair.second.duties.replica().state() != ReplicaState.RECONCILING) {
            pair.turn();
        }

        pair.second.become(ServerRole.ACTIVE_COORDINATOR, 12, 1);
        int closed = closedBySecond;
        exchangeAndProve(onSecond);

        assertThat(onSecond.told).contains("in use: next");
        assertThat(closedBySecond).isEqualTo(closed + 1);
    }

    private void exchangeAndProve(Exchange on) {
        on.begin();
        cycles(1_500, false);
        pair.clock.advanceMs(TimeUnit.NANOSECONDS.toMillis(StoreSwitch.PROBATION_NS));
        cycles(10, false);
    }

    private static TreeMap<String, Long> contents(PairFixture.Server server) {
        TreeMap<String, Long> all = new TreeMap<>();
        StoreSnapshot walk = server.duties.current().store().openSnapshot();
        while (walk.next(100, record -> all.put(record.key().toString(), record.contentHash() + record.version()))
                != StoreSnapshot.END) {
            // All records of the walk.
        }
        walk.close();
        return all;
    }
}
