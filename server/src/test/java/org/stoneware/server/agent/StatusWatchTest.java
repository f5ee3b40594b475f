package org.stoneware.server.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.stoneware.api.cluster.ClusterEvent;
import org.stoneware.api.cluster.ClusterStatus;
import org.stoneware.api.cluster.MemberFacts;
import org.stoneware.api.cluster.MemberState;
import org.stoneware.api.cluster.MemberStatus;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.api.cluster.StorageStatus;
import org.stoneware.api.config.ArraySettings;
import org.stoneware.api.config.ServerSettings;

class StatusWatchTest {
    private static final int SWEEP_INTERVAL_SEC = 3600;

    private final EventLog events = new EventLog(() -> 0);
    private final List<String> otherProblems = new ArrayList<>();
    private final List<String> ownProblems = new ArrayList<>();
    private StatusWatch watch = watch(false);
    private MemberStatus peer = peer(ServerRole.STOPPED, false, MemberFacts.UNKNOWN);
    private long expired;
    private long nowNs;

    @Test
    void shouldTellWhenAServerComesAndGoesButNotThatItNeverCame() {
        look();
        assertThat(events.list()).isEmpty();

        peer = peer(ServerRole.PASSIVE_STANDBY, true, MemberFacts.UNKNOWN);
        look();
        look();
        peer = peer(ServerRole.STOPPED, false, MemberFacts.UNKNOWN);
        look();
        look();

        assertThat(told())
                .containsExactly(
                        "member-joined Server2 is reached: PASSIVE-STANDBY epoch=7",
                        "member-left Server2 is not reached any more: connection reset");
    }

    @Test
    void shouldTellEachQuarterOfACopyOnce() {
        for (int percent : new int[] {0, 10, 26, 40, 51, 99, 100}) {
            peer = peer(ServerRole.PASSIVE_UNINITIALIZED, true, percent);
            look();
        }

        assertThat(told())
                .contains(
                        "sync-progress Server2 holds 26 % of the copy it is given",
                        "sync-progress Server2 holds 51 % of the copy it is given",
                        "sync-progress Server2 holds 99 % of the copy it is given",
                        "sync-progress Server2 holds 100 % of the copy it is given")
                .hasSize(5);
    }

    @Test
    void shouldTellEachProblemOnceAndItsEnd() {
        ownProblems.add("the store is full");
        otherProblems.add("component bank is missing");
        look();
        look();
        ownProblems.clear();
        otherProblems.clear();
        look();

        assertThat(told())
                .containsExactly(
                        "problem problem: the store is full",
                        "problem problem: component bank is missing",
                        "problem-solved solved: the store is full",
                        "problem-solved solved: component bank is missing");
    }

    @Test
    void shouldTellOfSweepsOncePerIntervalUnlessTheyAreVerbose() {
        expired = 3;
        look();
        expired = 5;
        look();
        nowNs += TimeUnit.SECONDS.toNanos(SWEEP_INTERVAL_SEC);
        look();

        assertThat(told())
                .containsExactly(
                        "sweep 3 sessions ended by time-out; 12 held", "sweep 2 sessions ended by time-out; 12 held");

        watch = watch(true);
        look();
        expired++;
        look();

        assertThat(told()).hasSize(4).endsWith("sweep 1 session ended by time-out; 12 held");
    }

    @Test
    void shouldTellOfClocksThatDifferOnceAndWhenTheyAgreeAgain() {
        watch.onClockDifference("Server2", 900, nowNs);
        watch.onClockDifference("Server2", -3_000, nowNs);
        watch.onClockDifference("Server2", -3_100, nowNs);
        watch.onClockDifference("Server2", 20, nowNs);

        assertThat(told())
                .containsExactly(
                        "clock-difference the clock of Server2 is 3000 ms behind this server's: let both follow the same time"
                                + " source",
                        "clock-difference the clock of Server2 agrees with this server's again");
    }

    @Test
    void shouldNotTellOfShortPauses() {
        watch.onPause(StatusWatch.LONG_PAUSE_NS - 1);
        watch.onPause(StatusWatch.LONG_PAUSE_NS);

        assertThat(told()).singleElement().asString().startsWith("long-pause this server did not run for 1000 ms");
    }

    private void look() {
        watch.onStatus(
                new ClusterStatus(
                        "Server1",
                        "test",
                        1,
                        List.of(peer),
                        List.of(),
                        new StorageStatus("memory", "memory", "", 12, 0, 0, 0, 0, 0),
                        List.of(new ClusterStatus.Counter("sessions.expired", expired)),
                        ownProblems),
                nowNs);
    }

    private List<String> told() {
        return events.list().stream().map(StatusWatchTest::line).toList();
    }

    private static String line(ClusterEvent event) {
        return event.type() + " " + event.text();
    }

    private StatusWatch watch(boolean isVerbose) {
        return new StatusWatch(settings(isVerbose), events, () -> otherProblems);
    }

    private static MemberStatus peer(ServerRole role, boolean isReachable, int percent) {
        return new MemberStatus(
                "Server2",
                "127.0.0.2",
                9510,
                9520,
                9530,
                9540,
                role,
                isReachable ? "" : "connection reset",
                7,
                false,
                isReachable,
                0,
                new MemberFacts(Set.of(MemberState.COPYING), percent, 0, 0, 0, "memory", ""));
    }

    private static ArraySettings settings(boolean isSweepVerbose) {
        Path here = Path.of("");
        ServerSettings self = new ServerSettings(
                0, "Server1", "h", "h", 1, "h", 2, "h", 3, "h", 4, here, here, false, here, "temporary-swap-only", 1);
        return new ArraySettings(
                "test",
                "",
                0,
                List.of(self),
                false,
                120,
                true,
                isSweepVerbose,
                SWEEP_INTERVAL_SEC,
                5,
                "availability",
                0,
                false,
                "",
                Map.of());
    }
}
