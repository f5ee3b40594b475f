package org.stoneware.server.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.osgi.framework.Version;
import org.stoneware.server.agent.GenerationMarker.Current;
import org.stoneware.server.agent.StoreExchangeRig.ScriptedProvider;
import org.stoneware.server.storage.FaultyStore;

/** Which bundle a start begins with. */
class ProvedStoresTest {
    private static final String MODE = "first";

    @TempDir
    Path data;

    @Test
    void shouldRememberTheBundleOfEachMode() throws IOException {
        new ProvedStores(data).proved(MODE, "shop.first 1.0.0");
        new ProvedStores(data).proved("other", "shop.other 7.0.0");
        new ProvedStores(data).proved(MODE, "shop.first 2.0.0");

        assertThat(new ProvedStores(data).maker(MODE, null)).isEqualTo("shop.first 2.0.0");
        assertThat(new ProvedStores(data).maker("other", null)).isEqualTo("shop.other 7.0.0");
        assertThat(new ProvedStores(data).maker("third", null)).isEmpty();
    }

    @Test
    void shouldPreferTheBundleThatWroteTheSessionsThatAreKept() throws IOException {
        ProvedStores proved = new ProvedStores(data);
        proved.proved(MODE, "shop.first 1.0.0");

        assertThat(proved.maker(MODE, new Current(3, MODE, "shop.first 2.0.0", false)))
                .isEqualTo("shop.first 2.0.0");
        assertThat(proved.maker(MODE, new Current(3, "other", "shop.other 2.0.0", false)))
                .isEqualTo("shop.first 1.0.0");
        assertThat(proved.maker(MODE, new Current(3, MODE, false))).isEqualTo("shop.first 1.0.0");
    }

    @Test
    void shouldDoWithoutAFileThatSaysNothing() throws IOException {
        Files.writeString(data.resolve(ProvedStores.FILE_NAME), "\0nonsense\n=\n#\n");

        assertThat(new ProvedStores(data).maker(MODE, null)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "'', false",
        "shop.first 1.0.0, false",
        "shop.first 0.9.0, false",
        "shop.first 1.0.1, true",
        "shop.other 0.1.0, true",
        "shop.first nonsense, false",
        "nonsense, false"
    })
    void shouldGoPastAnOlderOrAnotherBundleThanTheOneThatHeldTheSessions(String wanted, boolean isBetter) {
        StoreOffer offer = new StoreOffer(1, new ScriptedProvider(MODE), MODE, "shop.first", new Version("1.0.0"));

        assertThat(StartChoice.isBetter(wanted, offer)).isEqualTo(isBetter);
    }

    @ParameterizedTest
    @CsvSource({
        // held the sessions last, ended the process before, from deploy/, others, passed over
        "shop.first 0.9.0, '', true, shop.first 0.9.0, true",
        "shop.first 0.9.0, '', false, shop.first 0.9.0, false",
        "shop.first 0.9.0, '', true, shop.first 0.8.0, false",
        "shop.first 1.0.0, '', true, shop.first 0.9.0, false",
        "shop.first 1.0.1, '', true, shop.first 1.0.1, true",
        "'', '', true, shop.first 0.9.0, false",
        "'', first shop.first 1.0.0, true, shop.first 0.9.0, true",
        "'', first shop.first 1.0.0, true, shop.other 0.9.0, false",
        "'', first shop.first 1.0.0, true, shop.first 1.0.0, false",
        "shop.first 1.0.0, first shop.first 1.0.0, true, shop.first 0.9.0, false"
    })
    void shouldNotBeginWithADroppedVersionThatHasNeverHeldTheSessionsOrEndedTheProcess(
            String wanted, String ended, boolean isDropped, String other, boolean isPassedOver) {
        StoreOffer offer = new StoreOffer(1, new ScriptedProvider(MODE), MODE, "shop.first", new Version("1.0.0"));

        assertThat(StartChoice.isPassedOver(wanted, Set.of(ended), offer, isDropped, Set.of(other)))
                .isEqualTo(isPassedOver);
    }

    /** Else the next start could not tell it from one that was dropped meanwhile. */
    @Test
    void shouldRememberTheStoreAServerBeganWithOnceItHasServed() {
        StoreExchangeRig rig = new StoreExchangeRig(data);
        rig.passSeconds(29);
        String early = new ProvedStores(data).maker(MODE, null);

        rig.passSeconds(2);

        assertThat(early).isEmpty();
        assertThat(new ProvedStores(data).maker(MODE, null)).isEqualTo("bundle.first 1.0.0");
    }

    /** Its probation ended for nothing it did: it goes on with none standing by, whatever becomes of the one that was asked for. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldNotRememberAStoreBecauseAnotherOneWasAskedForOnItsProbation(boolean isNextFit) {
        StoreExchangeRig rig = new StoreExchangeRig(data);
        StoreOffer newer = rig.come(new ScriptedProvider(MODE), "2.0.0");
        ScriptedProvider next = new ScriptedProvider("next");
        next.fault = isNextFit ? FaultyStore.Fault.NONE : FaultyStore.Fault.FAILED;
        next.faultAtChange = 100;
        rig.use(newer);
        rig.untilDone();

        rig.use(rig.come(next, "1.0.0"));
        rig.untilDone();
        String early = new ProvedStores(data).maker(MODE, null);
        String progress = rig.exchange.picture().progress();
        rig.passSeconds(31);
        rig.cycle();

        assertThat(early).isEmpty();
        assertThat(rig.events())
                .anyMatch(
                        each -> each.contains("with none standing by") && each.contains("another store was asked for"));
        assertThat(rig.generations.tried().endedWithTheProcess()).isEmpty();
        if (isNextFit) {
            assertThat(rig.inUse()).startsWith("next");
            assertThat(new ProvedStores(data).maker(MODE, null)).isEmpty();
            assertThat(new ProvedStores(data).maker("next", null)).isEqualTo("bundle.next 1.0.0");
        } else {
            assertThat(progress).isEqualTo("the store in use is on probation, and none stands by");
            assertThat(rig.inUse()).isEqualTo(newer.inWords());
            assertThat(new ProvedStores(data).maker(MODE, null)).isEqualTo("bundle.first 2.0.0");
        }
    }

    @Test
    void shouldBeToldOnceTheProbationIsOver() {
        StoreExchangeRig rig = new StoreExchangeRig(data);
        StoreOffer newer = rig.come(new ScriptedProvider(MODE), "2.0.0");
        rig.use(newer);
        rig.untilDone();
        String onProbation = new ProvedStores(data).maker(MODE, null);

        rig.passSeconds(31);
        rig.cycle();

        assertThat(onProbation).isEmpty();
        assertThat(new ProvedStores(data).maker(MODE, null)).isEqualTo("bundle.first 2.0.0");
    }
}
