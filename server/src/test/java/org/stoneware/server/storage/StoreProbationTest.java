package org.stoneware.server.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.stoneware.server.storage.FaultyStore.Fault;
import org.stoneware.spi.storage.StoreHealth;

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
