package org.stoneware.server.role;

import static org.assertj.core.api.Assertions.assertThat;
import static org.stoneware.server.role.SplitFixture.FIRST_EPOCH;
import static org.stoneware.server.role.SplitFixture.SECOND_EPOCH;
import static org.stoneware.server.role.SplitFixture.record;
import static org.stoneware.server.role.SplitFixture.value;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.api.session.SessionKey;
import org.stoneware.server.replication.ReconcileResult;
import org.stoneware.server.replication.SyncState;
import org.stoneware.wire.session.OwnStatus;
import org.stoneware.wire.session.OwnedSession;
import org.stoneware.wire.session.ToldVersions;
import org.stoneware.wire.session.WriteStatus;

/** Requests that come to the winner of a split before it knows what the other server acknowledged alone. */
class AwaitedOfferTest {
    private final SplitFixture fixture = new SplitFixture();
    private final PairFixture pair = fixture.pair;
    private final PairFixture.Server loser = fixture.loser;
    private final PairFixture.Server winner = fixture.winner;
    private final SplitTomcat atLoser = fixture.atLoser;
    private SplitTomcat atWinner;

    @Test
    void shouldGiveOutWhatLoserChangedToRequestThatComesBeforeOffer() {
        split();
        atLoser.put("S1", "changed");

        meet();
        atWinner.own("S1");
        assertThat(atWinner.opened).isEmpty();
        fixture.passRenewing(500);

        assertThat(atWinner.read("S1")).isEqualTo("changed");
        assertThat(winner.duties.reconciled()).isEqualTo(new ReconcileResult(1, 0, 0, 0, 0));
        assertThat(winner.events).containsOnlyOnce("split-awaited");
    }

    @Test
    void shouldGiveOutSessionLoserCreatedToRequestThatComesBeforeOffer() {
        split();
        atLoser.create("S3", "new");

        meet();
        atWinner.own("S3");
        fixture.passRenewing(500);

        assertThat(atWinner.opened).containsExactly(OwnStatus.LOADED);
        assertThat(atWinner.read("S3")).isEqualTo("new");
    }

    /** Links of Tomcats may be there before the one between the servers is. */
    @Test
    void shouldWaitForOfferWhenTomcatOfLoserComesFirst() {
        split();
        atLoser.put("S1", "changed");
        ToldVersions told = new ToldVersions(FIRST_EPOCH, loser.lastIndex());

        SplitTomcat moved = new SplitTomcat(pair, winner, SECOND_EPOCH, 3, told, List.of());
        moved.own("S1");
        pair.pass(1_000);
        assertThat(moved.opened).isEmpty();
        fixture.giveUp();
        pair.pass(200);

        assertThat(moved.read("S1")).isEqualTo("changed");
        assertThat(winner.duties.reconciled()).isEqualTo(new ReconcileResult(1, 0, 0, 0, 0));
    }

    @Test
    void shouldNotWaitWhenTomcatComesThatKnowsOfNoChangeMore() {
        split();
        ToldVersions told = new ToldVersions(FIRST_EPOCH, record(winner, "S2").version());

        SplitTomcat moved = new SplitTomcat(pair, winner, SECOND_EPOCH, 3, told, List.of());
        moved.own("S1");

        assertThat(moved.read("S1")).isEqualTo("one");
    }

    @Test
    void shouldAnswerFromWhatIsHereWhenNoOfferComesForTwoSeconds() {
        split();
        atLoser.put("S1", "changed");

        winner.hears(loser);
        atWinner.own("S1");
        atWinner.own("S3");
        fixture.passRenewing(1_900);
        assertThat(atWinner.opened).isEmpty();
        fixture.passRenewing(200);

        assertThat(atWinner.opened).containsExactly(OwnStatus.LOADED, OwnStatus.ABSENT);
        assertThat(atWinner.read("S1")).isEqualTo("one");
        assertThat(winner.events).containsOnlyOnce("split-awaited");
    }

