package org.stoneware.server.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.stoneware.server.agent.StoreExchangeRig.ScriptedProvider;
import org.stoneware.server.storage.FaultyStore.Fault;
import org.stoneware.server.storage.StoreOrder;
import org.stoneware.server.storage.StoreOrder.Kind;

/** A newer version of the bundle in use that every server is given at the same moment: which one moves first, and what the other makes of it. */
class StoreTurnTest {
    private static final int SERVER_2 = StoreExchangeRig.OTHER_SERVER;
    private static final String MAKER = "bundle.first 2.0.0";

    @TempDir
    Path data;

    private final ScriptedProvider newer = new ScriptedProvider(StoreExchangeRig.CONFIGURED);
    private StoreExchangeRig rig;
    private StoreOffer offer;

    @BeforeEach
    void begin() {
        rig = new StoreExchangeRig(data);
        rig.reachable.add(SERVER_2);
        rig.cycle();
        offer = rig.come(newer, "2.0.0");
    }

    @Test
    void shouldMoveTheActiveOnceTheStandbyHasItPastItsProbation() {
        String first = inTurn();
        says(Kind.TRYING);
        String second = inTurn();
        says(Kind.PROVED);
        String third = inTurn();
        rig.untilDone();

        assertThat(first).contains("Server2 is asked whether it has it");
        assertThat(second).contains("Server2 tries it first");
        assertThat(rig.told.get(0)).isEqualTo("ASK first: " + MAKER);
        assertThat(third).isEmpty();
        assertThat(rig.inUse()).isEqualTo(offer.inWords());
    }

    @Test
    void shouldSayWhatItWaitsForAndLetOthersBeAskedFor() {
        inTurn();

        assertThat(rig.exchange.picture().progress()).contains("waits: Server2");
        assertThat(rig.exchange.isBusy()).isFalse();
    }

    /** It may have died of it. */
    @Test
    void shouldStayWhenTheStandbyGoesAwayWhileItTries() {
        inTurn();
        says(Kind.TRYING);
        rig.reachable.clear();
        rig.passSeconds(600);

        assertThat(inTurn()).contains("Server2 went away before it had shown that it can live with it", "--here");
        assertThat(newer.opened).isEmpty();
    }

    @Test
    void shouldStayWhenTheStandbyWentAwayJustBeforeTheBundleCameHere() {
        rig.reachable.clear();
        rig.passSeconds(3);

        assertThat(inTurn()).contains("Server2 went away");
        assertThat(newer.opened).isEmpty();
    }

    @Test
    void shouldMoveAloneWhenNoOtherServerCouldBeReachedForAWhile() {
        rig.reachable.clear();
        rig.passSeconds(20);

        assertThat(inTurn()).isEmpty();
        rig.untilDone();
        assertThat(rig.inUse()).isEqualTo(offer.inWords());
    }

    @Test
    void shouldAskAgainWhenTheStandbyIsBack() {
        inTurn();
        rig.reachable.clear();
        inTurn();
        rig.reachable.add(SERVER_2);

        inTurn();
        says(Kind.PROVED);

        assertThat(inTurn()).isEmpty();
    }

    /** It may be copied again and again, and never hold all sessions. */
    @Test
    void shouldRefuseAndSaySoWhenAStandbyTriesItForHalfAnHour() {
        inTurn();
        says(Kind.TRYING);
        rig.passSeconds(1_790);
        String patient = inTurn();
        List<String> problemsBefore = rig.problems();
        rig.passSeconds(20);
        rig.reachable.clear();
        inTurn();
        rig.reachable.add(SERVER_2);
        says(Kind.TRYING);

        String refusal = inTurn();
        String again = inTurn();
        List<String> problems = rig.problems();
        says(Kind.PROVED);

        assertThat(patient).contains("Server2 tries it first");
        assertThat(problemsBefore).isEmpty();
        assertThat(refusal)
                .contains("Server2 has tried it for 30 min and does not hold all its sessions in it yet", "--here");
        assertThat(again).isEqualTo(refusal);
        assertThat(rig.eventTypes()).containsOnlyOnce("store-exchange-refused");
        assertThat(problems).hasSize(1);
        assertThat(problems.get(0)).contains("do not move to " + offer.inWords(), refusal);
        assertThat(rig.exchange.isBusy()).isFalse();
        assertThat(inTurn()).isEmpty();
        rig.untilDone();
        assertThat(rig.inUse()).isEqualTo(offer.inWords());
        assertThat(rig.problems()).isEmpty();
    }

