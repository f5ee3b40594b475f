package org.stoneware.server.role;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.wire.session.WriteStatus;

class RoleHandOverTest {
    private final PairFixture pair = new PairFixture();
    private boolean isRefused;
    private boolean isOtherActive;
    private int requests;
    private final RoleHandOver handOver =
            new RoleHandOver(pair.first.duties, nowNs -> giveUp(), () -> isOtherActive, pair.first);

    @Test
    void shouldAcknowledgeWhatItHasTakenInBeforeItGivesTheRoleUp() {
        pair.pair(5);
        PairFixture.Tomcat tomcat = pair.new Tomcat(pair.first);
        pair.pass(100);
        tomcat.create(1, "taken-in");
        handOver.begin("test", pair.clock.nowNs());
        tomcat.create(2, "too-late");
        handOver.doWork(pair.clock.nowNs());
        int requestsBefore = requests;
        pass(100);

        assertThat(requestsBefore).isZero();
        assertThat(requests).isEqualTo(1);
        assertThat(tomcat.written).containsExactly(WriteStatus.COMMITTED);
        assertThat(pair.second.holds("taken-in")).isTrue();
        assertThat(pair.second.holds("too-late")).isFalse();
    }

    @Test
    void shouldFollowTheServerThatTookOver() {
        pair.pair(5);
        handOver.begin("test", pair.clock.nowNs());
        pass(50);
        pair.second.become(ServerRole.ACTIVE_COORDINATOR, 9, 1);
        pair.first.become(ServerRole.PASSIVE_UNINITIALIZED, 9, 1);
        isOtherActive = true;
        pass(1_000);

        assertThat(pair.first.events).contains("handed-over").doesNotContain("hand-over-slow");
        assertThat(pair.second.duties.isInSync(0)).isTrue();
    }

    @Test
    void shouldSayThatTheRoleIsOnItsWayWhenTheServerStops() {
        pair.pair(5);
        handOver.begin("test", pair.clock.nowNs());
        pass(50);

        assertThat(handOver.end()).isTrue();
    }

    @Test
    void shouldNotBeginAnyMoreWhenTheServerStops() {
        pair.pair(5);
        boolean isOffered = handOver.end();
        handOver.begin("a full store", true, pair.clock.nowNs());
        pass(5_000);

        assertThat(isOffered).isFalse();
        assertThat(requests).isZero();
        assertThat(pair.first.events).doesNotContain("hand-over-requested");
    }

    @Test
    void shouldServeAgainWhenTheElectionRefuses() {
        isRefused = true;
        pair.pair(5);
        handOver.begin("test", pair.clock.nowNs());
        pass(50);

        assertThat(requests).isEqualTo(1);
        assertThat(pair.first.duties.processor()).isNotNull();
        assertThat(pair.first.events).contains("hand-over-failed", "clients dropped");
    }

    @Test
    void shouldServeAgainWhenTheStandbyAcknowledgesNothing() {
        pair.pair(5);
        PairFixture.Tomcat tomcat = pair.new Tomcat(pair.first);
        pair.pass(100);
        pair.cut();
        tomcat.create(1, "S1");
        handOver.begin("test", pair.clock.nowNs());
        pass(1_900);
        Object whileDraining = pair.first.duties.processor();
        pass(200);

        assertThat(whileDraining).isNull();
        assertThat(requests).isZero();
        assertThat(pair.first.duties.processor()).isNotNull();
        assertThat(pair.first.events).contains("hand-over-failed");
    }

    @Test
    void shouldServeAgainWhenTheRoleComesBack() {
        pair.pair(5);
        handOver.begin("test", pair.clock.nowNs());
        pass(50);
        pair.first.become(ServerRole.ACTIVE_COORDINATOR, 9, 0);
        pass(50);

        assertThat(pair.first.duties.processor()).isNotNull();
        assertThat(pair.first.events).contains("hand-over-failed");
    }

    @Test
    void shouldDoNothingWithoutAStandby() {
        pair.first.become(ServerRole.ACTIVE_COORDINATOR, 5, 0);
        handOver.begin("test", pair.clock.nowNs());

        assertThat(pair.first.duties.processor()).isNotNull();
        assertThat(pair.first.events).doesNotContain("hand-over-requested");
    }

    private void pass(long ms) {
        for (long left = ms; left > 0; left -= 10) {
            pair.pass(10);
            handOver.doWork(pair.clock.nowNs());
        }
    }

    private boolean giveUp() {
        requests++;
        if (!isRefused) {
            pair.first.become(ServerRole.PASSIVE_UNINITIALIZED, 7, -1);
        }
        return !isRefused;
    }
}
