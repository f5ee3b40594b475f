package org.stoneware.server.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.stoneware.server.agent.StoreExchangeRig.ScriptedProvider;
import org.stoneware.server.replication.Mismatch;
import org.stoneware.server.storage.StoreOrder;
import org.stoneware.server.storage.StoreOrder.Kind;
import org.stoneware.wire.replication.MismatchKind;

/** A newer version of a bundle that is on probation on a standby, which is found to differ from its active. */
class StoreTurnDifferenceTest {
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
    void shouldGoBackAndSayWhyWhenAStoreOnProbationDiffersFromTheActive() {
        moveTheStandby();
        rig.difference = differing(MismatchKind.SESSIONS);
        rig.cycle();
        ask();

        assertThat(rig.inUse()).isEqualTo(rig.firstOffer.inWords());
        assertThat(rig.generations.inUse()).as("what the copy is made in").isEqualTo(rig.firstOffer);
        assertThat(rig.told).hasSize(1);
        assertThat(rig.told.get(0)).startsWith("UNFIT first: " + MAKER).contains("kind=SESSIONS index=7");
        rig.copyIsWhole();
        rig.passSeconds(31);
        rig.cycle();
        ask();
        assertThat(rig.told.get(1)).isEqualTo(rig.told.get(0));
        assertThat(rig.inUse()).isEqualTo(rig.firstOffer.inWords());
    }

    /** Two copies are on one disk. The old one alone has room again, and the active's next copy goes there. */
    @ParameterizedTest
    @EnumSource(names = {"FULL", "STORE_FAILED"})
    void shouldGoBackAndBlameNobodyWhenTheDiskIsFullOrDoesNotReadOnProbation(MismatchKind kind) {
        moveTheStandby();
        rig.difference = differing(kind);
        rig.cycle();
        ask();

        assertThat(rig.inUse()).isEqualTo(rig.firstOffer.inWords());
        assertThat(rig.generations.inUse()).as("what the copy is made in").isEqualTo(rig.firstOffer);
        assertThat(rig.told).containsExactly("TRYING first: " + MAKER);
        assertThat(rig.problems()).isEmpty();
        assertThat(rig.events())
                .anyMatch(each -> each.startsWith("store-fell-back: ") && each.contains("kind=" + kind))
                .noneMatch(each -> each.contains("failed on probation"));
        rig.untilDone();
        assertThat(inTurn()).contains("it is tried again in 10 min", "kind=" + kind);
        rig.copyIsWhole();
        rig.passSeconds(601);
        assertThat(inTurn()).isEmpty();
        rig.untilDone();
        assertThat(rig.inUse()).isEqualTo(offer.inWords());
    }

    /** The old store is let go, which makes room. */
    @Test
    void shouldGoOnTryingAloneWhenTheDiskIsFullAndTheOldStoreHasNotGotEveryChange() {
        moveTheStandby();
        rig.first.last().isStuck = true;
        rig.difference = differing(MismatchKind.FULL);
        rig.cycle();
        ask();

        assertThat(rig.inUse()).isEqualTo(offer.inWords());
        assertThat(rig.told).containsExactly("TRYING first: " + MAKER);
        assertThat(rig.problems()).isEmpty();
        assertThat(rig.exchange.picture().progress()).isEqualTo("the store in use is on probation, and none stands by");
    }

    /** The new one has all sessions. The old one, which lacks some, is let go, which makes room. */
    @Test
    void shouldGoOnTryingAloneWhenTheDiskIsFullAndTheOldStoreHasFoundDamage() {
        rig.first.keepsSessions = true;
        moveTheStandby();
        rig.first.last().damage = "damaged: records=1";
        rig.difference = differing(MismatchKind.FULL);
        rig.cycle();
        ask();

        assertThat(rig.inUse()).isEqualTo(offer.inWords());
        assertThat(rig.told).containsExactly("TRYING first: " + MAKER);
        assertThat(rig.events()).noneMatch(each -> each.startsWith("store-suspect"));
        assertThat(rig.exchange.picture().progress()).isEqualTo("the store in use is on probation, and none stands by");
    }

    /** A standby whose store has failed is dropped at once; the old one may have every change a moment later. */
    @Test
    void shouldGoBackOnceTheOldStoreHasEveryChangeWhenTheActiveDropsAServerWhoseStoreSaysItFailed() {
        moveTheStandby();
        dropForAFailureWhileTheOldStoreLags();
        String meanwhile = rig.inUse();
        rig.first.last().isStuck = false;
        rig.cycle();
        rig.cycle();
        ask();

        assertThat(meanwhile).isEqualTo(offer.inWords());
        assertThat(rig.inUse()).isEqualTo(rig.firstOffer.inWords());
        assertThat(rig.eventTypes()).contains("store-fell-back");
        assertThat(rig.told).hasSize(1);
        assertThat(rig.told.get(0)).startsWith("UNFIT first: " + MAKER).contains("planted");
    }

