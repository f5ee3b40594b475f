package org.stoneware.server.role;

import static org.assertj.core.api.Assertions.assertThat;
import static org.stoneware.server.role.SplitFixture.FIRST_EPOCH;
import static org.stoneware.server.role.SplitFixture.SECOND_EPOCH;
import static org.stoneware.server.role.SplitFixture.record;
import static org.stoneware.server.role.SplitFixture.value;

import org.junit.jupiter.api.Test;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.server.replication.ReconcileResult;
import org.stoneware.server.replication.SyncState;
import org.stoneware.wire.session.LogStart;

/** Both servers were active during a cut; the first has the lower epoch and gives up its sessions. */
class SplitTest {
    /** The window; one frame more says how far the other has come. */
    private static final int DIVERGED_AT_ONCE = 64;

    private final SplitFixture fixture = new SplitFixture();
    private final PairFixture pair = fixture.pair;
    private final PairFixture.Server loser = fixture.loser;
    private final PairFixture.Server winner = fixture.winner;
    private final SplitTomcat atLoser = fixture.atLoser;
    private SplitTomcat atWinner;

    @Test
    void shouldTakeOverSessionOnlyLoserChanged() {
        split();

        atLoser.put("S1", "changed");
        rejoin();

        assertThat(value(winner, "S1")).isEqualTo("changed");
        assertThat(value(loser, "S1")).isEqualTo("changed");
        assertThat(winner.duties.reconciled()).isEqualTo(new ReconcileResult(1, 0, 0, 0, 0));
        assertThat(loser.duties.reconciled()).isEqualTo(new ReconcileResult(1, 0, 0, 0, 0));
        assertThat(winner.events).containsOnlyOnce("split-reconciled");
        assertThat(loser.events).containsOnlyOnce("split-reconciled");
        assertThat(winner.duties.isInSync(0)).isTrue();
    }

    @Test
    void shouldGiveTakenOverSessionNewVersionOfWinnersLog() {
        split();
        atLoser.put("S1", "changed");
        long winnersLast = winner.lastIndex();

        rejoin();

        assertThat(record(winner, "S1").version()).isGreaterThan(winnersLast);
        assertThat(record(winner, "S1").lastEpoch()).isEqualTo(SECOND_EPOCH);
        assertThat(record(loser, "S1").version()).isEqualTo(record(winner, "S1").version());
    }

    @Test
    void shouldKeepWinnersSessionWhenBothChangedIt() {
        split();

        atLoser.put("S1", "loser's");
        atWinner.put("S1", "winner's");
        rejoin();

        assertThat(value(winner, "S1")).isEqualTo("winner's");
        assertThat(value(loser, "S1")).isEqualTo("winner's");
        assertThat(winner.duties.reconciled()).isEqualTo(new ReconcileResult(0, 1, 0, 0, 0));
    }

    @Test
    void shouldTakeOverSessionLoserCreated() {
        split();

        atLoser.create("S3", "new");
        rejoin();

        assertThat(value(winner, "S3")).isEqualTo("new");
        assertThat(winner.duties.reconciled().adopted()).isEqualTo(1);
    }

    @Test
    void shouldNotBringBackSessionWinnerRemoved() {
        split();

        atLoser.put("S1", "loser's");
        atWinner.remove("S1");
        rejoin();

        assertThat(winner.holds("S1")).isFalse();
        assertThat(loser.holds("S1")).isFalse();
        assertThat(winner.duties.reconciled()).isEqualTo(new ReconcileResult(0, 1, 0, 0, 0));
    }

    @Test
    void shouldNotBringBackUnderNewIdSessionWinnerRemoved() {
        split();

        atLoser.rename("S1", "N1");
        atWinner.remove("S1");
        rejoin();

        assertThat(winner.holds("S1")).isFalse();
        assertThat(winner.holds("N1")).isFalse();
        assertThat(winner.duties.reconciled().conflicts()).isEqualTo(1);
    }

    @Test
    void shouldRemoveSessionLoserRemovedWhenWinnerDidNotChangeIt() {
        split();

        atLoser.remove("S1");
        rejoin();

        assertThat(winner.holds("S1")).isFalse();
        assertThat(winner.duties.reconciled()).isEqualTo(new ReconcileResult(0, 0, 1, 0, 0));
    }

    @Test
    void shouldKeepSessionLoserRemovedWhenWinnerChangedIt() {
        split();

        atLoser.remove("S1");
        atWinner.put("S1", "winner's");
        rejoin();

        assertThat(value(winner, "S1")).isEqualTo("winner's");
        assertThat(winner.duties.reconciled()).isEqualTo(new ReconcileResult(0, 1, 0, 0, 0));
    }

