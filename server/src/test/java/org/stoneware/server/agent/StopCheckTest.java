package org.stoneware.server.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.stoneware.api.cluster.ClusterStatus;
import org.stoneware.api.cluster.MemberStatus;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.api.cluster.StorageStatus;

class StopCheckTest {
    private static final ServerRole ACTIVE = ServerRole.ACTIVE_COORDINATOR;
    private static final ServerRole STANDBY = ServerRole.PASSIVE_STANDBY;

    @ParameterizedTest
    @CsvSource({"memory", "temporary-swap-only"})
    void shouldRefuseWhenTheLastCopyWouldEndWithTheProcess(String mode) {
        String refusal = StopCheck.refusal(status(mode, 7, member(1, ACTIVE), member(2, ServerRole.STOPPED)), false);

        assertThat(refusal)
                .contains("server Server1 holds the last copy of 7 sessions", "start a standby first, or use --force");
    }

    @Test
    void shouldAllowWhenTheStoreKeepsTheLastCopy() {
        assertThat(StopCheck.refusal(
                        status("permanent-store", 7, member(1, ACTIVE), member(2, ServerRole.STOPPED)), true))
                .isEmpty();
    }

    @Test
    void shouldAllowWhenAStandbyHoldsTheSessions() {
        assertThat(StopCheck.refusal(status("memory", 7, member(1, ACTIVE), member(2, STANDBY)), false))
                .isEmpty();
    }

    @Test
    void shouldRefuseWhenTheOtherServerDoesNotHoldAllSessions() {
        MemberStatus behind = member(2, STANDBY, false, true);
        MemberStatus gone = member(2, STANDBY, true, false);
        MemberStatus beingCopied = member(2, ServerRole.PASSIVE_UNINITIALIZED);

        for (MemberStatus other : List.of(behind, gone, beingCopied)) {
            assertThat(StopCheck.refusal(status("memory", 7, member(1, ACTIVE), other), false))
                    .as(other.toString())
                    .contains("last copy");
        }
    }

    @Test
    void shouldAllowWhenThereIsNoSession() {
        assertThat(StopCheck.refusal(status("memory", 0, member(1, ACTIVE)), false))
                .isEmpty();
    }

    @Test
    void shouldAllowAPassiveToStop() {
        assertThat(StopCheck.refusal(status("memory", 7, member(1, STANDBY), member(2, ACTIVE)), false))
                .isEmpty();
    }

    private static ClusterStatus status(String mode, long sessions, MemberStatus... servers) {
        StorageStatus storage = new StorageStatus(mode, mode, "", sessions, 0, 0, 0, 0, 0);
        return new ClusterStatus("Server1", "test", 0, List.of(servers), List.of(), storage, List.of(), List.of());
    }

    private static MemberStatus member(int number, ServerRole role) {
        return member(number, role, role == ACTIVE || role == STANDBY, role != ServerRole.STOPPED);
    }

    private static MemberStatus member(int number, ServerRole role, boolean isInSync, boolean isReachable) {
        return new MemberStatus("Server" + number, "127.0.0.1", 1, 2, 3, 4, role, "", 7, isInSync, isReachable, 0);
    }
}
