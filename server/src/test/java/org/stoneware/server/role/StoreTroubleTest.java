package org.stoneware.server.role;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.wire.session.WriteStatus;

/** The disk of a store that keeps sessions fails, or is full. */
class StoreTroubleTest {
    private final DurableMachine one = new DurableMachine(1, store -> store);
    private final DurableMachine two = new DurableMachine(2, store -> store);
    private final PairFixture pair = new PairFixture(one::create, two::create);

    @Test
    void shouldGiveItsRoleToTheStandbyAtOnceWhenItsStoreFails() {
        pair.pair(5);
        PairFixture.Tomcat tomcat = pair.new Tomcat(pair.first);
        one.disk().fail();

        tomcat.create(1, "S1");
        pair.pass(300);

        assertThat(pair.first.events).contains("storage-failed", "hand-over at once");
        // Neither acknowledged here nor refused: the next active knows.
        assertThat(tomcat.written).isEmpty();
        assertThat(pair.second.isHeld("S1")).isTrue();
    }

    @Test
    void shouldRefuseChangesWhenNobodyCanTakeOver() {
        pair.first.become(ServerRole.ACTIVE_COORDINATOR, 5, 0);
        pair.pass(100);
        PairFixture.Tomcat tomcat = pair.new Tomcat(pair.first);
        tomcat.create(1, "S1");
        pair.pass(100);
        one.disk().fail();
        tomcat.create(2, "S2");
        pair.pass(300);

        tomcat.create(3, "S3");
        pair.pass(100);

        assertThat(tomcat.written).containsExactly(WriteStatus.COMMITTED, WriteStatus.FAILED);
        assertThat(pair.first.events).contains("storage-failed").doesNotContain("hand-over at once");
        assertThat(pair.first.isHeld("S1")).isTrue();
    }

    @Test
    void shouldAskToBeDroppedWhenTheStoreOfTheStandbyFails() {
        pair.pair(5);
        PairFixture.Tomcat tomcat = pair.new Tomcat(pair.first);
        two.disk().fail();

        tomcat.create(1, "S1");
        pair.pass(300);

        assertThat(pair.first.dropsRequested).isPositive();
        assertThat(pair.second.events).contains("storage-failed", "replica-differs");
        assertThat(tomcat.written).isEmpty();
        pair.first.dropOther();
        pair.pass(100);
        assertThat(tomcat.written).containsExactly(WriteStatus.COMMITTED);
    }

    @Test
    void shouldHandOverOnceWhenItsDiskStaysFull() {
        pair.pair(5);
        PairFixture.Tomcat tomcat = pair.new Tomcat(pair.first);
        one.disk().isFull(true);

        tomcat.create(1, "S1");
        pair.pass(500);
        assertThat(pair.first.events).contains("storage-full").doesNotContain("hand-over");
        pair.pass(10_000);
        assertThat(pair.first.events).containsOnlyOnce("hand-over");
        assertThat(tomcat.written).containsExactly(WriteStatus.FULL);

        one.disk().isFull(false);
        tomcat.create(2, "S2");
        pair.pass(500);
        assertThat(pair.first.events).contains("storage-room");
        assertThat(tomcat.written).containsExactly(WriteStatus.FULL, WriteStatus.COMMITTED);
    }
}
