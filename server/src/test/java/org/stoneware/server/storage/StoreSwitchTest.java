package org.stoneware.server.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.server.storage.FaultyStore.Fault;
import org.stoneware.spi.storage.LoadResult;
import org.stoneware.spi.storage.StoreHealth;
import org.stoneware.spi.storage.StoreListener;
import org.stoneware.spi.storage.StoreSnapshot;

class StoreSwitchTest {
    private static final int SESSIONS = 300;

    private final FaultyStore second = new FaultyStore("second");

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
    void shouldMoveEverySessionWhileAllOfThemChange(long seed) {
        ExchangeRig rig = new ExchangeRig(seed, SESSIONS);

        rig.exchange.begin(second.opened(), "test", rig.nowNs);
        rig.untilNotBusy(7);

        assertThat(rig.store.mode()).as("seed " + seed + " " + rig.events).isEqualTo("second");
        assertThat(ExchangeRig.contents(second)).isEqualTo(rig.expectedContents());
        assertThat(ExchangeRig.contents(rig.first)).isEqualTo(rig.expectedContents());
    }

    @ParameterizedTest
    @EnumSource(
            value = Fault.class,
            mode = EnumSource.Mode.EXCLUDE,
            names = {"NONE", "FULL"})
    void shouldGoOnWithTheOldStoreWhenTheNewOneIsBroken(Fault fault) {
        for (long seed = 1; seed <= 10; seed++) {
            ExchangeRig rig = new ExchangeRig(seed, SESSIONS);
            FaultyStore broken = new FaultyStore("broken").failing(fault, 1 + rig.random.nextInt(200));
            broken.delay = rig::stall;

            rig.exchange.begin(broken.opened(), "test", rig.nowNs);
            while (rig.exchange.isBusy()) {
                rig.cycle(3);
                rig.nowNs += 10_000_000;
            }

            assertThat(rig.store.mode()).as(fault + " seed " + seed).isEqualTo("first");
            assertThat(rig.contents()).isEqualTo(rig.expectedContents());
            assertThat(rig.unfit).hasSize(1);
            assertThat(broken.isClosed).isTrue();
            assertThat(rig.first.isClosed).isFalse();
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Fault.class,
            names = {"THROWS", "LACKS_A_CLASS", "FAILED", "READS_THROW", "SLOW", "LOSES_A_CHANGE"})
    void shouldUseTheOldStoreAgainWithEveryChangeWhenTheNewOneBreaksOnProbation(Fault fault) {
        for (long seed = 1; seed <= 10; seed++) {
            ExchangeRig rig = new ExchangeRig(seed, SESSIONS);
            FaultyStore later = new FaultyStore("later");
            rig.exchange.begin(later.opened(), "test", rig.nowNs);
            rig.untilNotBusy(5);
            assertThat(rig.store.mode()).isEqualTo("later");

            later.delay = rig::stall;
            later.failing(fault, 1 + rig.random.nextInt(50));
            for (int i = 0; i < 100; i++) {
                rig.cycle(3);
            }

            assertThat(rig.store.mode()).as(fault + " seed " + seed).isEqualTo("first");
            assertThat(rig.contents()).isEqualTo(rig.expectedContents());
            assertThat(rig.unfit).hasSize(1);
            assertThat(rig.exchange.state()).isEqualTo(StoreSwitchState.IDLE);
            assertThat(rig.events).anyMatch(event -> event.startsWith("store-fell-back"));
            assertThat(later.isClosed).isTrue();
        }
    }

    /** A copy that may lack something is no better for having been copied, nor for having come back. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldKeepTheSuspicionOfACopyOverAnExchangeAndAFallBack(boolean isSuspect) {
        ExchangeRig rig = new ExchangeRig(1, 50);
        KeptPlace later = new KeptPlace();
        FaultyStore next = new FaultyStore("later");
        KeptPlace before = rig.keptPlace;
        before.isSuspect = isSuspect;

        rig.exchange.begin(new OpenedStore(next, "later", later), "test", rig.nowNs);
        rig.untilNotBusy(1);
        boolean isSuspectAfterExchange = later.isSuspect;
        next.failing(Fault.FAILED, 1);
        for (int i = 0; i < 20; i++) {
            rig.cycle(2);
        }

        assertThat(rig.store.mode()).isEqualTo("first");
        assertThat(isSuspectAfterExchange).isEqualTo(isSuspect);
        assertThat(before.isSuspect).as("durable again, so certain again").isEqualTo(isSuspect);
    }

    @Test
    void shouldCloseTheOldStoreWhenTheProbationIsOver() {
        ExchangeRig rig = new ExchangeRig(1, 50);
        rig.exchange.begin(second.opened(), "test", rig.nowNs);
        rig.untilNotBusy(1);
        assertThat(rig.first.isClosed).isFalse();

        rig.pass(StoreSwitch.PROBATION_NS + 1);

        assertThat(rig.first.isClosed).isTrue();
        assertThat(rig.exchange.state()).isEqualTo(StoreSwitchState.IDLE);
    }

    @Test
    void shouldKeepTheOldStoreOpenUntilAWalkOverItHasEnded() {
        ExchangeRig rig = new ExchangeRig(1, 500);
        StoreSnapshot walk = rig.store.openSnapshot();
        List<SessionKey> seen = new ArrayList<>();
        walk.next(10, record -> seen.add(record.key()));

        rig.exchange.begin(second.opened(), "test", rig.nowNs);
        rig.untilNotBusy(0);
        rig.pass(StoreSwitch.PROBATION_NS + 1);
        boolean wasClosed = rig.first.isClosed;
        while (walk.next(50, record -> seen.add(record.key())) != StoreSnapshot.END) {
            rig.cycle(0);
        }
        walk.close();
        rig.cycle(0);

        assertThat(wasClosed).isFalse();
        assertThat(seen).doesNotHaveDuplicates().hasSize(500);
        assertThat(rig.first.isClosed).isTrue();
    }

    @Test
    void shouldMoveOnToAThirdStoreDuringTheProbationOfTheSecond() {
        ExchangeRig rig = new ExchangeRig(3, SESSIONS);
        rig.exchange.begin(second.opened(), "test", rig.nowNs);
        rig.untilNotBusy(3);

        FaultyStore third = new FaultyStore("third");
        rig.exchange.begin(third.opened(), "test", rig.nowNs);
        rig.untilNotBusy(3);

        assertThat(rig.store.mode()).isEqualTo("third");
        assertThat(rig.contents()).isEqualTo(rig.expectedContents());
        assertThat(rig.first.isClosed).isTrue();
    }

    @Test
    void shouldLetPositionsRiseOverTheExchange() {
        ExchangeRig rig = new ExchangeRig(4, SESSIONS);
        long appended = rig.store.appendPosition();
        long durable = rig.store.durablePosition();

        rig.exchange.begin(second.opened(), "test", rig.nowNs);
        while (rig.exchange.isBusy()) {
            rig.cycle(2);
            assertThat(rig.store.appendPosition()).isGreaterThanOrEqualTo(appended);
            assertThat(rig.store.durablePosition()).isGreaterThanOrEqualTo(durable);
            appended = rig.store.appendPosition();
            durable = rig.store.durablePosition();
        }
        rig.cycle(5);

        assertThat(rig.store.durablePosition()).isEqualTo(rig.store.appendPosition());
    }

    @Test
    void shouldHoldBackDurabilityWhileTheNewStoreMakesDurableWhatItHolds() {
        ExchangeRig rig = new ExchangeRig(4, 40);
        FaultyStore lagging = new FaultyStore("lagging").failing(Fault.NEVER_DURABLE, 1);
        rig.exchange.begin(lagging.opened(), "test", rig.nowNs);
        while (rig.exchange.state() != StoreSwitchState.SETTLING) {
            rig.cycle(1);
        }
        long held = rig.store.durablePosition();

        rig.cycle(10);

        assertThat(rig.store.durablePosition()).isEqualTo(held);
        assertThat(rig.store.mode()).isEqualTo("first");
        lagging.failing(Fault.NONE, 1);
        rig.cycle(1);
        assertThat(rig.store.mode()).isEqualTo("lagging");
        assertThat(rig.store.durablePosition()).isEqualTo(rig.store.appendPosition());
    }

    @Test
    void shouldAnswerFailedWhenTheOnlyStoreThrows() {
        ExchangeRig rig = new ExchangeRig(5, 20);
        List<String> told = new ArrayList<>();
        rig.store.listener(new StoreListener() {
            @Override
            public void onLoaded(long ticket) {}

            @Override
            public void onDurable(long position) {}

            @Override
            public void onFailed(String reason) {
                told.add(reason);
            }
        });
        rig.first.failing(Fault.LACKS_A_CLASS, 1);

        assertThatThrownBy(rig::change).hasMessageContaining("FAILED");

        assertThat(rig.store.health().state()).isEqualTo(StoreHealth.State.FAILED);
        assertThat(told).hasSize(1);
        assertThat(told.get(0)).contains("NoClassDefFoundError");
    }

    @Test
    void shouldNotTakeWhatAVisitorThrowsForAFailureOfTheStore() {
        ExchangeRig rig = new ExchangeRig(6, 20);
        rig.exchange.begin(second.opened(), "test", rig.nowNs);
        rig.untilNotBusy(0);

        assertThatThrownBy(() -> rig.store.openSnapshot().next(1, record -> {
                    throw new IllegalArgumentException("mine");
                }))
                .hasMessage("mine");

        assertThat(rig.store.mode()).isEqualTo("second");
        assertThat(rig.store.failure()).isEmpty();
    }

    @Test
    void shouldLetTheOldStoreGoOnWhenItIsCancelled() {
        ExchangeRig rig = new ExchangeRig(7, SESSIONS);
        rig.exchange.begin(second.opened(), "test", rig.nowNs);
        rig.cycle(3);

        rig.exchange.cancel("the server stops", rig.nowNs);

        assertThat(rig.store.mode()).isEqualTo("first");
        assertThat(second.isClosed).isTrue();
        assertThat(rig.unfit).isEmpty();
        assertThat(rig.contents()).isEqualTo(rig.expectedContents());
    }

    /** A pause of the machine looks the same, once or twice. */
    @Test
    void shouldKeepTheNewStoreWhenTwoOfItsChangesAreSlow() {
        ExchangeRig rig = new ExchangeRig(1, SESSIONS);
        rig.exchange.begin(second.opened(), "test", rig.nowNs);
        rig.untilNotBusy(3);
        int[] stalls = {2};
        second.delay = () -> {
            if (stalls[0]-- > 0) {
                rig.stall();
            }
        };

        second.failing(Fault.SLOW, 1);
        rig.cycle(50);

        assertThat(stalls[0]).isNegative();
        assertThat(rig.store.mode()).isEqualTo("second");
        assertThat(rig.unfit).isEmpty();
    }

    @Test
    void shouldGiveUpAStoreThatIsBehindForMoreThanTwoSeconds() {
        ExchangeRig rig = new ExchangeRig(1, SESSIONS);
        rig.exchange.begin(second.opened(), "test", rig.nowNs);
        rig.cycle(1);

        second.isStuck = true;
        rig.cycle(1);
        rig.pass(StoreTwin.MAX_BEHIND_NS - 2_000_000);
        boolean isPatient = rig.exchange.isBusy();
        rig.pass(3_000_000);

        assertThat(isPatient).isTrue();
        assertThat(rig.unfit).hasSize(1);
        assertThat(rig.unfit.get(0)).contains("too slow: its disk was behind for");
        assertThat(rig.contents()).isEqualTo(rig.expectedContents());
    }

    @Test
    void shouldGiveUpAStoreForWhichTooManyChangesWait() {
        ExchangeRig rig = new ExchangeRig(1, SESSIONS);
        rig.exchange.begin(second.opened(), "test", rig.nowNs);
        second.isStuck = true;

        for (int i = 0; i < StoreTwin.MAX_PENDING / 4; i++) {
            rig.change();
        }
        boolean isPatient = rig.store.twin().isSound();
        for (int i = 0; i < StoreTwin.MAX_PENDING; i++) {
            rig.change();
        }
        rig.cycle(0);

        assertThat(isPatient).isTrue();
        assertThat(rig.unfit).containsExactly("too slow: 4096 changes wait for its disk");
        assertThat(rig.contents()).isEqualTo(rig.expectedContents());
    }

    @Test
    void shouldNotBlameTheNewStoreWhenTheOldOneThrowsWhileBothAreCompared() {
        ExchangeRig rig = new ExchangeRig(1, SESSIONS);
        rig.exchange.begin(second.opened(), "test", rig.nowNs);
        untilCompared(rig);

        rig.first.isComparingThrowing = true;
        rig.untilNotBusy(0);

        assertThat(rig.unfit).isEmpty();
        assertThat(rig.events)
                .anyMatch(each -> each.contains("the store in use is why: IllegalStateException: planted"));
    }

    @Test
    void shouldNotBlameTheNewStoreWhenTheOldOneLosesADamagedRecord() {
        ExchangeRig rig = new ExchangeRig(1, SESSIONS);
        rig.exchange.begin(second.opened(), "test", rig.nowNs);
        untilCompared(rig);

        rig.lose();
        rig.untilNotBusy(0);

        assertThat(rig.unfit).isEmpty();
        assertThat(rig.store.mode()).isEqualTo("first");
        assertThat(rig.events).anyMatch(each -> each.contains("the store in use is why: damaged: records=1"));
    }

    /** Room may come back; what was asked for can be asked for again. */
    @Test
    void shouldBlameNobodyForADiskThatIsFull() {
        ExchangeRig rig = new ExchangeRig(1, SESSIONS);
        rig.exchange.begin(new FaultyStore("full").failing(Fault.FULL, 50).opened(), "test", rig.nowNs);
        rig.untilNotBusy(3);
        String afterwards = rig.store.mode();

        rig.exchange.begin(second.opened(), "test", rig.nowNs);
        rig.untilNotBusy(3);

        assertThat(rig.unfit).isEmpty();
        assertThat(afterwards).isEqualTo("first");
        assertThat(rig.store.mode()).isEqualTo("second");
        assertThat(rig.contents()).isEqualTo(rig.expectedContents());
    }

    @Test
    void shouldBlameNobodyForAMarkerThatCannotBeWritten() {
        ExchangeRig rig = new ExchangeRig(1, SESSIONS);
        KeptPlace place = new KeptPlace();
        place.isRefusing = true;
        rig.exchange.begin(new OpenedStore(second, "second", place), "test", rig.nowNs);
        rig.untilNotBusy(3);

        assertThat(rig.unfit).isEmpty();
        assertThat(rig.store.mode()).isEqualTo("first");
        assertThat(rig.contents()).isEqualTo(rig.expectedContents());
        assertThat(rig.events).anyMatch(each -> each.contains("a restart could not be told of it"));
    }

    /** It takes no change any more, but what it holds is all there is. */
    @Test
    void shouldMoveTheSessionsOutOfAStoreThatFailedAndStillReads() {
        ExchangeRig rig = new ExchangeRig(1, SESSIONS);
        rig.first.isReadingAsItWorks = true;
        Objects.requireNonNull(rig.first.listener).onFailed("a force failed");

        rig.exchange.begin(second.opened(), "test", rig.nowNs);
        rig.untilNotBusy(0);

        assertThat(rig.unfit).isEmpty();
        assertThat(rig.store.mode()).isEqualTo("second");
        assertThat(rig.contents()).isEqualTo(rig.expectedContents());
    }

    @Test
    void shouldBlameAStoreThatDoesNotWorkForWhatItDoesNotShow() {
        ExchangeRig rig = new ExchangeRig(1, SESSIONS);
        rig.first.isReadingAsItWorks = true;
        rig.first.isWorkThrowing = true;

        rig.exchange.begin(second.opened(), "test", rig.nowNs);
        rig.untilNotBusy(0);

        assertThat(rig.unfit).isEmpty();
        assertThat(rig.store.mode()).isEqualTo("first");
        assertThat(rig.events).contains("interrupted").anyMatch(each -> each.contains("planted"));
    }

    @Test
    void shouldLoadSessionsFromAStoreThatFailed() {
        ExchangeRig rig = new ExchangeRig(1, SESSIONS);
        List<Long> loaded = new ArrayList<>();
        rig.store.listener(new StoreListener() {
            @Override
            public void onLoaded(long ticket) {
                loaded.add(ticket);
            }

            @Override
            public void onDurable(long position) {}

            @Override
            public void onFailed(String reason) {}
        });
        rig.first.isReadingAsItWorks = true;
        Objects.requireNonNull(rig.first.listener).onFailed("a force failed");

        LoadResult result = rig.store.load(SessionKey.of("shop", "A"), 7);
        rig.cycle(0);

        assertThat(result).isEqualTo(LoadResult.LOADING);
        assertThat(loaded).containsExactly(7L);
    }

    /** The server looks for damage every 100 ms; the exchange may come in between. */
    @Test
    void shouldCarryOverDamageThatWasFoundJustBeforeTheExchange() {
        ExchangeRig rig = new ExchangeRig(1, SESSIONS);
        KeptPlace place = new KeptPlace();
        rig.exchange.begin(new OpenedStore(second, "second", place), "test", rig.nowNs);
        while (rig.exchange.state() != StoreSwitchState.SETTLING) {
            rig.cycle(0);
        }

        rig.first.damage = "damaged: records=1";
        rig.untilNotBusy(0);

        assertThat(rig.store.mode()).isEqualTo("second");
        assertThat(place.isSuspect).isTrue();
    }

    @Test
    void shouldNotCarryOverDamageThisServerHasLedWithSince() {
        ExchangeRig rig = new ExchangeRig(1, SESSIONS);
        KeptPlace place = new KeptPlace();
        rig.first.damage = "damaged: records=1";
        rig.store.trust();

        rig.exchange.begin(new OpenedStore(second, "second", place), "test", rig.nowNs);
        rig.untilNotBusy(3);

        assertThat(rig.store.mode()).isEqualTo("second");
        assertThat(place.isSuspect).isFalse();
    }

    private static void untilCompared(ExchangeRig rig) {
        while (rig.exchange.state() != StoreSwitchState.VERIFYING) {
            rig.cycle(0);
        }
    }

    @Test
    void shouldWaitForASessionTheStoreInUseDoesNotReadNow() {
        ExchangeRig rig = new ExchangeRig(8, SESSIONS);
        rig.first.isUnreadable = true;
        rig.exchange.begin(second.opened(), "test", rig.nowNs);
        rig.cycle(0);
        passBusy(rig, TimeUnit.MINUTES.toNanos(3));

        rig.first.isUnreadable = false;
        rig.untilNotBusy(3);

        assertThat(rig.store.mode()).as(rig.events.toString()).isEqualTo("second");
        assertThat(rig.contents()).isEqualTo(rig.expectedContents());
    }

    @Test
    void shouldBlameTheStoreInUseForASessionItDoesNotReadForLong() {
        ExchangeRig rig = new ExchangeRig(9, SESSIONS);
        rig.first.isUnreadable = true;
        rig.exchange.begin(second.opened(), "test", rig.nowNs);

        passBusy(rig, TimeUnit.MINUTES.toNanos(30));

        assertThat(rig.exchange.isBusy()).isFalse();
        assertThat(rig.unfit).isEmpty();
        assertThat(rig.events).contains("interrupted");
        assertThat(rig.events.toString()).contains("does not read what is stored");
        assertThat(rig.store.mode()).isEqualTo("first");
    }

    @Test
    void shouldBlameTheStoreInUseForAWalkThatDoesNotShowAllItHolds() {
        ExchangeRig rig = new ExchangeRig(10, SESSIONS);
        ExchangeableStore source = new ExchangeableStore(
                new OpenedStore(UnreadWalks.of(rig.first, 1), "first", GenerationPlace.temporary(() -> {})));
        StoreSwitch exchange = new StoreSwitch(() -> source, () -> 0, rig);

        exchange.begin(second.opened(), "test", rig.nowNs);
        for (int i = 0; i < 1000 && exchange.isBusy(); i++) {
            exchange.doWork(rig.nowNs += 1_000_000);
        }

        assertThat(exchange.isBusy()).isFalse();
        assertThat(rig.unfit).isEmpty();
        assertThat(rig.events.toString()).contains("does not read all it holds: sessions=1");
        assertThat(source.mode()).isEqualTo("first");
    }

    private static void passBusy(ExchangeRig rig, long ns) {
        long endNs = rig.nowNs + ns;
        while (rig.exchange.isBusy() && rig.nowNs < endNs) {
            rig.pass(TimeUnit.SECONDS.toNanos(1));
        }
    }

    /** Rules of the twin, each left out once; the seeds must notice every time. */
    enum PlantedBug {
        FORGETS_REMOVALS {
            @Override
            StoreTwin twin(OpenedStore next) {
                return new StoreTwin(next, false) {
                    @Override
                    boolean isRemoved(SessionKey key) {
                        return false;
                    }
                };
            }
        },
        MISSES_CHANGES {
            @Override
            StoreTwin twin(OpenedStore next) {
                return new StoreTwin(next, false) {
                    @Override
                    void onStored(SessionRecord record) {}
                };
            }
        },
        MISSES_TOUCHES {
            @Override
            StoreTwin twin(OpenedStore next) {
                return new StoreTwin(next, false) {
                    @Override
                    void onTouched(SessionKey key, long lastAccessedTimeMs) {}
                };
            }
        },
        MISSES_REMOVALS {
            @Override
            StoreTwin twin(OpenedStore next) {
                return new StoreTwin(next, false) {
                    @Override
                    void onRemoved(SessionKey key) {}
                };
            }
        },
        SKIPS_A_WALKED_SESSION {
            @Override
            StoreTwin twin(OpenedStore next) {
                return new StoreTwin(next, false) {
                    private int seen;

                    @Override
                    void onWalked(SessionRecord record) {
                        if (++seen != 100) {
                            super.onWalked(record);
                        }
                    }
                };
            }
        };

        abstract StoreTwin twin(OpenedStore next);
    }

    @ParameterizedTest
    @EnumSource(PlantedBug.class)
    void shouldNoticeEveryPlantedBugBeforeTheStoresChangePlaces(PlantedBug bug) {
        int noticed = 0;
        for (long seed = 1; seed <= 20; seed++) {
            ExchangeRig rig = new ExchangeRig(seed, SESSIONS, bug::twin);
            rig.exchange.begin(new FaultyStore("other").opened(), "test", rig.nowNs);
            rig.untilNotBusy(7);
            noticed += rig.unfit.size();
            assertThat(rig.contents()).isEqualTo(rig.expectedContents());
        }

        assertThat(noticed).isPositive();
    }
}
