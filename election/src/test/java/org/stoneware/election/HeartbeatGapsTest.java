package org.stoneware.election;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class HeartbeatGapsTest {
    private static final long MS = 1_000_000L;
    private final HeartbeatGaps gaps = new HeartbeatGaps();

    @Test
    void shouldMissAQuietMachineAfterHalfASecond() {
        beat(3_000, 50);

        assertThat(gaps.detectionNs()).isEqualTo(500 * MS);
        assertThat(gaps.isDegraded()).isFalse();
    }

    @Test
    void shouldGiveANoisyMachineMoreTimeWithinBounds() {
        beat(900, 50);
        beat(100, 170);
        long noisyNs = gaps.detectionNs();
        boolean isNoisyDegraded = gaps.isDegraded();
        beat(1_000, 400);

        assertThat(noisyNs).isEqualTo(680 * MS);
        assertThat(isNoisyDegraded).isFalse();
        assertThat(gaps.detectionNs()).isEqualTo(800 * MS);
        assertThat(gaps.isDegraded()).isTrue();
    }

    @Test
    void shouldThinkNothingOfOneGapInAThousand() {
        beat(500, 50);
        beat(1, 450);
        beat(499, 50);

        assertThat(gaps.detectionNs()).isEqualTo(500 * MS);
    }

    @Test
    void shouldForgetNoiseThatIsOver() {
        beat(1_000, 400);
        beat(1_000, 50);

        assertThat(gaps.detectionNs()).isEqualTo(500 * MS);
    }

    private void beat(int count, long gapMs) {
        for (int i = 0; i < count; i++) {
            gaps.onGap(gapMs * MS);
        }
    }
}
