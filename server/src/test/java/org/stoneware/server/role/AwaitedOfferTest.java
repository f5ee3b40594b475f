package org.stoneware.server.role;

import static org.assertj.core.api.Assertions.assertThat;
import static org.stoneware.server.role.SplitTest.record;
import static org.stoneware.server.role.SplitTest.value;

import java.util.List;
import org.junit.jupiter.api.BeforeEach;
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
    private static final long FIRST_EPOCH = 5;
    private static final long SECOND_EPOCH = 9;

    private final PairFixture pair = new PairFixture();
    private final PairFixture.Server loser = pair.first;
    private final PairFixture.Server winner = pair.second;
    private SplitTomcat before;
    private SplitTomcat atLoser;
    private SplitTomcat atWinner;

    @BeforeEach
    void pairWithTwoSessions() {
        pair.pair(FIRST_EPOCH);
        before = new SplitTomcat(pair, loser, FIRST_EPOCH, 1);
        pair.pass(20);
        before.create("S1", "one");
        before.create("S2", "two");
        pair.pass(100);
    }

    @Test
    void shouldGiveOutWhatLoserChangedToRequestThatComesBeforeOffer() {
        split();
        atLoser.put("S1", "changed");

        meet();
        atWinner.own("S1");
        assertThat(atWinner.opened).isEmpty();
        passRenewing(500);

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
        passRenewing(500);

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
        giveUp();
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
        passRenewing(1_900);
        assertThat(atWinner.opened).isEmpty();
        passRenewing(200);

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
        giveUp();
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
        pair.second.become(ServerRole.ACTIVE_COORDINATOR, SECOND_EPOCH, 1);
        atWinner = new SplitTomcat(pair, winner, SECOND_EPOCH, 2);
        pair.pass(500);

        meet();
        atWinner.own("S1");
        assertThat(atWinner.opened).isEmpty();
        passRenewing(100);

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
        winner.become(ServerRole.ACTIVE_COORDINATOR, SECOND_EPOCH, 1);
        winner.hears(loser);
        atWinner = new SplitTomcat(pair, winner, SECOND_EPOCH, 2);
        pair.clock.advanceMs(500);
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
        passRenewing(500);

        assertThat(value(winner, "S1")).isEqualTo("changed");
        assertThat(atWinner.written).containsExactly(WriteStatus.FENCED);
    }

    /** So short a split that owners of the time before are still taken at their word. */
    @Test
    void shouldNotLetTomcatOfLoserOwnWhatIsOlderHere() {
        pair.cut();
        loser.dropOther();
        pair.pass(20);
        winner.become(ServerRole.ACTIVE_COORDINATOR, SECOND_EPOCH, 1);
        before.put("S1", "changed");
        ToldVersions told = new ToldVersions(FIRST_EPOCH, loser.lastIndex());
        List<OwnedSession> owned = List.of(new OwnedSession(SessionKey.of("shop", "S1"), 7, 1));

        SplitTomcat moved = new SplitTomcat(pair, winner, SECOND_EPOCH, 1, told, owned);
        moved.own("S1");
        pair.pass(20);
        assertThat(moved.opened).isEmpty();
        giveUp();
        pair.pass(1_000);

        assertThat(moved.read("S1")).isEqualTo("changed");
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
        passRenewing(3_000);

        for (int i = 0; i < 3_000; i += 10) {
            assertThat(atWinner.read("N" + i)).isEqualTo("new" + i);
        }
    }

    private void split() {
        winner.hears(loser);
        pair.cut();
        winner.misses(loser);
        loser.dropOther();
        pair.pass(20);
        winner.become(ServerRole.ACTIVE_COORDINATOR, SECOND_EPOCH, 1);
        atLoser = before;
        atWinner = new SplitTomcat(pair, winner, SECOND_EPOCH, 2);
        pair.pass(1_000);
    }

    /** The link is there again, and the winner hears of the other before anything else. */
    private void meet() {
        giveUp();
        winner.hears(loser);
    }

    private void giveUp() {
        pair.heal();
        loser.become(ServerRole.FENCED, SECOND_EPOCH, 1);
        loser.become(ServerRole.PASSIVE_UNINITIALIZED, SECOND_EPOCH, 1);
    }

    private void passRenewing(long ms) {
        for (long left = ms; left > 0; left -= 50) {
            atWinner.renew();
            pair.pass(50);
        }
    }
}
