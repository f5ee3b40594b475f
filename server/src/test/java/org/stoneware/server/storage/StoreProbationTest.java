package org.stoneware.server.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.stoneware.api.session.SessionKey;
import org.stoneware.server.storage.FaultyStore.Fault;
import org.stoneware.spi.storage.LoadResult;
import org.stoneware.spi.storage.StoreHealth;
import org.stoneware.spi.storage.StoreListener;

/** A new store that fails on probation while the one before it can't stand in at once, or not at all. */
class StoreProbationTest {
    private static final int SESSIONS = 100;

    private final FaultyStore second = new FaultyStore("second");
    private final ExchangeRig rig = new ExchangeRig(1, SESSIONS);

    @Test
    void shouldUseTheOldStoreAgainOnceItHasCaughtUp() {
        exchange();
        rig.first.isStuck = true;
        rig.writeAll();
        breakSecond();
        rig.cycle(0);
        String whileBehind = rig.store.inUse().provider();

        rig.first.isStuck = false;
        rig.cycle(0);
        rig.cycle(0);

        assertThat(whileBehind).isEqualTo("second");
        assertThat(rig.store.inUse().provider()).isEqualTo("first");
        assertThat(rig.store.health().state()).isEqualTo(StoreHealth.State.OK);
        assertThat(rig.contents()).isEqualTo(rig.expectedContents());
        assertThat(rig.unfit).hasSize(1);
        assertThat(second.isClosed).isTrue();
        assertThat(rig.events).doesNotContain("store-proved");
    }

    @Test
    void shouldNotCallAStoreProvedThatFailedWhenTheOldOneDoesNotCatchUp() {
        exchange();
        rig.first.isStuck = true;
        rig.writeAll();
        breakSecond();
        rig.cycle(0);

        rig.pass(StoreTwin.MAX_BEHIND_NS + 1);
        rig.pass(StoreSwitch.PROBATION_NS + 1);

        assertStays("its disk was behind for");
    }

    @Test
    void shouldNotCallAStoreProvedThatFailedWhenTheOldOneIsUnsound() {
        exchange();
        rig.first.failing(Fault.THROWS, 1);
        rig.writeAll();
        breakSecond();

        rig.pass(StoreSwitch.PROBATION_NS + 1);

        assertStays("planted");
    }

    @Test
    void shouldNotCallAStoreProvedThatFailedWhenTheOldOneWasCleared() {
        exchange();
        rig.store.clear();
        breakSecond();

        rig.pass(StoreSwitch.PROBATION_NS + 1);

        assertStays("the sessions were cleared");
    }

    /** What was refused here may have been done elsewhere; a store that goes on without it is no copy any more. */
    @Test
    void shouldNotUseTheOldStoreAgainAfterAChangeWasRefused() {
        exchange();
        rig.first.isStuck = true;
        rig.writeAll();
        second.failing(Fault.FAILED, 1);
        assertThatThrownBy(rig::writeAll).hasMessageContaining("FAILED");

        rig.first.isStuck = false;
        rig.cycle(0);
        rig.cycle(0);

        assertStays("a change was refused");
    }

    @Test
    void shouldNotCallAStoreProvedThatFailedWhenAnotherOneIsAskedFor() {
        exchange();
        rig.first.isStuck = true;
        rig.writeAll();
        breakSecond();

        rig.exchange.begin(new FaultyStore("third").opened(), "test", rig.nowNs);
        rig.untilNotBusy(0);

        assertThat(rig.events).doesNotContain("store-proved");
        assertThat(rig.store.mode()).isEqualTo("third");
        assertThat(rig.contents()).isEqualTo(rig.expectedContents());
    }

    /** Its probation ended for nothing it did. */
    @Test
    void shouldNotCallAStoreProvedBecauseAnotherOneIsAskedFor() {
        exchange();

        rig.exchange.begin(new FaultyStore("third").opened(), "test", rig.nowNs);
        rig.untilNotBusy(3);

        assertThat(rig.events).doesNotContain("store-proved");
        assertThat(rig.alone).containsExactly("second");
        assertThat(rig.first.isClosed).isTrue();
        assertThat(rig.store.mode()).isEqualTo("third");
        assertThat(rig.contents()).isEqualTo(rig.expectedContents());
    }

    @Test
    void shouldMoveOnFromTheOldStoreWhenTheNewOneFailsAtTheMomentAnotherOneIsAskedFor() {
        exchange();
        second.isHealthThrowing = true;

        rig.exchange.begin(new FaultyStore("third").opened(), "test", rig.nowNs);
        rig.untilNotBusy(0);

        assertThat(rig.events).doesNotContain("store-proved").anyMatch(each -> each.startsWith("store-fell-back"));
        assertThat(rig.unfit).hasSize(1);
        assertThat(rig.store.mode()).isEqualTo("third");
        assertThat(rig.contents()).isEqualTo(rig.expectedContents());
    }

