package org.stoneware.server.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.stoneware.server.agent.StoreExchangeRig.ScriptedProvider;
import org.stoneware.server.storage.FaultyStore.Fault;
import org.stoneware.server.storage.StoreOrder;

/** Orders to exchange the store, and what becomes of them; where the bundle in use goes away see {@link LostBundleTest}. */
class StoreExchangeTest {
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

    @Test
    void shouldMoveTheSessionsAndRememberTheMode() {
        String refusal = rig.use(offer);
        rig.untilDone();

        assertThat(refusal).isEmpty();
        assertThat(rig.inUse()).isEqualTo(offer.inWords());
        assertThat(rig.store.figures().sessions()).isEqualTo(StoreExchangeRig.SESSIONS);
        assertThat(rig.afterRestart("")).isEqualTo("other");
        assertThat(rig.exchange.picture().inUse()).isEqualTo(offer);
    }

    @Test
    void shouldRefuseASecondOrderWhileOneIsUnderWayAndCarryOutTheFirst() {
        ScriptedProvider third = new ScriptedProvider("third");
        StoreOffer thirdOffer = rig.come(third, "1.0.0");
        rig.use(offer);

        String refusal = rig.use(thirdOffer);
        rig.untilDone();

        assertThat(refusal).isEqualTo("an exchange is under way");
        assertThat(rig.inUse()).isEqualTo(offer.inWords());
        assertThat(third.opened).isEmpty();
    }

    @Test
    void shouldRefuseWhileItIsBeingCopiedAndMoveAfterwards() {
        rig.isBeingCopied = true;
        String refusal = rig.use(offer);
        rig.isBeingCopied = false;
        rig.use(offer);
        rig.untilDone();

        assertThat(refusal).contains("does not hold all sessions yet");
        assertThat(rig.inUse()).isEqualTo(offer.inWords());
    }

    @Test
    void shouldRefuseAStoreThatKeepsSessionsWhileThoseHereAreNotWhole() {
        other.keepsSessions = true;
        rig.isWhole = false;

        assertThat(rig.use(offer)).contains("does not hold all sessions yet");
        assertThat(other.opened).isEmpty();
    }

    @Test
    void shouldNotUseAStoreThatCannotBeOpened() {
        other.onOpen = () -> {
            throw new NoClassDefFoundError("planted");
        };

        rig.use(offer);
        rig.untilDone();

        assertStayed("it failed its trial: NoClassDefFoundError");
    }

    @ParameterizedTest
    @EnumSource(
            value = Fault.class,
            names = {"THROWS", "LACKS_A_CLASS", "FAILED", "LOSES_A_CHANGE", "CORRUPTS", "DIGESTS_WRONG"})
    void shouldGoOnWithTheStoreInUseWhenTheNewOneFailsToBecomeEqual(Fault fault) {
        other.fault = fault;
        other.faultAtChange = 100;

        rig.use(offer);
        rig.untilDone();

        assertStayed("");
        rig.awaitClosed();
        assertThat(other.last().isClosed).isTrue();
        assertThat(rig.eventTypes()).contains("store-exchange-given-up");
    }

    /** @param isTrialHeard it throws in its trial too. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldGoOnWithTheStoreInUseWhenTheNewOneTakesNoListener(boolean isTrialHeard) {
        other.isTrialHeard = isTrialHeard;
        other.onListener = () -> {
            throw new NoClassDefFoundError("planted");
        };

        rig.use(offer);
        rig.untilDone();

        assertStayed(isTrialHeard ? "it failed its trial: NoClassDefFoundError" : "NoClassDefFoundError: planted");
        rig.awaitClosed();
        assertThat(other.last().isClosed).isTrue();
        assertThat(rig.eventTypes().contains("store-exchange-given-up")).isEqualTo(!isTrialHeard);
    }

    @Test
    void shouldGoOnWithTheStoreInUseWhenTheNewOneDoesNotBecomeDurable() {
        other.fault = Fault.NEVER_DURABLE;
        rig.use(offer);
        rig.open();
        while (!rig.exchange.picture().progress().contains("making durable")) {
            rig.cycle();
        }

        rig.passSeconds(6);
        rig.untilDone();

        assertStayed("is not durable after 5 s");
    }

    /** What was chosen before counts, though the new one was chosen already. */
    @Test
    void shouldFallBackWhenTheNewStoreFailsOnProbation() {
        rig.use(offer);
        rig.untilDone();

        other.last().failing(Fault.THROWS, 1);
        String result = rig.write("during the probation");
        rig.cycle();
        rig.cycle();

        assertThat(result).isEqualTo("STORED");
        assertThat(rig.store.figures().sessions()).isEqualTo(StoreExchangeRig.SESSIONS + 1);
        assertStayed("planted");
        assertThat(rig.eventTypes()).contains("store-fell-back");
    }

