package org.stoneware.server.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.stoneware.api.cluster.ClusterStatus;
import org.stoneware.api.cluster.ManagementService.HandOverOutcome;
import org.stoneware.api.cluster.MemberStatus;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.api.cluster.StorageStatus;

class HandOverCheckTest {
    private static final ServerRole ACTIVE = ServerRole.ACTIVE_COORDINATOR;

    @Test
    void shouldNameTheStandbyThatTakesOver() {
        assertThat(check(member(1, ACTIVE, true), member(2, ServerRole.PASSIVE_STANDBY, true)))
                .isEqualTo(new HandOverOutcome(true, "Server1 hands over to Server2"));
    }

    @Test
    void shouldSayThatTheStandbyIsStopped() {
        assertThat(check(member(1, ACTIVE, true), member(2, ServerRole.STOPPED, false)))
                .isEqualTo(new HandOverOutcome(false, "no standby is in sync: Server2 is STOP-STATE"));
    }

    @Test
    void shouldSayThatTheStandbyIsNotInSync() {
        assertThat(check(member(1, ACTIVE, true), member(2, ServerRole.PASSIVE_UNINITIALIZED, true))
                        .reason())
                .isEqualTo("no standby is in sync: Server2 is PASSIVE-UNINITIALIZED");
    }

    @Test
    void shouldNameTheServerToAskWhenItIsNotActive() {
        assertThat(check(member(1, ServerRole.PASSIVE_STANDBY, true), member(2, ACTIVE, true))
                        .reason())
                .isEqualTo("Server1 is not active; ask Server2");
    }

    @Test
    void shouldSayThatThereIsNoOtherServer() {
        assertThat(check(member(1, ACTIVE, true)).reason())
                .isEqualTo("no standby is in sync: Server1 is the only server of this array");
    }

    private static HandOverOutcome check(MemberStatus... servers) {
        return HandOverCheck.of(status(servers));
    }

    private static ClusterStatus status(MemberStatus... servers) {
        StorageStatus storage = new StorageStatus("memory", "memory", "", 0, 0, 0, 0, 0, 0);
        return new ClusterStatus("Server1", "test", 0, List.of(servers), List.of(), storage, List.of(), List.of());
    }

    private static MemberStatus member(int number, ServerRole role, boolean isReachable) {
        boolean isInSync = role == ACTIVE || role == ServerRole.PASSIVE_STANDBY;
        return new MemberStatus("Server" + number, "127.0.0.1", 1, 2, 3, 4, role, "", 7, isInSync, isReachable, 0);
    }
}