    /** A restart that was told of a store must find it in use. */
    @Test
    void shouldTellARestartNothingOfAStoreThatDoesNotComeIntoUse() {
        KeptPlace place = new KeptPlace();
        rig.exchange.begin(new OpenedStore(second, "second", place), "test", rig.nowNs);
        while (rig.exchange.state() != StoreSwitchState.SETTLING) {
            rig.cycle(0);
        }

        second.isPositionThrowing = true;
        rig.untilNotBusy(0);

        assertThat(rig.store.inUse().provider()).isEqualTo("first");
        assertThat(place.isPublished).isFalse();
    }

    @Test
    void shouldTellARestartNothingOfAnOldStoreThatDoesNotStandIn() {
        exchange();

        rig.first.isPositionThrowing = true;
        breakSecond();
        rig.cycle(0);

        assertStays("planted");
        assertThat(rig.keptPlace.isPublished).isFalse();
    }

    /** What it does after it has said so must not be held against the one that stands in. */
    @Test
    void shouldGoOnWithTheOldStoreWhenTheNewOneSaysThatItFailedAndThenThrows() {
        exchange();
        int[] workingAtClose = {-1};
        second.onClose = () -> workingAtClose[0] = second.working;

        second.isFailingAsItWorks = true;
        second.isWorkThrowing = true;
        rig.cycle(0);
        rig.cycle(5);

        assertFellBack();
        assertThat(rig.store.failure()).isEmpty();
        assertThat(workingAtClose[0]).isZero();
    }

    /** Something is asked of the store in use by what it calls itself: a load that ended, a request that waited for it. */
    @Test
    void shouldNotCloseAStoreThatIsAtWorkWhenAChangeFailsMeanwhile() {
        exchange();
        int[] workingAtClose = {-1};
        second.onClose = () -> workingAtClose[0] = second.working;
        rig.store.listener(new StoreListener() {
            @Override
            public void onLoaded(long ticket) {
                rig.change();
            }

            @Override
            public void onDurable(long position) {}

            @Override
            public void onFailed(String reason) {}
        });
        second.isReadingAsItWorks = true;
        assertThat(rig.store.load(SessionKey.of("shop", "A"), 7)).isEqualTo(LoadResult.LOADING);

        second.failing(Fault.THROWS, 1);
        rig.cycle(0);
        rig.cycle(5);

        assertFellBack();
        assertThat(workingAtClose[0]).isZero();
    }

    @Test
    void shouldUseTheOldStoreAgainThoughNobodyAsksTheOneThatFailed() {
        exchange();
        rig.first.isStuck = true;
        breakSecond();
        rig.cycle(0);

        rig.first.isStuck = false;
        rig.pass(TimeUnit.SECONDS.toNanos(1));
        rig.cycle(0);

        assertFellBack();
    }

    /** It has not said so. */
    @Test
    void shouldUseTheOldStoreAgainWhenTheNewOneIsFailedAsSoonAsItIsAsked() {
        exchange();
        rig.first.isStuck = true;
        second.isHealthFailed = true;
        rig.cycle(0);

        rig.first.isStuck = false;
        rig.pass(TimeUnit.SECONDS.toNanos(1));
        rig.cycle(0);

        assertFellBack();
    }

    @Test
    void shouldUseTheOldStoreAgainWhenTheNewOneTakesNoNoteWhileTheOldOneLags() {
        exchange();
        rig.first.isStuck = true;
        second.isNoteThrowing = true;
        rig.store.note(new UnsafeBuffer(new byte[8]), 0, 8);
        rig.cycle(0);

        rig.first.isStuck = false;
        rig.cycle(0);
        rig.cycle(0);

        assertFellBack();
    }

    @Test
    void shouldUseTheOldStoreAgainWhenTheNewOneDoesNotSayHowFarItIsWhileTheOldOneLags() {
        exchange();
        rig.first.isStuck = true;
        second.isDurabilityThrowing = true;
        rig.store.durablePosition();
        rig.cycle(0);

        rig.first.isStuck = false;
        rig.cycle(0);
        rig.cycle(0);

        assertFellBack();
        assertThat(rig.store.durablePosition()).isEqualTo(rig.store.appendPosition());
    }