    @Test
    void shouldTakeTheNextOrderAfterOneThatFailed() {
        other.fault = Fault.CORRUPTS;
        rig.use(offer);
        rig.untilDone();
        ScriptedProvider repaired = new ScriptedProvider("other");
        StoreOffer repairedOffer = rig.come(repaired, "1.0.1");

        rig.use(repairedOffer);
        rig.untilDone();

        assertThat(rig.inUse()).isEqualTo(repairedOffer.inWords());
        assertThat(rig.exchange.fit().newest("other")).isEqualTo(repairedOffer);
    }

    @Test
    void shouldGiveUpWhenACopyOfTheActiveBeginsMeanwhile() {
        rig.use(offer);
        rig.open();
        assertThat(rig.exchange.picture().progress()).contains("copying");

        rig.isBeingCopied = true;
        rig.untilDone();

        assertThat(rig.inUse()).isEqualTo(rig.firstOffer.inWords());
        assertThat(rig.problems()).isEmpty();
        assertThat(rig.events()).anyMatch(each -> each.startsWith("store-exchange-refused"));
    }

    /** The store in use is broken; that must not be held against the one that could help later. */
    @Test
    void shouldNotBlameTheNewStoreForOneThatCannotBeRead() {
        rig.first.last().failing(Fault.READS_THROW, 0);
        rig.use(offer);
        rig.open();

        rig.write("can't be shown to the new one");
        rig.untilDone();

        assertThat(rig.inUse()).isEqualTo(rig.firstOffer.inWords());
        assertThat(rig.exchange.fit().newest("other")).isEqualTo(offer);
        assertThat(rig.events()).anyMatch(each -> each.contains("the store in use can't be followed"));
    }

    @Test
    void shouldTakeTheSameOrderAgainOnceThereIsRoom() {
        other.fault = Fault.FULL;
        other.faultAtChange = 100;
        rig.use(offer);
        rig.untilDone();
        String wasIn = rig.inUse();
        boolean isFit = rig.problems().isEmpty();
        String byItself = rig.exchange.useInTurn(offer, "deploy/other.jar");
        other.fault = Fault.NONE;

        rig.use(offer);
        rig.untilDone();

        assertThat(wasIn).isEqualTo(rig.firstOffer.inWords());
        assertThat(isFit).isTrue();
        assertThat(byItself).isEqualTo("it is tried again in 10 min: it is full");
        assertThat(rig.inUse()).isEqualTo(offer.inWords());
    }

    @Test
    void shouldBlameNoStoreForADirectoryThatCannotBeMade() throws IOException {
        Files.writeString(data.resolve("store-trial"), "in the way");
        rig.use(offer);
        rig.untilDone();
        StoreOffer fit = rig.exchange.fit().newest("other");
        Files.delete(data.resolve("store-trial"));

        rig.use(offer);
        rig.untilDone();

        assertThat(fit).isEqualTo(offer);
        assertThat(rig.events())
                .anyMatch(each -> each.startsWith("store-exchange-refused") && each.contains("store-trial"));
        assertThat(rig.inUse()).isEqualTo(offer.inWords());
    }

    @Test
    void shouldGiveUpWhenTheBundleOfTheNewStoreGoesWhileItIsTried() {
        rig.use(offer);

        rig.go(offer);
        rig.cycle();

        assertThat(rig.exchange.isBusy()).isFalse();
        assertThat(rig.inUse()).isEqualTo(rig.firstOffer.inWords());
        rig.openings.remove().run();
        rig.cycle();
        assertThat(other.opened).allMatch(each -> each.isClosed);
    }

    @Test
    void shouldGiveUpWhenTheBundleOfTheNewStoreGoesWhileItIsFilled() {
        rig.use(offer);
        rig.open();
        assertThat(rig.exchange.picture().progress()).contains("copying");

        rig.go(offer);
        rig.untilDone();

        assertThat(rig.inUse()).isEqualTo(rig.firstOffer.inWords());
        rig.awaitClosed();
        assertThat(other.last().isClosed).isTrue();
        assertThat(rig.afterRestart("other")).isEqualTo(StoreExchangeRig.CONFIGURED);
        assertThat(rig.events()).anyMatch(each -> each.contains("its bundle is gone"));
    }

