package org.stoneware.server.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.server.request.ServingProgress;
import org.stoneware.spi.election.ElectionView;
import org.stoneware.spi.election.Evidence;

class TakeoverTimelineTest {
    private static final int OTHER = 0;
    private static final ElectionView STANDBY = new ElectionView(ServerRole.PASSIVE_STANDBY, 7, OTHER, "");
    private static final ElectionView ACTIVE = new ElectionView(ServerRole.ACTIVE_COORDINATOR, 8, 1, "");

    private final List<String> told = new ArrayList<>();
    private long nowMs;
    private final TakeoverTimeline timeline = new TakeoverTimeline(
            (type, text) -> told.add(type + ": " + text), () -> TimeUnit.MILLISECONDS.toNanos(nowMs), () -> nowMs);

    @Test
    void shouldTellEveryStepOnceFromTheMomentTheActiveWasMissed() {
        hear(Evidence.Kind.CLOSED, 10);
        timeline.first(TakeoverTimeline.Step.TOMCATS_ASKED);
        hear(Evidence.Kind.REFUSED, 11);
        at(12).last(TakeoverTimeline.Step.TOMCATS_HEARD);
        at(13).last(TakeoverTimeline.Step.TOMCATS_HEARD);
        at(15).onView(ACTIVE);
        at(16).onServing();
        at(20).first(TakeoverTimeline.Step.FIRST_TOMCAT);
        at(22).onProgress(new ServingProgress(1, 1, 0));
        at(23).onProgress(new ServingProgress(1, 1, 1));
        at(25).onProgress(new ServingProgress(2, 0, 5));

        assertThat(told)
                .containsExactly(
                        "taken-over: took over from Server1, missed at 1970-01-01T00:00:00.010Z; ms from then: "
                                + "refused=1.0 tomcats-asked=0.0 tomcats-heard=3.0 elected=5.0 serving=6.0 first-tomcat=10.0 "
                                + "first-registration=12.0 all-registered=15.0 first-change=13.0");
        assertThat(timeline.isOpen()).isFalse();
    }

    @Test
    void shouldSayNothingOfAnActiveThatIsHeardAgain() {
        hear(Evidence.Kind.CLOSED, 10);
        hear(Evidence.Kind.HELLO, 20);
        at(30).onView(ACTIVE);

        assertThat(timeline.isOpen()).isFalse();
    }

    @Test
    void shouldTellWhatThereIsWhenNobodyChangesASession() {
        hear(Evidence.Kind.SILENT, 10);
        at(15).onView(ACTIVE);
        at(16).onServing();

        at(17).onProgress(new ServingProgress(0, 2, 0));
        assertThat(told).isEmpty();
        at(10 + TimeUnit.NANOSECONDS.toMillis(TakeoverTimeline.MAX_WAIT_NS)).onProgress(new ServingProgress(0, 2, 0));

        assertThat(told).singleElement().asString().endsWith("ms from then: elected=5.0 serving=6.0");
    }

    private void hear(Evidence.Kind kind, long ms) {
        at(ms).onEvidence(new Evidence(kind, OTHER, 1, ServerRole.START, 0, 0), "Server1", STANDBY);
    }

    private TakeoverTimeline at(long ms) {
        nowMs = ms;
        return timeline;
    }
}
