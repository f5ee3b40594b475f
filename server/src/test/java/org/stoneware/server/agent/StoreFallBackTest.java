package org.stoneware.server.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.stoneware.server.agent.StoreExchangeRig.ScriptedProvider;
import org.stoneware.server.storage.FaultyStore;
import org.stoneware.server.storage.FaultyStore.Fault;
import org.stoneware.server.storage.StoreOrder;
import org.stoneware.spi.storage.StoreHealth;

/** A new store that fails on its probation: what is chosen then, and what a restart begins with. */
class StoreFallBackTest {
    private static final int SERVER_2 = StoreExchangeRig.OTHER_SERVER;

    @TempDir
    Path data;

    private final ScriptedProvider other = new ScriptedProvider("other");
    private StoreExchangeRig rig;
    private StoreOffer offer;

    @BeforeEach
    void begin() {
        rig = new StoreExchangeRig(data);
        offer = rig.come(other, "1.0.0");
    }

    /** The sessions are where they were, and a restart must look for them there. */
    @Test
    void shouldNotSayThatItFellBackWhenARestartCouldNotBeToldOfIt() throws IOException {
        moveWithoutAWayBack();

        other.last().failing(Fault.FAILED, 1);
        String outcome = rig.write("late");
        rig.passSeconds(1);
        rig.passSeconds(31);

        assertThat(outcome).isEqualTo("FAILED");
        assertThat(rig.inUse()).isEqualTo(offer.inWords());
        assertThat(rig.exchange.picture().inUse()).isEqualTo(offer);
        assertThat(rig.store.health().state()).isEqualTo(StoreHealth.State.FAILED);
        assertThat(rig.eventTypes()).doesNotContain("store-fell-back", "store-proved");
        assertThat(rig.events()).anyMatch(each -> each.contains("a restart could not be told of it"));
        assertThat(rig.afterRestart("")).isEqualTo("other");
    }

    @Test
    void shouldSayThatAStoreFailedWhichHasTheSessionsStill() throws IOException {
        moveWithoutAWayBack();

        other.last().failing(Fault.FAILED, 1);
        rig.write("late");
        rig.passSeconds(1);
        rig.passSeconds(31);
        rig.exchange.onOrder(SERVER_2, new StoreOrder(StoreOrder.Kind.ASK, "other", "bundle.other 1.0.0"));

        assertThat(rig.problems()).hasSize(1);
        assertThat(rig.problems().get(0))
                .startsWith(offer.inWords() + " failed on probation and had the sessions still: it refused a change");
        assertThat(rig.told).hasSize(1);
        assertThat(rig.told.get(0)).startsWith("UNFIT other: bundle.other 1.0.0\nit refused a change");
        assertThat(new TriedStores(data).endedWithTheProcess()).containsExactly("other bundle.other 1.0.0");
        assertThat(data.resolve(ProvedStores.FILE_NAME)).doesNotExist();
        assertThat(Files.readString(data.resolve(StoreChoice.FILE_NAME))).contains("before=first");
        // An orderly stop does not make it good.
        rig.exchange.close();
        rig.generations.stopped(true);
        assertThat(new TriedStores(data).endedWithTheProcess()).containsExactly("other bundle.other 1.0.0");
    }

    /** A slow store is better than none. */
    @Test
    void shouldGoOnWithASlowStoreWhenARestartCouldNotBeToldOfTheOneBefore() throws IOException {
        moveWithoutAWayBack();

        FaultyStore slow = other.last();
        slow.delay = () -> rig.nowNs += TimeUnit.SECONDS.toNanos(1);
        slow.failing(Fault.SLOW, 1);
        for (int i = 0; i < 5; i++) {
            assertThat(rig.write("late" + i)).isEqualTo("STORED");
        }
        rig.passSeconds(1);

        assertThat(rig.store.health().state()).isEqualTo(StoreHealth.State.OK);
        assertThat(rig.store.figures().sessions()).isEqualTo(StoreExchangeRig.SESSIONS + 5);
        assertThat(rig.exchange.picture().inUse()).isEqualTo(offer);
        assertThat(rig.eventTypes()).doesNotContain("store-fell-back", "store-proved");
        assertThat(rig.events()).anyMatch(each -> each.contains("a restart could not be told of it"));
        assertThat(rig.afterRestart("")).isEqualTo("other");
    }

