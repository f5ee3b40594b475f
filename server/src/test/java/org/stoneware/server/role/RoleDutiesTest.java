package org.stoneware.server.role;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.server.request.SessionRequestProcessor;
import org.stoneware.server.session.ClientId;
import org.stoneware.testkit.ManualClock;
import org.stoneware.wire.session.SessionProtocol;
import org.stoneware.wire.session.WriteStatus;

class RoleDutiesTest {
    private int openStores;
    private final PairFixture pair = new PairFixture();
    /** Another pair, of which the stores of the second server are counted. */
    private final PairFixture counted = new PairFixture(PairFixture::inMemory, () -> {
        openStores++;
        return PairFixture.inMemory(() -> openStores--);
    });

    /** Its word is over when an active has been silent for long; who began under a lease of that time may come back all the same. */
    @Test
    void shouldNotGiveAwayAtOnceWhatMayBeOwnedAfterALongSilence() {
        pair.pair(5);
        PairFixture.Tomcat away = pair.new Tomcat(pair.first, 8);
        away.create(1, "S1");
        pair.pass(100);
        pair.cut();
        pair.pass(1_000);
        pair.second.become(ServerRole.ACTIVE_COORDINATOR, 9, 1);
        PairFixture.Tomcat here = pair.new Tomcat(pair.second, 9);
        here.open(1, "S1");

        pair.pass(300);
        assertThat(here.owned).as("a Tomcat that has not come back").isEmpty();
        pair.pass(200);

        assertThat(here.owned).containsExactly(1L);
    }

    /** The active before it may go on for a while, beyond what is taken for its death, and renews leases on its standby's word. */
    @Test
    void shouldNotGiveAwayWhatMayBeOwnedUnderALeaseRenewedOnItsWord() {
        pair.pair(5);
        PairFixture.Tomcat away = pair.new Tomcat(pair.first, 8);
        away.create(1, "S1");
        pair.pass(100);
        pair.second.become(ServerRole.ACTIVE_COORDINATOR, 9, 1);
        PairFixture.Tomcat here = pair.new Tomcat(pair.second, 9);
        here.open(1, "S1");

        pair.pass(SessionProtocol.LEASE_GRACE_MS + 100);
        assertThat(here.owned).as("a lease renewed since may hold").isEmpty();
        pair.pass(300);

        assertThat(here.owned).containsExactly(1L);
    }

    /** A firewall that resets connections: the standby takes it for a death, and the active goes on until it hears of that. */
    @Test
    void shouldNotDenyWhatItsSuccessorHasAcknowledgedOnceTheConnectionToItIsLost() {
        PairFixture strict = PairFixture.thatReadOnlyWhileConnected();
        strict.pair(5);
        PairFixture.Tomcat atFirst = strict.new Tomcat(strict.first, 8);
        strict.pass(100);
        strict.cut();
        strict.second.become(ServerRole.ACTIVE_COORDINATOR, 9, 1);
        PairFixture.Tomcat atSecond = strict.new Tomcat(strict.second, 9);
        atSecond.create(1, "S9");
        strict.pass(20);
        assertThat(atSecond.written).containsExactly(WriteStatus.COMMITTED);

        atFirst.open(1, "S9");
        strict.pass(20);

        assertThat(atFirst.owned).as("answers of the active before").isEmpty();
    }

    @Test
    void shouldServeEverythingItFollowedWhenItTakesOver() {
        pair.pair(5);
        PairFixture.Tomcat tomcat = pair.new Tomcat(pair.first);
        tomcat.create(1, "S1");
        pair.pass(100);
        pair.cut();

        pair.second.become(ServerRole.ACTIVE_COORDINATOR, 9, 1);

        assertThat(tomcat.written).containsExactly(WriteStatus.COMMITTED);
        assertThat(pair.second.holds("S1")).isTrue();
        assertThat(pair.second.duties.current().state().clients()).contains(new ClientId(7, 7));
        assertThat(pair.second.duties.processor()).isNotNull();
        assertThat(pair.second.events).doesNotContain("stale-sessions");
    }

    @Test
    void shouldAcknowledgeNothingTheStandbyMayMiss() {
        pair.pair(5);
        PairFixture.Tomcat tomcat = pair.new Tomcat(pair.first);
        pair.pass(100);
        pair.cut();

        tomcat.create(1, "S1");
        pair.pass(100);

        assertThat(tomcat.written).isEmpty();
        assertThat(pair.first.duties.isSettled()).isFalse();
        pair.first.dropOther();
        pair.pass(100);
        assertThat(tomcat.written).containsExactly(WriteStatus.COMMITTED);
    }

    @Test
    void shouldForgetWhatNobodyAcknowledgedWhenItComesBackAsPassive() {
        pair.pair(5);
        PairFixture.Tomcat tomcat = pair.new Tomcat(pair.first);
        tomcat.create(1, "kept");
        pair.pass(100);
        pair.cut();
        tomcat.create(2, "lost");
        pair.second.become(ServerRole.ACTIVE_COORDINATOR, 9, 1);
        pair.new Tomcat(pair.second).create(3, "new");
        pair.heal();

        pair.first.become(ServerRole.FENCED, 9, 1);
        pair.first.become(ServerRole.PASSIVE_UNINITIALIZED, 9, 1);
        pair.pass(1_000);

        assertThat(pair.first.duties.processor()).isNull();
        assertThat(pair.first.holds("kept")).isTrue();
        assertThat(pair.first.holds("new")).isTrue();
        assertThat(pair.first.holds("lost")).isFalse();
        assertThat(pair.second.duties.isInSync(0)).isTrue();
    }