    @Test
    void shouldRenameWhatLoserRenamed() {
        split();

        atLoser.rename("S1", "N0");
        atLoser.rename("N0", "N1");
        atLoser.put("N1", "behind login");
        rejoin();

        assertThat(winner.holds("S1")).isFalse();
        assertThat(winner.holds("N0")).isFalse();
        assertThat(value(winner, "N1")).isEqualTo("behind login");
        assertThat(winner.duties.reconciled()).isEqualTo(new ReconcileResult(1, 0, 0, 0, 0));
    }

    @Test
    void shouldKeepWinnersSessionWhenLoserRenamedItAndWinnerChangedIt() {
        split();

        atLoser.rename("S1", "N1");
        atWinner.put("S1", "winner's");
        rejoin();

        assertThat(value(winner, "S1")).isEqualTo("winner's");
        assertThat(winner.holds("N1")).isFalse();
        assertThat(winner.duties.reconciled()).isEqualTo(new ReconcileResult(0, 1, 0, 0, 0));
    }

    @Test
    void shouldKeepAliveAtWinnerWhatWasOnlyReadAtLoser() {
        split();
        long lastAccess = record(winner, "S1").lastAccessedTimeMs();
        pair.pass(20_000);

        atLoser.own("S1");
        atLoser.release("S1", 0);
        rejoin();

        assertThat(record(winner, "S1").lastAccessedTimeMs()).isGreaterThan(lastAccess + 20_000);
        assertThat(value(winner, "S1")).isEqualTo("one");
        assertThat(winner.events).doesNotContain("split-reconciled");
    }

    @Test
    void shouldDoNothingWhenNothingWasAcknowledgedAlone() {
        pair.cut();
        atLoser.put("S1", "never acknowledged");
        fixture.takeOver();
        pair.pass(1_000);
        long winnersLast = winner.lastIndex();

        rejoin();

        assertThat(value(winner, "S1")).isEqualTo("one");
        assertThat(value(loser, "S1")).isEqualTo("one");
        assertThat(winner.lastIndex()).isEqualTo(winnersLast);
        assertThat(winner.duties.reconciled()).isEqualTo(ReconcileResult.NONE);
        assertThat(winner.events).doesNotContain("split-reconciled");
        assertThat(winner.duties.isInSync(0)).isTrue();
    }

    @Test
    void shouldAskOwnerToReleaseBeforeSessionIsTakenOver() {
        split();
        atLoser.put("S1", "changed");
        atWinner.own("S1");

        fixture.giveUp();
        fixture.passRenewing(100);
        assertThat(value(winner, "S1")).isEqualTo("one");
        assertThat(atWinner.recalls).isEqualTo(1);
        atWinner.release("S1", 0);
        fixture.passRenewing(500);

        assertThat(value(winner, "S1")).isEqualTo("changed");
    }

    @Test
    void shouldLeaveSessionWhoseOwnerDoesNotRelease() {
        split();
        atLoser.put("S1", "changed");
        atLoser.put("S2", "changed too");
        atWinner.own("S1");

        fixture.giveUp();
        fixture.passRenewing(2_000);

        assertThat(value(winner, "S1")).isEqualTo("one");
        assertThat(value(winner, "S2")).isEqualTo("changed too");
        assertThat(winner.duties.reconciled()).isEqualTo(new ReconcileResult(1, 1, 0, 0, 0));
        assertThat(winner.duties.isInSync(0)).isTrue();
    }

    @Test
    void shouldReadTimesOfLoserByLosersClock() {
        loser.wallMs += 3_600_000;
        split();
        atLoser.create("S3", "new");
        long age = winnersTimeMs();

        rejoin();

        assertThat(record(winner, "S3").creationTimeMs()).isBetween(age - 1_000, age + 1_000);
    }

    @Test
    void shouldBeginAnewWhenConnectionBreaksInTheMiddle() {
        split();
        for (int i = 0; i < 300; i++) {
            atLoser.create("N" + i, "new");
        }
        fixture.giveUp();
        pair.clock.advanceMs(10);
        while (winner.duties.syncState(0) != SyncState.RECONCILE || !winner.holds("N150") && !winner.holds("N20")) {
            pair.turn();
        }
        pair.cut();
        pair.pass(100);
        assertThat(loser.holds("N299")).isTrue();
        pair.heal();
        pair.pass(10_000);

        assertThat(winner.duties.isInSync(0)).isTrue();
        for (int i = 0; i < 300; i++) {
            assertThat(winner.holds("N" + i)).isTrue();
        }
        assertThat(winner.duties.reconciled()).isEqualTo(new ReconcileResult(300, 0, 0, 0, 0));
        assertThat(winner.events).contains("split-interrupted");
    }