    /** Another Tomcat of the silent side is no news; the offer itself is. */
    @Test
    void shouldWaitOnceForSilentServerAndAgainWhenItsOfferBegins() {
        split();
        atLoser.put("S1", "changed");
        ToldVersions told = new ToldVersions(FIRST_EPOCH, loser.lastIndex());
        SplitTomcat moved = new SplitTomcat(pair, winner, SECOND_EPOCH, 3, told, List.of());
        pair.pass(2_100);

        SplitTomcat second = new SplitTomcat(pair, winner, SECOND_EPOCH, 4, told, List.of());
        second.own("S2");
        assertThat(second.read("S2")).isEqualTo("two");
        fixture.giveUp();
        while (winner.duties.syncState(0) != SyncState.RECONCILE) {
            pair.turn();
        }
        moved.own("S1");
        pair.pass(200);

        assertThat(moved.read("S1")).isEqualTo("changed");
    }

    @Test
    void shouldServeAtOnceWhatWinnerChangedCreatedOrIsOwnedWhileOfferIsAwaited() {
        split();
        atWinner.put("S1", "winner's");
        atWinner.renew();
        atWinner.own("S2");
        atWinner.opened.clear();

        winner.hears(loser);
        atWinner.create("S3", "new");
        atWinner.own("S1");
        atWinner.own("S2");
        atWinner.own("S3");

        assertThat(atWinner.opened).containsExactly(OwnStatus.LOADED, OwnStatus.LOADED, OwnStatus.LOADED);
        assertThat(atWinner.read("S1")).isEqualTo("winner's");
        assertThat(atWinner.written).containsOnly(WriteStatus.COMMITTED);
    }

    @Test
    void shouldGoOnAtOnceWhenOtherServerHasNothingToTell() {
        pair.cut();
        winner.hears(loser);
        pair.pass(600);
        atWinner = fixture.takeOver();
        pair.pass(500);

        meet();
        atWinner.own("S1");
        assertThat(atWinner.opened).isEmpty();
        fixture.passRenewing(100);

        assertThat(atWinner.read("S1")).isEqualTo("one");
    }

    @Test
    void shouldNotWaitWhenAnotherProcessComesBack() {
        split();

        winner.hearsNewProcessOf(loser);
        atWinner.own("S1");

        assertThat(atWinner.read("S1")).isEqualTo("one");
    }

    /** The winner may have been started anew during the split: a call says only who calls. */
    @Test
    void shouldWaitWhenServerThatCalledSaysThatItIsActive() {
        split();

        winner.hearsNewProcessOf(loser);
        winner.hears(loser);
        atWinner.own("S1");

        assertThat(atWinner.opened).isEmpty();
    }

    @Test
    void shouldNotWaitWhenRoleWasHandedOver() {
        winner.hears(loser);
        loser.become(ServerRole.PASSIVE_UNINITIALIZED, FIRST_EPOCH, 0);
        atWinner = fixture.takeOver();
        winner.hears(loser);
        // The grace, which begins when what this server has acknowledged to the other one lets that one renew no more.
        pair.clock.advanceMs(800);
        winner.duties.doWork(pair.clock.nowNs());

        atWinner.own("S1");

        assertThat(atWinner.read("S1")).isEqualTo("one");
    }

    /** Its change was made to the version both know: on top of what the other side has, it would take that away. */
    @Test
    void shouldLetLateChangeWaitForOfferToo() {
        split();
        long base = record(winner, "S1").version();
        atLoser.put("S1", "changed");

        meet();
        atWinner.putLate("S1", "late", 1, base);
        fixture.passRenewing(500);

        assertThat(value(winner, "S1")).isEqualTo("changed");
        assertThat(atWinner.written).containsExactly(WriteStatus.FENCED);
    }