    @Test
    void shouldUseTheOldStoreAgainWhenTheNewOneMakesNothingDurableAnyMore() {
        exchange();
        second.failing(Fault.NEVER_DURABLE, 1);
        rig.cycle(3);

        passSeconds(31);

        assertFellBack();
        assertThat(rig.unfit.get(0)).contains("too slow: it makes nothing durable");
    }

    @Test
    void shouldUseTheOldStoreAgainWhenTheNewOneStaysBehind() {
        exchange();
        second.isStuck = true;

        passSeconds(31);

        assertFellBack();
        assertThat(rig.unfit.get(0)).contains("too slow: its disk was behind");
    }

    /** Nobody has looked meanwhile, nor has the store worked. */
    @Test
    void shouldNotTakeTheTimeTheMachineStoodStillForSlowness() {
        exchange();
        second.failing(Fault.NEVER_DURABLE, 1);
        second.isStuck = true;
        rig.cycle(3);

        rig.pass(StoreSwitch.PROBATION_NS + 1);
        StoreSwitchState afterwards = rig.exchange.state();
        second.failing(Fault.NONE, 1);
        second.isStuck = false;
        rig.cycle(0);

        assertThat(afterwards).isEqualTo(StoreSwitchState.PROVING);
        assertThat(rig.store.mode()).isEqualTo("second");
        assertThat(rig.unfit).isEmpty();
        assertThat(rig.events).contains("store-proved");
    }

    /** Then it is the disk, or what the disk has to do. */
    @Test
    void shouldNotBlameTheNewStoreWhenTheOldOneMakesNothingDurableEither() {
        exchange();
        second.failing(Fault.NEVER_DURABLE, 1);
        rig.first.failing(Fault.NEVER_DURABLE, 1);
        rig.cycle(3);

        passSeconds(31);
        StoreSwitchState whileItLasts = rig.exchange.state();
        second.failing(Fault.NONE, 1);
        rig.cycle(0);

        assertThat(whileItLasts).isEqualTo(StoreSwitchState.PROVING);
        assertThat(rig.unfit).isEmpty();
        assertThat(rig.store.mode()).isEqualTo("second");
        assertThat(rig.events).contains("store-proved");
    }

    /** The old store is no way back any more; that proves nothing of the new one. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldGoOnTryingAloneWhenTheOldStoreCanNotStandByAnyLonger(boolean isNewOneStuckToo) {
        exchange();
        rig.first.isStuck = true;
        second.isStuck = isNewOneStuckToo;
        rig.cycle(3);

        passSeconds(4);

        assertThat(rig.events).doesNotContain("store-proved");
        assertThat(rig.alone).containsExactly("second");
        assertThat(rig.unfit).isEmpty();
        assertThat(rig.store.mode()).isEqualTo("second");
    }

    @Test
    void shouldLetAStoreThatIsSlowForAMomentPassItsProbation() {
        exchange();
        second.failing(Fault.NEVER_DURABLE, 1);
        second.isStuck = true;
        rig.cycle(3);

        rig.pass(StoreTwin.MAX_BEHIND_NS - TimeUnit.MILLISECONDS.toNanos(10));
        second.failing(Fault.NONE, 1);
        second.isStuck = false;
        rig.cycle(0);
        rig.pass(StoreSwitch.PROBATION_NS + 1);

        assertThat(rig.store.mode()).isEqualTo("second");
        assertThat(rig.events).contains("store-proved");
    }

    /** A restart is to know that acknowledged sessions are lost, though the old store was not in use when it found out. */
    @Test
    void shouldNotTrustAnOldStoreThatFoundDamageWhileItStoodBy() {
        exchange();
        rig.lose();

        breakSecond();
        for (int i = 0; i < 5; i++) {
            rig.cycle(0);
        }

        assertThat(rig.store.mode()).isEqualTo("first");
        assertThat(rig.keptPlace.isSuspect).isTrue();
        assertThat(rig.events)
                .anyMatch(each -> each.startsWith("store-suspect: ") && each.contains("damaged: records=1"))
                .noneMatch(each -> each.startsWith("store-fell-back") && each.contains("nothing is lost"));
    }

    /** A slow store has them all. */
    @Test
    void shouldNotGoBackForSlownessToAnOldStoreThatFoundDamageWhileItStoodBy() {
        exchange();
        rig.first.damage = "damaged: records=1";
        second.delay = rig::stall;

        second.failing(Fault.SLOW, 1);
        rig.cycle(20);

        assertThat(rig.store.mode()).isEqualTo("second");
        assertThat(rig.contents()).isEqualTo(rig.expectedContents());
        rig.pass(StoreSwitch.PROBATION_NS + 1);
        assertStays("too slow: ");
        assertStays("the store before it can't be used again: it has found damage: damaged: records=1");
    }