    @Test
    void shouldStillHaveItsSessionsWhenWinnerDiesInTheMiddle() {
        split();
        for (int i = 0; i < 300; i++) {
            atLoser.create("N" + i, "new");
        }
        fixture.giveUp();
        pair.clock.advanceMs(10);
        while (winner.duties.syncState(0) != SyncState.RECONCILE) {
            pair.turn();
        }
        pair.turn();
        pair.cut();

        loser.become(ServerRole.ACTIVE_COORDINATOR, 12, 0);

        assertThat(loser.duties.hasStaleSessions()).isTrue();
        for (int i = 0; i < 300; i++) {
            assertThat(loser.holds("N" + i)).isTrue();
        }
    }

    @Test
    void shouldTakeOverEverythingWhenOldActiveWinsTheSecondVote() {
        split();
        atLoser.put("S1", "first's");
        atWinner.put("S2", "second's");
        loser.become(ServerRole.ACTIVE_COORDINATOR, 12, 0);
        pair.pass(1_000);
        pair.heal();

        winner.become(ServerRole.FENCED, 12, 0);
        winner.become(ServerRole.PASSIVE_UNINITIALIZED, 12, 0);
        pair.pass(2_000);

        assertThat(value(loser, "S1")).isEqualTo("first's");
        assertThat(value(loser, "S2")).isEqualTo("second's");
        assertThat(loser.duties.reconciled()).isEqualTo(new ReconcileResult(1, 0, 0, 0, 0));
    }

    @Test
    void shouldGiveEverythingToWinnerThatBeganWithNothing() {
        PairFixture fresh = new PairFixture();
        fresh.first.become(ServerRole.ACTIVE_COORDINATOR, FIRST_EPOCH, 0);
        SplitTomcat tomcat = new SplitTomcat(fresh, fresh.first, FIRST_EPOCH, 1);
        tomcat.create("S1", "one");
        fresh.cut();
        fresh.second.become(ServerRole.ACTIVE_COORDINATOR, SECOND_EPOCH, 1);
        fresh.pass(1_000);
        fresh.heal();

        fresh.first.become(ServerRole.FENCED, SECOND_EPOCH, 1);
        fresh.first.become(ServerRole.PASSIVE_UNINITIALIZED, SECOND_EPOCH, 1);
        fresh.pass(2_000);

        assertThat(value(fresh.second, "S1")).isEqualTo("one");
        assertThat(fresh.second.duties.reconciled().adopted()).isEqualTo(1);
    }

    @Test
    void shouldTakeOverManySessionsInBoundedPieces() {
        split();
        for (int i = 0; i < 10_000; i++) {
            atLoser.create("N" + i, "new");
        }

        fixture.giveUp();
        int mostFrames = 0;
        for (int i = 0; i < 5_000 && winner.duties.reconciled().adopted() == 0; i++) {
            mostFrames = pair.mostFramesAtOnce;
            pair.clock.advanceMs(1);
            pair.turn();
        }
        for (int i = 0; i < 500 && !winner.duties.isInSync(0); i++) {
            pair.pass(10);
        }

        assertThat(mostFrames).isBetween(2, DIVERGED_AT_ONCE + 1);
        assertThat(winner.duties.isInSync(0)).isTrue();
        assertThat(winner.duties.reconciled().adopted()).isEqualTo(10_000);
        assertThat(loser.duties.current().store().figures().sessions()).isEqualTo(10_002);
    }

    @Test
    void shouldTellTomcatsWhereItsLogBegins() {
        atLoser.put("S1", "1");
        pair.pass(100);
        long shared = loser.duties.current().state().lastApplied();
        split();
        atLoser.put("S1", "2");

        assertThat(loser.duties.current().state().lastApplied()).isGreaterThan(shared);
        assertThat(atWinner.logStart).isEqualTo(new LogStart(FIRST_EPOCH, shared));
    }

    private void split() {
        atWinner = fixture.split();
    }

    private void rejoin() {
        fixture.giveUp();
        pair.pass(2_000);
    }

    private long winnersTimeMs() {
        atWinner.create("now", "");
        return record(winner, "now").creationTimeMs();
    }
}