    /** So short a split that owners of the time before are still taken at their word. */
    @Test
    void shouldNotLetTomcatOfLoserOwnWhatIsOlderHere() {
        fixture.splitJustNow();
        atLoser.put("S1", "changed");
        ToldVersions told = new ToldVersions(FIRST_EPOCH, loser.lastIndex());
        List<OwnedSession> owned = List.of(new OwnedSession(SessionKey.of("shop", "S1"), 7, 1));

        SplitTomcat moved = new SplitTomcat(pair, winner, SECOND_EPOCH, 1, told, owned);
        moved.own("S1");
        pair.pass(20);
        assertThat(moved.opened).isEmpty();
        fixture.giveUp();
        pair.pass(1_000);

        assertThat(moved.read("S1")).isEqualTo("changed");
    }

    /** It waits in the queue of its session when the first sign of an offer comes. */
    @Test
    void shouldLetRequestWaitForOfferThatCameRightAfterActivation() {
        splitJustNow();
        atLoser.put("S1", "changed");
        atWinner.own("S1");
        fixture.passRenewing(100);
        winner.hears(loser);
        fixture.passRenewing(1_000);
        assertThat(atWinner.opened).isEmpty();

        fixture.giveUp();
        fixture.passRenewing(500);

        assertThat(atWinner.read("S1")).isEqualTo("changed");
        assertThat(winner.duties.reconciled()).isEqualTo(new ReconcileResult(1, 0, 0, 0, 0));
    }

    @Test
    void shouldLetRequestThatCameRightAfterActivationWaitTwoSeconds() {
        splitJustNow();
        atLoser.put("S1", "changed");
        atWinner.own("S1");
        pair.pass(20);
        winner.hears(loser);
        fixture.passRenewing(1_900);
        assertThat(atWinner.opened).isEmpty();

        fixture.passRenewing(200);

        assertThat(atWinner.read("S1")).isEqualTo("one");
        assertThat(winner.events).containsOnlyOnce("split-awaited");
    }

    /** Its owner has read it and gives it back before the offer comes. */
    @Test
    void shouldLetRequestWaitForOfferThatWaitsForOwner() {
        split();
        SplitTomcat next = new SplitTomcat(pair, winner, SECOND_EPOCH, 4);
        pair.pass(20);
        atLoser.put("S1", "changed");
        atWinner.renew();
        atWinner.own("S1");
        next.own("S1");

        meet();
        atWinner.release("S1", 0);
        assertThat(next.opened).isEmpty();
        fixture.passRenewing(500);

        assertThat(next.read("S1")).isEqualTo("changed");
        assertThat(winner.duties.reconciled()).isEqualTo(new ReconcileResult(1, 0, 0, 0, 0));
    }

    /** Whoever wrote comes before who has not begun. */
    @Test
    void shouldServeLateChangeBeforeRequestsThatCameLaterWhenNothingIsOffered() {
        splitJustNow();
        pair.pass(20);
        winner.hears(loser);
        atWinner.putLate("S1", "late", 1, record(winner, "S1").version());
        atWinner.own("S1");

        fixture.passRenewing(2_500);

        assertThat(atWinner.written).containsExactly(WriteStatus.COMMITTED);
        assertThat(atWinner.read("S1")).isEqualTo("late");
    }

    @Test
    void shouldGiveOutEverySessionOfLoserToRequestsThatWaitWhileThousandsAreTold() {
        split();
        for (int i = 0; i < 3_000; i++) {
            atLoser.create("N" + i, "new" + i);
        }

        meet();
        for (int i = 0; i < 3_000; i += 10) {
            atWinner.own("N" + i);
        }
        fixture.passRenewing(3_000);

        for (int i = 0; i < 3_000; i += 10) {
            assertThat(atWinner.read("N" + i)).isEqualTo("new" + i);
        }
    }

    private void split() {
        splitJustNow();
        pair.pass(1_000);
    }

    private void splitJustNow() {
        winner.hears(loser);
        winner.misses(loser);
        atWinner = fixture.splitJustNow();
    }

    /** The link is there again, and the winner hears of the other before anything else. */
    private void meet() {
        fixture.giveUp();
        winner.hears(loser);
    }
}