    /** What it did while one stood by counts as before, and what it does now. */
    @Test
    void shouldNotProveAStoreThatIsTooSlowWhileNoneStandsBy() {
        rig.use(offer);
        rig.untilDone();
        FaultyStore slow = other.last();
        slow.delay = () -> rig.nowNs += TimeUnit.MILLISECONDS.toNanos(300);
        slow.failing(Fault.SLOW, 1);
        rig.write("with one standing by");
        rig.store.clear();
        rig.cycle();
        String progress = rig.exchange.picture().progress();
        rig.write("late1");
        rig.write("late2");

        rig.passSeconds(31);
        rig.cycle();
        rig.exchange.onOrder(SERVER_2, new StoreOrder(StoreOrder.Kind.ASK, "other", "bundle.other 1.0.0"));

        assertThat(progress).isEqualTo("the store in use is on probation, and none stands by");
        assertThat(rig.told).hasSize(1);
        assertThat(rig.told.get(0)).startsWith("UNFIT other: bundle.other 1.0.0\ntoo slow: 3 changes took more than");
        assertThat(rig.store.health().state()).isEqualTo(StoreHealth.State.OK);
        assertThat(data.resolve(ProvedStores.FILE_NAME)).doesNotExist();
    }

    /** The store before keeps sessions, and its marker can't be written any more. */
    private void moveWithoutAWayBack() throws IOException {
        rig.use(offer);
        rig.untilDone();
        rig.first.keepsSessions = true;
        Files.createDirectories(data.resolve("store/CURRENT.new"));
    }

    /** The marker says at once that the old store has the sessions again; the process may end before the choice is written. */
    @Test
    void shouldBeginWithTheStoreBeforeWhenTheProcessEndsInTheMiddleOfAFallBack() {
        rig.use(offer);
        rig.untilDone();
        String fellBack = rig.afterRestart(StoreExchangeRig.CONFIGURED);
        String didNot = rig.afterRestart("other");

        rig.passSeconds(31);
        rig.untilDone();

        assertThat(fellBack).isEqualTo(StoreExchangeRig.CONFIGURED);
        assertThat(didNot).isEqualTo("other");
        assertThat(rig.afterRestart(StoreExchangeRig.CONFIGURED))
                .as("once proved")
                .isEqualTo("other");
    }

    /** The other server repeats what it asks for every few seconds, which may cross the answer. */
    @Test
    void shouldBeginWithTheStoreBeforeWhenTheNewOneIsAskedForAgainOnItsProbation() {
        rig.use(offer);
        rig.untilDone();

        rig.use(offer);
        rig.untilDone();
        String asked = rig.afterRestart(StoreExchangeRig.CONFIGURED);
        rig.exchange.onOrder(SERVER_2, new StoreOrder(StoreOrder.Kind.USE, "other", "test"));
        rig.untilDone();
        String ordered = rig.afterRestart(StoreExchangeRig.CONFIGURED);
        rig.passSeconds(31);
        rig.untilDone();

        assertThat(asked).isEqualTo(StoreExchangeRig.CONFIGURED);
        assertThat(ordered).isEqualTo(StoreExchangeRig.CONFIGURED);
        assertThat(rig.told).containsExactly("DONE other");
        assertThat(rig.afterRestart(StoreExchangeRig.CONFIGURED))
                .as("once proved")
                .isEqualTo("other");
    }

    /** What the server moved to by itself becomes a choice, with a way back as long as one stands by. */
    @Test
    void shouldRememberTheWayBackWhenAStoreNobodyChoseIsAskedForOnItsProbation() {
        rig.exchange.use(offer, false, StoreOrders.NOBODY, "test");
        rig.untilDone();

        rig.use(offer);
        rig.untilDone();
        String chosen = rig.afterRestart("");
        String fellBack = rig.afterRestart(StoreExchangeRig.CONFIGURED);
        other.last().failing(Fault.FAILED, 1);
        rig.write("during the probation");
        rig.cycle();
        rig.untilDone();

        assertThat(chosen).isEqualTo("other");
        assertThat(fellBack).isEqualTo(StoreExchangeRig.CONFIGURED);
        assertThat(rig.inUse()).isEqualTo(rig.firstOffer.inWords());
        assertThat(rig.afterRestart("")).isEqualTo(StoreExchangeRig.CONFIGURED);
    }

