package org.stoneware.storage.segments;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class ReclaimPolicyTest {
    private static final long SEGMENT = 1000;
    private static final long LIVE = 20 * SEGMENT;
    private static final long BOUND = ReclaimPolicy.SCRATCH_FACTOR * LIVE + 2 * SEGMENT;

    private static final long KEPT_BOUND = ReclaimPolicy.KEPT_FACTOR * LIVE + 2 * SEGMENT;

    private final DiskRoom room = new DiskRoom(200 * SEGMENT, SEGMENT);
    private final ReclaimPolicy scratch = new ReclaimPolicy(room, SEGMENT, false);
    private final ReclaimPolicy kept = new ReclaimPolicy(room, SEGMENT, true);

    @Test
    void shouldMoveNothingOfAScratchLogWithinItsBound() {
        room.use(BOUND);

        assertThat(scratch.maxShare(LIVE, 0)).isZero();
    }

    @Test
    void shouldEmptySegmentsOfAScratchLogBeyondItsBound() {
        room.use(BOUND + 1);

        assertThat(scratch.maxShare(LIVE, 0)).isEqualTo(0.5);
    }

    @Test
    void shouldMoveLittleOfAKeptLogWithinItsBound() {
        room.use(KEPT_BOUND);

        assertThat(kept.maxShare(LIVE, 0)).isEqualTo(0.25);
    }

    @Test
    void shouldEmptySegmentsOfAKeptLogThatAreLessThanHalfLiveBeyondItsBound() {
        room.use(KEPT_BOUND + 1);

        assertThat(kept.maxShare(LIVE, 0)).isEqualTo(0.5);
    }

    @Test
    void shouldLeaveNothingDeadLyingWhereLittleRoomIsLeft() {
        room.use(193 * SEGMENT);

        assertThat(scratch.maxShare(193 * SEGMENT, 0)).isEqualTo(0.5);
    }

    @Test
    void shouldEmptySegmentsThatAreMostlyLiveWhereHardlyAnyRoomIsLeft() {
        room.use(197 * SEGMENT);

        assertThat(scratch.maxShare(197 * SEGMENT, 0)).isEqualTo(0.9);
        assertThat(kept.maxShare(197 * SEGMENT, 0)).isEqualTo(0.9);
    }
}