    @Test
    void shouldMoveTheOtherServerFirst() {
        rig.reachable.add(SERVER_2);

        rig.exchange.useEverywhere(offer, "ann");
        rig.passSeconds(1);
        boolean wasEarly = !rig.openings.isEmpty();
        rig.exchange.onOrder(SERVER_2, new StoreOrder(StoreOrder.Kind.DONE, "other", ""));
        rig.untilDone();

        assertThat(wasEarly).isFalse();
        assertThat(rig.told).containsExactly("USE other: ann");
        assertThat(rig.inUse()).isEqualTo(offer.inWords());
    }

    @Test
    void shouldStayWhenTheStandbyRefuses() {
        rig.reachable.add(SERVER_2);

        rig.exchange.useEverywhere(offer, "ann");
        rig.exchange.onOrder(SERVER_2, new StoreOrder(StoreOrder.Kind.REFUSED, "other", "it is too slow"));
        rig.untilDone();

        assertThat(rig.inUse()).isEqualTo(rig.firstOffer.inWords());
        assertThat(rig.events()).anyMatch(each -> each.contains("Server2 refuses: it is too slow"));
        assertThat(rig.use(offer)).as("the next order").isEmpty();
    }

    /** The new store may be what it died of. */
    @Test
    void shouldStayWhenTheStandbyDiesWhileItsSessionsMove() {
        rig.reachable.add(SERVER_2);
        rig.exchange.useEverywhere(offer, "ann");

        rig.reachable.clear();
        rig.untilDone();

        assertThat(rig.inUse()).isEqualTo(rig.firstOffer.inWords());
        assertThat(other.opened).as("not even tried").isEmpty();
        assertThat(rig.events())
                .anyMatch(each -> each.startsWith("store-exchange-incomplete") && each.contains("Server2 went away"));
        assertThat(rig.use(offer)).as("this server alone, by command").isEmpty();
    }

    @Test
    void shouldMoveAloneWhenNoOtherServerCouldBeReachedFromTheBegin() {
        rig.exchange.useEverywhere(offer, "ann");
        rig.untilDone();

        assertThat(rig.inUse()).isEqualTo(offer.inWords());
    }

    @Test
    void shouldNotMoveWhenItsBundleWentWhileTheStandbyMoved() {
        rig.reachable.add(SERVER_2);
        rig.exchange.useEverywhere(offer, "ann");

        rig.go(offer);
        rig.exchange.onOrder(SERVER_2, new StoreOrder(StoreOrder.Kind.DONE, "other", ""));
        rig.untilDone();

        assertThat(rig.inUse()).isEqualTo(rig.firstOffer.inWords());
        assertThat(other.opened).isEmpty();
    }

    /** Should the new one fail, the sessions are in the old one again, and a start needs its bundle. */
    @Test
    void shouldNotRetireTheModeThatStandsBy() {
        rig.use(offer);
        rig.untilDone();
        String onProbation = rig.exchange.picture().retireProblem(StoreExchangeRig.CONFIGURED);

        rig.passSeconds(31);
        rig.cycle();

        assertThat(onProbation).contains("first stands by at this server");
        assertThat(rig.exchange.picture().standsBy("other"))
                .as("which has the sessions, or had them never")
                .isEmpty();
        assertThat(rig.exchange.picture().retireProblem(StoreExchangeRig.CONFIGURED))
                .isEmpty();
        assertThat(rig.exchange.picture().retireProblem("other")).contains("move them to another store first");
    }

    /** Servers may share the files of the bundles. */
    @Test
    void shouldNotRetireTheModeThatStandsByAtAnotherServer() {
        rig.reachable.add(SERVER_2);
        rig.modeOfOther = "other";
        rig.passSeconds(2);
        String before = rig.exchange.picture().retireProblem("other");
        rig.modeOfOther = "first";
        rig.passSeconds(2);
        String onProbation = rig.exchange.picture().retireProblem("other");

        rig.passSeconds(46);

        assertThat(before)
                .as("nothing has been left; that it is in use there is asked elsewhere")
                .isEmpty();
        assertThat(onProbation).contains("other stands by at Server2");
        assertThat(rig.exchange.picture().retireProblem("other")).isEmpty();
    }