    @Test
    void shouldFindAStoreUnfitThatSaysItFailedWhenTheOldOneLagsForTooLong() {
        moveTheStandby();
        dropForAFailureWhileTheOldStoreLags();
        rig.passSeconds(3);
        rig.cycle();
        ask();

        assertThat(rig.inUse()).isEqualTo(offer.inWords());
        assertThat(rig.told).hasSize(1);
        assertThat(rig.told.get(0)).startsWith("UNFIT first: " + MAKER).contains("planted", "was behind for");
    }

    /** The copy is made in another store of that version. */
    @Test
    void shouldFindAStoreUnfitThatSaysItFailedWhenACopyComesWhileTheOldOneLags() {
        moveTheStandby();
        dropForAFailureWhileTheOldStoreLags();
        rig.copyIsWhole();
        rig.cycle();
        rig.isCounted = true;
        rig.passSeconds(31);
        rig.cycle();
        ask();

        assertThat(rig.told).hasSize(1);
        assertThat(rig.told.get(0)).startsWith("UNFIT first: " + MAKER).contains("planted");
    }

    private void dropForAFailureWhileTheOldStoreLags() {
        rig.first.last().isStuck = true;
        newer.last().isHealthFailed = true;
        rig.difference = differing(MismatchKind.STORE_FAILED);
        rig.isCounted = false;
        rig.cycle();
    }

    /** What is no session is in no store. */
    @Test
    void shouldNotBlameTheNewStoreForWhatIsNoSession() {
        moveTheStandby();
        rig.difference = differing(MismatchKind.ROWS);
        rig.cycle();
        ask();

        assertThat(rig.inUse()).isEqualTo(offer.inWords());
        assertThat(rig.told).containsExactly("TRYING first: " + MAKER);
    }

    @ParameterizedTest
    @EnumSource(names = {"FULL", "STORE_FAILED", "ROWS"})
    void shouldBlameNobodyForWhatIsTheMachinesWhileNoneStandsBy(MismatchKind kind) {
        moveTheStandby();
        rig.copyIsWhole();
        rig.cycle();
        rig.difference = differing(kind);
        rig.cycle();
        ask();

        assertThat(rig.told).containsExactly("TRYING first: " + MAKER);
        assertThat(rig.problems()).isEmpty();
    }

    /** It says so itself, and has none standing by. */
    @Test
    void shouldFindAStoreUnfitThatFailsOnAStandbyWhileNoneStandsBy() {
        moveTheStandby();
        rig.copyIsWhole();
        rig.cycle();
        newer.last().isHealthFailed = true;
        rig.difference = differing(MismatchKind.STORE_FAILED);
        rig.cycle();
        ask();

        assertThat(rig.told).hasSize(1);
        assertThat(rig.told.get(0)).startsWith("UNFIT first: " + MAKER).contains("planted");
    }

    /** The old one lags, and does not stand in. */
    @Test
    void shouldFindAStoreUnfitThatDiffersFromTheActiveThoughItHasTheSessionsStill() {
        moveTheStandby();
        rig.first.last().isStuck = true;
        rig.difference = differing(MismatchKind.SESSIONS);
        rig.cycle();
        rig.copyIsWhole();
        rig.passSeconds(31);
        rig.cycle();

        ask();

        assertThat(rig.inUse()).isEqualTo(offer.inWords());
        assertThat(rig.told).hasSize(1);
        assertThat(rig.told.get(0)).startsWith("UNFIT first: " + MAKER).contains("kind=SESSIONS index=7");
        assertThat(rig.problems()).hasSize(1);
        assertThat(rig.problems().get(0)).contains("storage:use", "newer version");
        assertThat(rig.generations.tried().endedWithTheProcess()).containsExactly("first " + MAKER);
    }

    @Test
    void shouldFindAStoreUnfitThatDiffersFromTheActiveAfterACopyFromItEndedTheProbation() {
        moveTheStandby();
        rig.copyIsWhole();
        rig.cycle();
        rig.difference = differing(MismatchKind.SESSIONS);
        rig.cycle();

        ask();

        assertThat(rig.told).hasSize(1);
        assertThat(rig.told.get(0)).startsWith("UNFIT first: " + MAKER).contains("kind=SESSIONS index=7");
    }

    /** What this server differed in before is none of the new store's doing. */
    @Test
    void shouldNotBlameTheNewStoreForADifferenceThatWasThereBefore() {
        rig.difference = differing(MismatchKind.SESSIONS);
        moveTheStandby();
        rig.cycle();

        ask();

        assertThat(rig.told).containsExactly("TRYING first: " + MAKER);
        assertThat(rig.inUse()).isEqualTo(offer.inWords());
    }

    private static Mismatch differing(MismatchKind kind) {
        return new Mismatch(kind, 7, 0, 0);
    }

    private void moveTheStandby() {
        rig.isActive = false;
        assertThat(inTurn()).isEmpty();
        rig.untilDone();
        assertThat(rig.inUse()).isEqualTo(offer.inWords());
    }

    private String inTurn() {
        return rig.exchange.useInTurn(offer, "deploy/first.jar");
    }

    private void ask() {
        rig.exchange.onOrder(SERVER_2, new StoreOrder(Kind.ASK, "first", MAKER));
    }
}