    /** As the refusal advises. */
    @Test
    void shouldWaitForNobodyAnyMoreOnceTheSessionsWereMovedByHand() {
        inTurn();
        says(Kind.TRYING);
        rig.passSeconds(1_801);
        inTurn();
        List<String> overdue = rig.problems();

        rig.use(offer);
        rig.untilDone();
        String onProbation = rig.exchange.picture().progress();
        rig.passSeconds(31);
        rig.cycle();

        assertThat(overdue).hasSize(1);
        assertThat(onProbation).contains("stands by should it fail");
        assertThat(rig.inUse()).isEqualTo(offer.inWords());
        assertThat(rig.problems()).isEmpty();
        assertThat(rig.exchange.picture().progress()).isEmpty();
        assertThat(inTurn()).isEmpty();
        assertThat(rig.exchange.picture().progress()).isEmpty();
    }

    /** Who dropped the jar does not ask for it any more then. */
    @Test
    void shouldWaitForNobodyAnyMoreOnceTheSessionsWereMovedToAnotherMode() {
        inTurn();
        says(Kind.TRYING);
        inTurn();

        rig.use(rig.come(new ScriptedProvider("other"), "1.0.0"));
        rig.untilDone();
        rig.passSeconds(31);
        rig.cycle();

        assertThat(rig.exchange.picture().progress()).isEmpty();
    }

    /** Its bundle is gone for a moment while it says why, or starts again. */
    @Test
    void shouldNotMoveAtOnceWithoutAServerThatHasTriedIt() {
        inTurn();
        says(Kind.TRYING);
        rig.passSeconds(600);
        says(Kind.LACKS);

        assertThat(inTurn()).contains("Server2 does not have it yet");
        rig.passSeconds(121);
        assertThat(inTurn()).isEmpty();
    }

    @Test
    void shouldMoveWithoutAServerThatNeverGetsTheBundleAndSaySo() {
        inTurn();
        says(Kind.LACKS);
        String early = inTurn();
        rig.passSeconds(121);

        assertThat(early).contains("Server2 does not have it yet");
        assertThat(inTurn()).isEmpty();
        assertThat(rig.events())
                .anyMatch(each ->
                        each.startsWith("store-exchange-incomplete") && each.contains("this server moves without it"));
    }

    @Test
    void shouldWaitForAServerThatGetsTheBundleLate() {
        inTurn();
        says(Kind.LACKS);
        rig.passSeconds(121);
        says(Kind.TRYING);

        assertThat(inTurn()).contains("Server2 tries it first");
    }

    @Test
    void shouldNotUseWhatTheStandbyFoundUnfit() {
        inTurn();
        rig.exchange.onOrder(SERVER_2, new StoreOrder(Kind.UNFIT, "first", MAKER + "\nit is too slow"));
        rig.passSeconds(6);

        assertThat(inTurn()).contains("Server2 does not use it: it is too slow");
        assertThat(rig.problems())
                .containsExactly(offer.inWords() + " is not used: Server2 does not use it: it is too slow");
        assertThat(newer.opened).isEmpty();
    }

    /** What was wrong with the bundle before is not known of this one. */
    @Test
    void shouldNotBelieveAVerdictAboutTheBundleBefore() {
        inTurn();
        rig.exchange.onOrder(SERVER_2, new StoreOrder(Kind.UNFIT, "first", MAKER + "\nit is too slow"));
        inTurn();
        rig.passSeconds(6);
        says(Kind.TRYING);

        assertThat(inTurn()).contains("Server2 tries it first");
        assertThat(rig.problems()).isEmpty();
    }

    @Test
    void shouldNotTakeAnAnswerForOneAboutAnotherVersion() {
        inTurn();
        rig.exchange.onOrder(SERVER_2, new StoreOrder(Kind.PROVED, "first", "bundle.first 1.5.0"));

        assertThat(inTurn()).isNotEmpty();
    }

    @Test
    void shouldMoveTheStandbyAtOnceButNoServerBeforeOneIsActive() {
        rig.isActive = false;
        rig.isAnotherActive = false;
        String early = inTurn();
        rig.isAnotherActive = true;

        assertThat(early).isEqualTo("no server is active yet");
        assertThat(inTurn()).isEmpty();
    }

