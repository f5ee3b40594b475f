package org.stoneware.server.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.stoneware.api.cluster.ServerRole.ACTIVE_COORDINATOR;
import static org.stoneware.api.cluster.ServerRole.FENCED;
import static org.stoneware.api.cluster.ServerRole.PASSIVE_STANDBY;

import org.junit.jupiter.api.Test;
import org.stoneware.api.cluster.ClusterEvent;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.spi.election.ElectionView;

class RoleHistoryTest {
    private final EventLog events = new EventLog(() -> 0);
    private final RoleHistory roles = new RoleHistory(events, 1);

    @Test
    void shouldCountTermsAndHowOftenThisServerWon() {
        roles.onView(view(PASSIVE_STANDBY, 256), view(ACTIVE_COORDINATOR, 513), 2);
        roles.onView(view(ACTIVE_COORDINATOR, 513), view(FENCED, 768), 3);
        roles.onView(view(FENCED, 768), view(PASSIVE_STANDBY, 768), 4);
        roles.onView(view(PASSIVE_STANDBY, 768), view(PASSIVE_STANDBY, 1024), 5);

        assertThat(roles.terms()).isEqualTo(3);
        assertThat(roles.timesActive()).isEqualTo(1);
        assertThat(roles.sinceMs()).isEqualTo(4);
    }

    @Test
    void shouldTellEachChangeOnce() {
        roles.onView(view(PASSIVE_STANDBY, 256), view(ACTIVE_COORDINATOR, 513), 2);
        roles.onView(view(ACTIVE_COORDINATOR, 513), view(ACTIVE_COORDINATOR, 513), 3);
        roles.onView(view(ACTIVE_COORDINATOR, 513), view(ACTIVE_COORDINATOR, 769), 4);

        assertThat(events.list()).extracting(ClusterEvent::type).containsExactly("role-changed", "epoch-changed");
        assertThat(events.list().get(0).text())
                .isEqualTo("Moved to State[ ACTIVE-COORDINATOR ]: from PASSIVE-STANDBY epoch=513 reason=a vote");
    }

    private static ElectionView view(ServerRole role, long epoch) {
        return new ElectionView(role, epoch, ElectionView.NO_ACTIVE, "a vote");
    }
}
