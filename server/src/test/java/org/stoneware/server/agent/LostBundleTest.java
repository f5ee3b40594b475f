package org.stoneware.server.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.stoneware.server.agent.StoreExchangeRig.ScriptedProvider;
import org.stoneware.server.storage.FaultyStore.Fault;

/** The bundle of the store in use is stopped, uninstalled or updated by hand. */
class LostBundleTest {
    private static final int SERVER_2 = StoreExchangeRig.OTHER_SERVER;
    private static final int GRACE_SEC = 4;
    private static final int LOOK_AGAIN_SEC = 61;

    @TempDir
    Path data;

    private StoreExchangeRig rig;

    @BeforeEach
    void begin() {
        rig = new StoreExchangeRig(data);
    }

    @Test
    void shouldMoveToTheSameModeWhenItsBundleComesBack() {
        rig.go(rig.firstOffer);
        StoreOffer again = rig.come(new ScriptedProvider("first"), "1.0.0");
        rig.cycle();
        rig.untilDone();

        assertThat(rig.exchange.picture().inUse()).isEqualTo(again);
        assertThat(rig.problems()).isEmpty();
        assertThat(rig.store.figures().sessions()).isEqualTo(StoreExchangeRig.SESSIONS);
        assertThat(data.resolve(StoreChoice.FILE_NAME)).doesNotExist();
    }

    @Test
    void shouldPreferTheSameModeToAnyOther() {
        rig.come(new ScriptedProvider("aaa"), "9.0.0");
        StoreOffer other = rig.come(new ScriptedProvider("first"), "0.9.0");

        rig.go(rig.firstOffer);
        rig.passSeconds(GRACE_SEC);
        rig.untilDone();

        assertThat(rig.exchange.picture().inUse()).isEqualTo(other);
    }

    @Test
    void shouldMoveToTheConfiguredModeWhenTheOneInUseIsGone() {
        rig.come(new ScriptedProvider("aaa"), "9.0.0");
        StoreOffer chosen = rig.come(new ScriptedProvider("other"), "1.0.0");
        rig.use(chosen);
        rig.untilDone();

        rig.go(chosen);
        rig.passSeconds(GRACE_SEC);
        rig.untilDone();

        assertThat(rig.exchange.picture().inUse()).isEqualTo(rig.firstOffer);
        assertThat(rig.afterRestart("")).as("what was chosen stays chosen").isEqualTo("other");
    }

    @Test
    void shouldNeverMoveToAStoreThatKeepsLess() {
        ScriptedProvider keeping = new ScriptedProvider("keeping");
        keeping.keepsSessions = true;
        StoreOffer kept = rig.come(keeping, "1.0.0");
        rig.use(kept);
        rig.untilDone();

        rig.go(kept);
        rig.passSeconds(GRACE_SEC);

        assertThat(rig.exchange.isBusy()).isFalse();
        assertThat(rig.exchange.picture().inUse()).isEqualTo(kept);
    }

    @Test
    void shouldHandOverWhenNothingFits() {
        rig.reachable.add(SERVER_2);

        rig.go(rig.firstOffer);
        rig.passSeconds(GRACE_SEC);

        assertThat(rig.handOvers).isEqualTo(1);
        assertThat(rig.write("meanwhile")).isEqualTo("STORED");
    }

    @Test
    void shouldHandOverOnceAStandbyIsInSyncButNotForEver() {
        rig.go(rig.firstOffer);
        rig.passSeconds(GRACE_SEC);
        assertThat(rig.handOvers).isZero();

        rig.reachable.add(SERVER_2);
        for (int i = 0; i < 10; i++) {
            rig.passSeconds(LOOK_AGAIN_SEC);
        }

        assertThat(rig.handOvers).isEqualTo(LostBundle.MAX_HAND_OVERS);
    }

    @Test
    void shouldGoOnAndSayWhatToDoOnceWhenNothingFitsAndNobodyTakesOver() {
        rig.go(rig.firstOffer);
        rig.passSeconds(GRACE_SEC);
        rig.passSeconds(LOOK_AGAIN_SEC);
        rig.passSeconds(LOOK_AGAIN_SEC);

        assertThat(rig.write("meanwhile")).isEqualTo("STORED");
        assertThat(rig.problems())
                .containsExactly("the bundle of the store in use is gone: " + rig.firstOffer.inWords());
        assertThat(rig.events())
                .filteredOn(each -> each.contains("Install a bundle that offers first"))
                .hasSize(1);
    }

    @Test
    void shouldHealWhenAProviderThatFitsComesLater() {
        rig.go(rig.firstOffer);
        rig.passSeconds(GRACE_SEC);
        rig.passSeconds(LOOK_AGAIN_SEC);

        StoreOffer other = rig.come(new ScriptedProvider("other"), "1.0.0");
        rig.passSeconds(GRACE_SEC);
        rig.untilDone();

        assertThat(rig.exchange.picture().inUse()).isEqualTo(other);
        assertThat(rig.problems()).isEmpty();
    }

    /** With its bundle gone, a class may be missing at last: nothing is stored any more until another store has the sessions. */
    @Test
    void shouldServeAgainWhenAProviderComesAfterTheStoreWithoutBundleHasFailed() {
        rig.go(rig.firstOffer);
        rig.passSeconds(GRACE_SEC);
        rig.first.last().failing(Fault.LACKS_A_CLASS, 1);
        String blocked = rig.write("refused");

        rig.come(new ScriptedProvider("first"), "1.0.0");
        rig.cycle();
        rig.untilDone();

        assertThat(blocked).isEqualTo("FAILED");
        assertThat(rig.write("afterwards")).isEqualTo("STORED");
        assertThat(rig.store.figures().sessions()).isEqualTo(StoreExchangeRig.SESSIONS + 1);
        assertThat(rig.store.failure()).isEmpty();
    }

    @Test
    void shouldTryTheNextStoreWhenTheFirstSubstituteIsBroken() {
        ScriptedProvider broken = new ScriptedProvider("broken");
        broken.fault = Fault.CORRUPTS;
        rig.come(broken, "1.0.0");
        StoreOffer fit = rig.come(new ScriptedProvider("fit"), "1.0.0");

        rig.go(rig.firstOffer);
        rig.passSeconds(GRACE_SEC);
        rig.untilDone();
        rig.passSeconds(GRACE_SEC);
        rig.untilDone();

        assertThat(rig.exchange.picture().inUse()).isEqualTo(fit);
    }

    @Test
    void shouldLookAgainWhenItIsBeingCopiedAtThatMoment() {
        StoreOffer other = rig.come(new ScriptedProvider("other"), "1.0.0");
        rig.isBeingCopied = true;
        rig.go(rig.firstOffer);
        rig.passSeconds(GRACE_SEC);
        rig.isBeingCopied = false;

        rig.passSeconds(LOOK_AGAIN_SEC);
        rig.untilDone();

        assertThat(rig.exchange.picture().inUse()).isEqualTo(other);
    }
}