    /** Its bundle has gone, which is why the sessions have moved: a restart would find no store for it. */
    @Test
    void shouldNotRememberAWayBackToAStoreWhoseBundleHasGone() throws IOException {
        rig.exchange.use(offer, false, StoreOrders.NOBODY, "test");
        rig.untilDone();
        rig.go(rig.firstOffer);

        rig.use(offer);
        rig.untilDone();

        assertThat(Files.readString(rig.choice.file())).contains("mode=other").doesNotContain("before=");
    }

    /** What a server does by itself is not kept, so nothing is written down when it comes to nothing. */
    @Test
    void shouldNotRememberAModeBecauseAStoreFailedThatNobodyChose() {
        rig.exchange.use(offer, false, StoreOrders.NOBODY, "test");
        rig.untilDone();
        ScriptedProvider newer = new ScriptedProvider("other");
        StoreOffer newerOffer = rig.come(newer, "2.0.0");
        rig.exchange.use(newerOffer, false, StoreOrders.NOBODY, "test");
        rig.untilDone();

        newer.last().failing(Fault.FAILED, 1);
        rig.write("during the probation");
        rig.cycle();
        rig.cycle();

        assertThat(rig.inUse()).isEqualTo(offer.inWords());
        assertThat(rig.afterRestart("")).isEqualTo(StoreExchangeRig.CONFIGURED);
    }

    /** Nobody refused a change: it was found as the probation was looked at. */
    @Test
    void shouldNotRememberAModeBecauseAStoreWasTooSlowThatNobodyChose() {
        rig.exchange.use(offer, false, StoreOrders.NOBODY, "test");
        rig.untilDone();
        ScriptedProvider newer = new ScriptedProvider("other");
        StoreOffer newerOffer = rig.come(newer, "2.0.0");
        rig.exchange.use(newerOffer, false, StoreOrders.NOBODY, "test");
        rig.untilDone();

        newer.last().isStuck = true;
        for (int i = 0; i < 4; i++) {
            rig.passSeconds(1);
        }

        assertThat(rig.inUse()).isEqualTo(offer.inWords());
        assertThat(rig.exchange.picture().inUse()).isEqualTo(offer);
        assertThat(rig.eventTypes()).contains("store-fell-back");
        assertThat(rig.events()).noneMatch(each -> each.contains("a copy from the active"));
        assertThat(rig.afterRestart("")).isEqualTo(StoreExchangeRig.CONFIGURED);
    }

    /** The sessions are in the store they come back to, and on their way to the next. */
    @ParameterizedTest
    @ValueSource(strings = {"third", "other"})
    void shouldFindTheSessionsInTheNextStoreThoughTheOneBeforeFailedAsTheyBeganToMoveThere(String mode) {
        rig.use(offer);
        rig.untilDone();
        ScriptedProvider next = new ScriptedProvider(mode);
        next.keepsSessions = true;
        StoreOffer nextOffer = rig.come(next, "2.0.0");

        assertThat(rig.use(nextOffer)).isEmpty();
        other.last().isHealthThrowing = true;
        rig.open();
        String whileMoving = rig.afterRestart(StoreExchangeRig.CONFIGURED);
        boolean isCopying = rig.exchange.picture().progress().contains("copying");
        rig.untilInUse(nextOffer);
        String beforeMoved = rig.afterRestart(mode);
        rig.disk.isHeld = false;
        rig.untilDone();

        assertThat(rig.eventTypes()).contains("store-fell-back");
        assertThat(isCopying).isTrue();
        assertThat(whileMoving).isEqualTo(StoreExchangeRig.CONFIGURED);
        assertThat(beforeMoved).isEqualTo(mode);
        assertThat(rig.inUse()).isEqualTo(nextOffer.inWords());
        assertThat(rig.afterRestart(mode)).isEqualTo(mode);
    }

    /** Nothing is left of the one that failed, nor of the one after it. */
    @Test
    void shouldBeginWithTheFirstStoreWhenBothThatWereAskedForComeToNothing() {
        rig.use(offer);
        rig.untilDone();
        ScriptedProvider next = new ScriptedProvider("third");
        next.keepsSessions = true;
        next.fault = Fault.CORRUPTS;
        next.faultAtChange = 100;

        rig.use(rig.come(next, "1.0.0"));
        other.last().isHealthThrowing = true;
        rig.open();
        rig.untilDone();

        assertThat(rig.inUse()).isEqualTo(rig.firstOffer.inWords());
        assertThat(data.resolve(StoreChoice.FILE_NAME)).doesNotExist();
    }
}
