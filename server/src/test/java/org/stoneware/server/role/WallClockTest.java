package org.stoneware.server.role;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;

/** Wall clocks are set forward and back while sessions live; they live as long as they would have. */
class WallClockTest {
    private static final long INTERVAL_MS = 60_000;

    private final PairFixture pair = new PairFixture();

    @ParameterizedTest
    @ValueSource(longs = {-24, -1, 1, 24})
    void shouldKeepTheTimeOfTheLogWhenWallClocksJumpAndTheEpochIsRaised(long hours) {
        pair.pair(5);
        pair.new Tomcat(pair.first).create(1, "S1");
        pair.pass(1_000);

        jump(hours);
        pair.first.become(ServerRole.ACTIVE_COORDINATOR, 6, 0);
        pair.new Tomcat(pair.first).create(2, "S2");
        pair.pass(1_000);

        assertThat(createdMs(pair.first, "S2") - createdMs(pair.first, "S1")).isBetween(900L, 2_000L);
    }

    @ParameterizedTest
    @ValueSource(longs = {-24, -1, 1, 24})
    void shouldExpireNoSoonerAndNoLaterWhenWallClocksJumpAndTheStandbyTakesOver(long hours) {
        pair.pair(5);
        pair.new Tomcat(pair.first).create(1, "S1");
        pair.pass(1_000);

        jump(hours);
        pair.cut();
        pair.second.become(ServerRole.ACTIVE_COORDINATOR, 9, 1);
        pair.pass(INTERVAL_MS / 2);
        boolean isThereHalfWay = pair.second.holds("S1");
        pair.pass(INTERVAL_MS);

        assertThat(isThereHalfWay).isTrue();
        assertThat(pair.second.holds("S1")).isFalse();
    }

    /** It knows the time of the log it followed, to a frame. */
    @ParameterizedTest
    @ValueSource(longs = {-24, -1, 1, 24})
    void shouldExpireNoSoonerAndNoLaterWhenAServerThatWasNotInSyncTakesOver(long hours) {
        pair.pair(5);
        pair.new Tomcat(pair.first).create(1, "S1");
        pair.pass(1_000);

        jump(hours);
        pair.cut();
        pair.second.become(ServerRole.PASSIVE_UNINITIALIZED, 5, -1);
        pair.second.become(ServerRole.ACTIVE_COORDINATOR, 9, 1);
        pair.pass(INTERVAL_MS / 2);
        boolean isThereHalfWay = pair.second.holds("S1");
        pair.pass(INTERVAL_MS);

        assertThat(isThereHalfWay).isTrue();
        assertThat(pair.second.holds("S1")).isFalse();
    }

    private void jump(long hours) {
        pair.first.wallMs += TimeUnit.HOURS.toMillis(hours);
        pair.second.wallMs += TimeUnit.HOURS.toMillis(hours);
    }

    private static long createdMs(PairFixture.Server server, String id) {
        SessionRecord record = new SessionRecord();
        assertThat(server.duties.current().store().read(SessionKey.of("shop", id), record))
                .isTrue();
        return record.creationTimeMs();
    }
}