    @Test
    void shouldForgetATomcatThatLeftDuringAHandOverThatFailed() {
        pair.pair(5);
        PairFixture.Tomcat tomcat = pair.new Tomcat(pair.first);
        pair.first.duties.beginStop();
        pair.first.duties.onClientGone(tomcat.port);
        pair.first.duties.endStop();
        SessionRequestProcessor processor = pair.first.duties.processor();
        boolean isConnected = processor.clientStatus().get(0).isConnected();

        pair.pass(PairFixture.RECONNECT_WINDOW_MS + 1_000);

        assertThat(isConnected).isFalse();
        assertThat(processor.clientStatus()).isEmpty();
    }

    @Test
    void shouldContinueTheLogTimeItFollowedWhateverItsOwnWallClockSays() {
        pair.second.wallMs = ManualClock.START_MS + 3_600_000;
        pair.pair(5);
        pair.new Tomcat(pair.first).create(1, "S1");
        pair.pass(1_000);
        pair.cut();

        pair.second.become(ServerRole.ACTIVE_COORDINATOR, 9, 1);
        pair.new Tomcat(pair.second).create(2, "S2");

        assertThat(createdMs("S2") - createdMs("S1")).isBetween(900L, 2_000L);
    }

    private long createdMs(String id) {
        SessionRecord record = new SessionRecord();
        assertThat(pair.second.duties.current().store().read(SessionKey.of("shop", id), record))
                .isTrue();
        return record.creationTimeMs();
    }

    @Test
    void shouldBeginNumbersAboveThoseOfLogItDoesNotContinue() {
        pair.pair(5);
        long before = pair.first.lastIndex();
        pair.cut();
        pair.second.become(ServerRole.PASSIVE_UNINITIALIZED, 5, -1);
        pair.second.wallMs += 1;

        pair.second.become(ServerRole.ACTIVE_COORDINATOR, 9, 1);

        assertThat(pair.second.lastIndex()).isGreaterThan(before + 1_000);
    }

    @Test
    void shouldSayThatSessionsMayBeOldWhenItWasNotInSync() {
        pair.pair(5);
        pair.new Tomcat(pair.first).create(1, "S1");
        pair.pass(100);
        pair.cut();
        pair.second.become(ServerRole.PASSIVE_UNINITIALIZED, 5, -1);

        pair.second.become(ServerRole.ACTIVE_COORDINATOR, 9, 1);

        assertThat(pair.second.events).contains("stale-sessions");
        assertThat(pair.second.duties.hasStaleSessions()).isTrue();
        assertThat(pair.second.holds("S1")).isTrue();
    }

    @Test
    void shouldGoOnAloneWhenTheElectionRefusesTheStandby() {
        pair.first.isAddAllowed = false;
        pair.pair(5);
        PairFixture.Tomcat tomcat = pair.new Tomcat(pair.first);

        tomcat.create(1, "S1");
        pair.pass(100);

        assertThat(pair.first.events).contains("standby-refused");
        assertThat(tomcat.written).containsExactly(WriteStatus.COMMITTED);
        assertThat(pair.first.duties.hasStandby()).isFalse();
    }

    @Test
    void shouldKeepServingWithAllSessionsWhenItsEpochIsRaised() {
        pair.pair(5);
        pair.new Tomcat(pair.first).create(1, "S1");
        pair.pass(100);

        pair.first.become(ServerRole.ACTIVE_COORDINATOR, 8, 0);
        pair.second.become(ServerRole.PASSIVE_UNINITIALIZED, 8, 0);
        pair.pass(500);

        assertThat(pair.first.events).contains("clients dropped");
        assertThat(pair.first.holds("S1")).isTrue();
        assertThat(pair.first.duties.isInSync(1)).isTrue();
    }

    @Test
    void shouldTakeNoRequestsOnceItIsStopping() {
        pair.pair(5);

        pair.first.duties.beginStop();

        assertThat(pair.first.duties.processor()).isNull();
        assertThat(pair.first.duties.isSettled()).isTrue();
    }

    @Test
    void shouldThrowAwayHalfCopyWhenItBecomesActiveInTheMiddle() {
        beginCopy();

        // The active has gone silent; no connection was lost.
        counted.second.become(ServerRole.ACTIVE_COORDINATOR, 9, 1);

        assertThat(openStores).isEqualTo(1);
        assertThat(counted.second.duties.isWhole()).isTrue();
    }

    @Test
    void shouldThrowAwayHalfCopyWhenItIsClosed() {
        beginCopy();

        counted.second.duties.close();

        assertThat(openStores).isZero();
    }

    /** The second server is in the middle of a copy. */
    private void beginCopy() {
        counted.first.become(ServerRole.ACTIVE_COORDINATOR, 5, 0);
        PairFixture.Tomcat tomcat = counted.new Tomcat(counted.first);
        for (int i = 0; i < 10; i++) {
            tomcat.create(i + 1, "S" + i);
        }
        counted.framesPerTurn = 2;
        counted.second.become(ServerRole.PASSIVE_UNINITIALIZED, 5, 0);
        for (int i = 0; i < 20 && counted.second.duties.replica().copiedSessions() <= 0; i++) {
            counted.turn();
        }
        assertThat(counted.second.duties.replica().copiedSessions()).isPositive();
        assertThat(openStores).isEqualTo(2);
    }
}