    /** Its three slow changes were while the old one lagged; that one has them by now. */
    @Test
    void shouldUseTheOldStoreAgainWhenTheNewOneWasTooSlowWhileTheOldOneLagged() {
        exchange();
        rig.first.isStuck = true;
        second.delay = rig::stall;
        second.failing(Fault.SLOW, 1);
        rig.cycle(20);
        second.failing(Fault.NONE, 1);
        String whileBehind = rig.store.mode();

        rig.first.isStuck = false;
        rig.cycle(0);
        rig.cycle(0);

        assertThat(whileBehind).isEqualTo("second");
        assertFellBack();
        assertThat(rig.unfit.get(0)).contains("too slow: ");
    }

    /** Somebody else may ask before the probation is looked at, and take the answer for that of a server that can do nothing. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldUseTheOldStoreAgainAsSoonAsAnybodyAsksTheNewOneHowItIs(boolean isThrowing) {
        exchange();
        second.isHealthThrowing = isThrowing;
        second.isHealthFailed = !isThrowing;

        StoreHealth first = rig.store.health();
        rig.cycle(0);
        rig.cycle(0);

        assertThat(first.state()).isEqualTo(StoreHealth.State.OK);
        assertFellBack();
        assertThat(rig.unfit.get(0)).contains("planted");
    }

    /** It says that it failed, and takes changes; the old one lags for a moment. */
    @Test
    void shouldGoOnTakingChangesWhileAStoreThatOnlySaysThatItFailedWaitsForTheOldOne() {
        exchange();
        rig.first.isStuck = true;
        second.isHealthFailed = true;
        StoreHealth whileBehind = rig.store.health();
        rig.writeAll();

        rig.first.isStuck = false;
        rig.cycle(0);
        rig.cycle(0);

        assertThat(whileBehind.state()).isEqualTo(StoreHealth.State.FAILED);
        assertFellBack();
    }

    /** It is in neither store. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldNotSayThatAChangeIsStoredWhichIsLostWhenTheOldStoreCanNotStandIn(boolean isLagging) {
        exchange();
        rig.keptPlace.isRefusing = !isLagging;
        rig.first.isStuck = isLagging;
        rig.cycle(0);
        second.failing(Fault.LOSES_A_CHANGE, 1);

        assertThatThrownBy(rig::writeOne).hasMessageContaining("FAILED");

        rig.first.isStuck = false;
        rig.cycle(0);
        rig.cycle(0);
        assertStays(isLagging ? "a change was refused" : "a restart could not be told of it");
    }

    @Test
    void shouldTellThatSessionsOfAStoreOnProbationWereReplacedByACopy() {
        exchange();

        rig.replaceByCopy();
        rig.cycle(0);

        assertThat(rig.alone).containsExactly("second");
        assertThat(rig.exchange.state()).isEqualTo(StoreSwitchState.IDLE);
        assertThat(rig.events).doesNotContain("store-proved");
    }

    private void passSeconds(int seconds) {
        for (int i = 0; i < seconds; i++) {
            rig.pass(TimeUnit.SECONDS.toNanos(1));
        }
    }

    private void assertFellBack() {
        assertThat(rig.store.mode()).isEqualTo("first");
        assertThat(rig.store.health().state()).isEqualTo(StoreHealth.State.OK);
        rig.change();
        assertThat(rig.contents()).isEqualTo(rig.expectedContents());
        assertThat(rig.unfit).hasSize(1);
        assertThat(rig.exchange.state()).isEqualTo(StoreSwitchState.IDLE);
        assertThat(second.isClosed).isTrue();
        assertThat(rig.events).doesNotContain("store-proved");
    }

    private void exchange() {
        rig.exchange.begin(second.opened(), "test", rig.nowNs);
        rig.untilNotBusy(3);
        assertThat(rig.store.inUse().provider()).isEqualTo("second");
    }

    /** It finds out by itself that it takes no changes any more. */
    private void breakSecond() {
        Objects.requireNonNull(second.listener).onFailed("a force failed");
    }

    private void assertStays(String whyNotBack) {
        assertThat(rig.events).doesNotContain("store-proved");
        assertThat(rig.events)
                .anyMatch(each -> each.startsWith("storage: second failed on probation: ")
                        && each.contains("The sessions stay in second")
                        && each.contains(whyNotBack));
        assertThat(rig.exchange.state()).isEqualTo(StoreSwitchState.IDLE);
        assertThat(rig.store.inUse().provider()).isEqualTo("second");
        assertThat(rig.store.twin()).isNull();
        assertThat(rig.first.isClosed).isTrue();
        assertThat(rig.stayed).containsExactly("second");
    }
}
