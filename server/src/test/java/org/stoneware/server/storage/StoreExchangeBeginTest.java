package org.stoneware.server.storage;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.stoneware.spi.storage.StoreHealth;

/** Code of a store that throws where only an exchange calls it: it ends the exchange, and neither the server nor the store in use. */
class StoreExchangeBeginTest {
    private final FaultyStore second = new FaultyStore("second");
    private final ExchangeRig rig = new ExchangeRig(1, 100);

    static Stream<Runnable> throwing() {
        return Stream.of(
                () -> {
                    throw new IllegalStateException("planted");
                },
                () -> {
                    throw new NoClassDefFoundError("planted");
                },
                () -> {
                    throw new AssertionError("planted");
                });
    }

    @ParameterizedTest
    @MethodSource("throwing")
    void shouldGiveUpANewStoreThatTakesNoListener(Runnable planted) {
        second.onListener = planted;

        exchange();

        assertGivenUp("planted");
        assertThat(rig.unfit).hasSize(1);
        assertThat(rig.unfit.get(0)).contains("planted");
    }

    @ParameterizedTest
    @MethodSource("throwing")
    void shouldNotBlameTheNewStoreWhenTheOldOneBeginsNoWalk(Runnable planted) {
        rig.first.onWalk = planted;

        exchange();

        rig.first.onWalk = () -> {};
        assertGivenUp("planted");
        assertThat(rig.unfit).isEmpty();
        assertThat(rig.events).contains("interrupted");
    }

    /** Where it is to stay is asked at the last moment, of the store in use. */
    @Test
    void shouldNotBlameTheNewStoreWhenTheOldOneDoesNotSayHowFarItIsDurable() {
        rig.first.isDurabilityThrowing = true;

        exchange();

        rig.first.isDurabilityThrowing = false;
        assertGivenUp("planted");
        assertThat(rig.unfit).isEmpty();
        assertThat(rig.events).contains("interrupted");
        assertThat(rig.store.durablePosition()).isEqualTo(rig.store.appendPosition());
    }

    @ParameterizedTest
    @MethodSource("throwing")
    void shouldNotBlameTheNewStoreWhenTheOldOneDoesNotSayWhatItsWalkLacks(Runnable planted) {
        rig.first.onUnread = planted;

        exchange();

        assertGivenUp("planted");
        assertThat(rig.unfit).isEmpty();
        assertThat(rig.events).contains("interrupted");
    }

    private void exchange() {
        rig.exchange.begin(second.opened(), "test", rig.nowNs);
        rig.untilNotBusy(3);
    }

    private void assertGivenUp(String reason) {
        assertThat(rig.exchange.state()).isEqualTo(StoreSwitchState.IDLE);
        assertThat(rig.events).anyMatch(each -> each.startsWith("store-exchange-given-up") && each.contains(reason));
        assertThat(rig.store.inUse().provider()).isEqualTo("first");
        assertThat(rig.store.health().state()).isEqualTo(StoreHealth.State.OK);
        assertThat(second.isClosed).isTrue();
        assertThat(rig.store.twin()).isNull();
        rig.cycle(50);
        assertThat(rig.contents()).isEqualTo(rig.expectedContents());
    }
}