    @Test
    void shouldAskAgainWhenNoAnswerComes() {
        rig.reachable.add(SERVER_2);
        rig.exchange.useEverywhere(offer, "ann");

        rig.passSeconds(6);

        assertThat(rig.told).containsExactly("USE other: ann", "USE other: ann");
    }

    @Test
    void shouldRefuseToMoveAllServersOnAStandby() {
        rig.isActive = false;

        assertThat(rig.exchange.useEverywhere(offer, "ann")).contains("ask it, or move this server alone");
        assertThat(rig.told).isEmpty();
    }

    @Test
    void shouldAnswerTheActiveOnceTheSessionsHaveMovedAndAgainWhenAskedAgain() {
        rig.isActive = false;
        StoreOrder order = new StoreOrder(StoreOrder.Kind.USE, "other", "ann");

        rig.exchange.onOrder(SERVER_2, order);
        rig.exchange.onOrder(SERVER_2, order);
        rig.untilDone();
        rig.exchange.onOrder(SERVER_2, order);
        rig.untilDone();

        assertThat(rig.told).containsExactly("DONE other", "DONE other");
        assertThat(other.opened).as("one trial, one store").hasSize(2);
        assertThat(rig.afterRestart("")).isEqualTo("other");
    }

    @Test
    void shouldCarryOutTheOrderOfAnActiveThatDiesMeanwhile() {
        rig.isActive = false;
        rig.reachable.add(SERVER_2);
        rig.exchange.onOrder(SERVER_2, new StoreOrder(StoreOrder.Kind.USE, "other", "ann"));
        rig.open();

        rig.reachable.clear();
        rig.isActive = true;
        rig.untilDone();

        assertThat(rig.inUse()).isEqualTo(offer.inWords());
        assertThat(rig.afterRestart("")).isEqualTo("other");
    }

    @Test
    void shouldRefuseTheOrderOfAnotherServerWhileOneIsUnderWay() {
        rig.isActive = false;
        rig.come(new ScriptedProvider("third"), "1.0.0");
        rig.exchange.onOrder(SERVER_2, new StoreOrder(StoreOrder.Kind.USE, "other", "ann"));

        rig.exchange.onOrder(SERVER_2, new StoreOrder(StoreOrder.Kind.USE, "third", "ben"));
        rig.untilDone();

        assertThat(rig.told).containsExactly("REFUSED third: an exchange is under way", "DONE other");
        assertThat(rig.inUse()).isEqualTo(offer.inWords());
    }

    @Test
    void shouldRefuseAnOrderForAStoreItDoesNotHave() {
        rig.exchange.onOrder(SERVER_2, new StoreOrder(StoreOrder.Kind.USE, "nowhere", "ann"));

        assertThat(rig.told).containsExactly("REFUSED nowhere: no bundle that is installed and fit offers it");
    }

    @Test
    void shouldTellTheActiveWhyItsStoreIsNotUsedHere() {
        other.fault = Fault.FULL;
        rig.exchange.onOrder(SERVER_2, new StoreOrder(StoreOrder.Kind.USE, "other", "ann"));
        rig.untilDone();

        assertThat(rig.told).containsExactly("REFUSED other: it is full");
    }

    @Test
    void shouldEndWhatIsUnderWayWhenTheServerStops() {
        rig.use(offer);
        rig.open();

        rig.exchange.close();
        rig.cycle();

        assertThat(rig.inUse()).isEqualTo(rig.firstOffer.inWords());
        rig.awaitClosed();
        assertThat(other.last().isClosed).isTrue();
        assertThat(rig.use(offer)).isNotEmpty();
    }

    /** @param problem part of why the new store is not used. */
    private void assertStayed(String problem) {
        assertThat(rig.inUse()).isEqualTo(rig.firstOffer.inWords());
        assertThat(rig.write("afterwards")).isEqualTo("STORED");
        assertThat(rig.exchange.isBusy()).isFalse();
        assertThat(rig.exchange.fit().newest("other")).isNull();
        assertThat(rig.problems()).hasSize(1);
        assertThat(rig.problems().get(0)).contains(offer.inWords() + " is not used: ", problem);
        assertThat(rig.afterRestart("other")).isEqualTo(StoreExchangeRig.CONFIGURED);
    }
}