    @Test
    void shouldTellTheActiveHowFarItIs() {
        rig.isActive = false;
        ask();
        inTurn();
        ask();
        rig.untilDone();
        ask();
        rig.passSeconds(31);
        rig.cycle();
        ask();

        assertThat(rig.told)
                .containsExactly(
                        "TRYING first: " + MAKER,
                        "TRYING first: " + MAKER,
                        "TRYING first: " + MAKER,
                        "PROVED first: " + MAKER);
    }

    /** The active may have copied it because it was too slow, or wrong. */
    @Test
    void shouldTryForOneProbationMoreWhenACopyFromTheActiveEndsTheFirst() {
        moveTheStandby();
        rig.passSeconds(2);
        rig.copyIsWhole();
        rig.cycle();
        ask();
        rig.passSeconds(20);
        rig.copyIsWhole();
        rig.cycle();
        rig.passSeconds(20);
        ask();
        rig.passSeconds(11);
        rig.cycle();
        ask();

        assertThat(rig.told)
                .containsExactly("TRYING first: " + MAKER, "TRYING first: " + MAKER, "PROVED first: " + MAKER);
    }

    /** It may have been too slow; and while it does not count no change comes that could show what its store is worth. */
    @Test
    void shouldNotProveAStoreWhileTheActiveDoesNotCountThisServer() {
        moveTheStandby();
        rig.passSeconds(2);
        rig.isCounted = false;
        rig.cycle();
        rig.passSeconds(40);
        rig.cycle();
        ask();
        rig.isCounted = true;
        rig.passSeconds(20);
        ask();
        String progress = rig.exchange.picture().progress();
        rig.passSeconds(11);
        rig.cycle();
        ask();

        assertThat(rig.told)
                .containsExactly("TRYING first: " + MAKER, "TRYING first: " + MAKER, "PROVED first: " + MAKER);
        assertThat(progress).isEqualTo("the store in use is on probation, and none stands by");
        assertThat(rig.events())
                .noneMatch(each -> each.startsWith("store-proved"))
                .anyMatch(each -> each.contains("none standing by") && each.contains("this server counts no longer"));
        assertThat(rig.inUse()).isEqualTo(offer.inWords());
        assertThat(rig.problems()).isEmpty();
    }

    /** The active may have dropped it because of the copy. */
    @Test
    void shouldNotProveAStoreThatTheSessionsMovedToWhileTheActiveDidNotCountThisServer() {
        rig.isCounted = false;
        rig.cycle();
        moveTheStandby();
        rig.passSeconds(31);
        rig.cycle();
        rig.isCounted = true;
        rig.cycle();
        ask();
        String progress = rig.exchange.picture().progress();
        rig.passSeconds(31);
        rig.cycle();
        ask();

        assertThat(rig.told).containsExactly("TRYING first: " + MAKER, "PROVED first: " + MAKER);
        assertThat(progress).isEqualTo("the store in use is on probation, and none stands by");
        assertThat(rig.events()).noneMatch(each -> each.startsWith("store-proved"));
        assertThat(rig.inUse()).isEqualTo(offer.inWords());
    }

    @Test
    void shouldNotProveAStoreThatFailsAfterACopyFromTheActiveEndedItsProbation() {
        moveTheStandby();
        rig.copyIsWhole();
        rig.cycle();
        newer.last().isHealthFailed = true;
        rig.passSeconds(31);
        rig.cycle();

        ask();

        assertThat(rig.told).hasSize(1);
        assertThat(rig.told.get(0)).startsWith("UNFIT first: " + MAKER);
        assertThat(rig.generations.tried().endedWithTheProcess()).containsExactly("first " + MAKER);
    }

    private void moveTheStandby() {
        rig.isActive = false;
        assertThat(inTurn()).isEmpty();
        rig.untilDone();
        assertThat(rig.inUse()).isEqualTo(offer.inWords());
    }

    /** One that was just started, perhaps because the bundle ended it, holds no session yet. */
    @Test
    void shouldTellTheActiveThatItTriesWhatItHasJustBegunWith() {
        rig.isActive = false;
        askAboutTheFirst();
        rig.passSeconds(31);
        rig.isBeingCopied = true;
        askAboutTheFirst();
        rig.isBeingCopied = false;
        rig.isWhole = false;
        askAboutTheFirst();
        rig.isWhole = true;
        askAboutTheFirst();

        String trying = "TRYING first: bundle.first 1.0.0";
        assertThat(rig.told).containsExactly(trying, trying, trying, "PROVED first: bundle.first 1.0.0");
    }

