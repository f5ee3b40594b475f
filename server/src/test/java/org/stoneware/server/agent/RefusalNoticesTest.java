package org.stoneware.server.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class RefusalNoticesTest {
    private final EventLog events = new EventLog(() -> 0);
    private final RefusalNotices notices = new RefusalNotices(events);
    private long nowNs;

    @Test
    void shouldTellAReasonOnceThoughTheNumbersInItChange() {
        for (int i = 0; i < 30; i++) {
            again("first (bundle.first 2.0.0): not enough disk for a second copy: needBytes=" + (5_000 + i)
                    + " freeBytes=" + i + " in /data");
            nowNs += TimeUnit.SECONDS.toNanos(10);
        }

        assertThat(told()).isEqualTo(1);
    }

    @Test
    void shouldTellAReasonAgainAfterTenMinutes() {
        for (int i = 0; i <= 120; i++) {
            again("freeBytes=" + i);
            nowNs += TimeUnit.SECONDS.toNanos(10);
        }

        assertThat(told()).isEqualTo(3);
    }

    @Test
    void shouldTellAnotherReasonAndAnotherVersion() {
        again("first (bundle.first 2.0.0): not enough disk: freeBytes=1");
        again("first (bundle.first 2.0.0): not enough memory: freeBytes=1");
        again("first (bundle.first 2.0.1): not enough memory: freeBytes=1");

        assertThat(told()).isEqualTo(3);
    }

    @Test
    void shouldAnswerEverybodyWhoAsksOnce() {
        again("freeBytes=1");
        notices.tell("first", "freeBytes=1", false, nowNs);
        notices.tell("first", "freeBytes=1", false, nowNs);

        assertThat(told()).isEqualTo(3);
    }

    private void again(String reason) {
        notices.tell("first", reason, true, nowNs);
    }

    private int told() {
        return events.list().size();
    }
}