    @Test
    void shouldTryARepairedBundleAtOnce() {
        rig.isActive = false;
        newer.fault = Fault.CORRUPTS;
        inTurn();
        rig.untilDone();

        StoreOffer repaired = rig.come(new ScriptedProvider(StoreExchangeRig.CONFIGURED), "3.0.0");
        String refusal = rig.exchange.useInTurn(repaired, "deploy/first.jar");
        rig.untilDone();

        assertThat(refusal).isEmpty();
        assertThat(rig.inUse()).isEqualTo(repaired.inWords());
    }

    @Test
    void shouldHoldBackOnlyTheBundleThatFoundNoRoom() {
        rig.isActive = false;
        newer.fault = Fault.FULL;
        inTurn();
        rig.untilDone();

        String again = inTurn();
        StoreOffer smaller = rig.come(new ScriptedProvider(StoreExchangeRig.CONFIGURED), "3.0.0");

        assertThat(again).contains("it is tried again in 10 min");
        assertThat(rig.exchange.useInTurn(smaller, "deploy/first.jar")).isEmpty();
    }

    /** Who found it unfit uninstalls it, and is asked afterwards. */
    @Test
    void shouldTellTheActiveWhatWasWrongWithABundleThatIsGone() {
        rig.isActive = false;
        newer.fault = Fault.CORRUPTS;
        inTurn();
        rig.untilDone();
        rig.go(offer);

        ask();

        assertThat(rig.told).hasSize(1);
        assertThat(rig.told.get(0)).startsWith("UNFIT first: " + MAKER + "\nit ");
        rig.come(newer, "2.0.0");
        ask();
        assertThat(rig.told.get(1)).isEqualTo("TRYING first: " + MAKER);
    }

    @Test
    void shouldTellTheActiveThatItHasNoSuchBundle() {
        rig.exchange.onOrder(SERVER_2, new StoreOrder(Kind.ASK, "first", "bundle.first 3.0.0"));
        rig.exchange.onOrder(SERVER_2, new StoreOrder(Kind.ASK, "other", "bundle.other 3.0.0"));

        assertThat(rig.told).containsExactly("LACKS first: bundle.first 3.0.0", "LACKS other: bundle.other 3.0.0");
    }

    @Test
    void shouldSayARefusalThatDoesNotChangeOnce() {
        rig.reachable.clear();
        rig.passSeconds(20);
        rig.isBeingCopied = true;

        for (int i = 0; i < 5; i++) {
            assertThat(inTurn()).contains("does not hold all sessions yet");
            rig.passSeconds(10);
        }

        assertThat(rig.eventTypes()).containsOnlyOnce("store-exchange-refused");
    }

    /** How many bytes are missing differs each time. */
    @Test
    void shouldSayARefusalOnceThoughTheNumbersInItChange() {
        rig.isActive = false;
        int[] attempts = {0};
        newer.onOpen = () -> {
            throw new UncheckedIOException("no room: freeBytes=" + ++attempts[0], new IOException("no room"));
        };

        for (int i = 0; i < 5; i++) {
            assertThat(inTurn()).isEmpty();
            rig.untilDone();
            rig.passSeconds(10);
        }

        assertThat(attempts[0]).isEqualTo(5);
        assertThat(rig.eventTypes()).containsOnlyOnce("store-exchange-refused");
        rig.passSeconds(600);
        inTurn();
        rig.untilDone();
        assertThat(rig.events()).filteredOn(each -> each.contains("freeBytes=")).hasSize(2);
    }

    private String inTurn() {
        return rig.exchange.useInTurn(offer, "deploy/first.jar");
    }

    private void says(Kind kind) {
        rig.exchange.onOrder(SERVER_2, new StoreOrder(kind, "first", MAKER));
    }

    private void askAboutTheFirst() {
        rig.exchange.onOrder(SERVER_2, new StoreOrder(Kind.ASK, "first", "bundle.first 1.0.0"));
    }

    private void ask() {
        rig.exchange.onOrder(SERVER_2, new StoreOrder(Kind.ASK, "first", MAKER));
    }
}
