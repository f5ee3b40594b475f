package org.stoneware.storage.segments;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class DiskRoomTest {
    private static final int SEGMENT = 64 << 10;
    private static final int REMOVAL = Frame.length(0);

    private final DiskRoom room = new DiskRoom(32L * SEGMENT, SEGMENT);

    /** What is moved takes the room that is kept back for it, and not that of removals, which are what gives room again. */
    @Test
    void shouldTakeRemovalsWhileASegmentIsEmptied() {
        room.use(32L * SEGMENT - SEGMENT - SEGMENT / 2);
        assertThat(room.isForRecord(REMOVAL, 0)).isFalse();
        assertThat(room.isForSparing(REMOVAL, 0)).isTrue();

        room.use(SEGMENT);
        room.move(SEGMENT);

        assertThat(room.isForRecord(REMOVAL, 0)).isFalse();
        assertThat(room.isForSparing(REMOVAL, 0)).isTrue();
    }

    @Test
    void shouldKeepRoomToMoveASegmentBackOnceTheLastOneIsGone() {
        room.use(32L * SEGMENT - SEGMENT - SEGMENT / 2);
        room.use(SEGMENT);
        room.move(SEGMENT);
        room.segmentGone(SEGMENT);

        room.use(SEGMENT / 2);

        assertThat(room.isForSparing(REMOVAL, 0)).isFalse();
    }

    @Test
    void shouldMoveNoMoreThanIsKeptBackForItUntilSegmentsAreGone() {
        room.use(32L * SEGMENT - SEGMENT - SEGMENT / 2);
        assertThat(room.isForMoving(SEGMENT, 0)).isTrue();
        room.use(SEGMENT / 2);
        room.move(SEGMENT / 2);

        assertThat(room.isForMoving(SEGMENT / 2, 0)).isTrue();
        assertThat(room.isForMoving(SEGMENT / 2 + 1, 0)).isFalse();

        room.segmentGone(SEGMENT);
        assertThat(room.isForMoving(SEGMENT, 0)).isTrue();
    }

    @Test
    void shouldMoveAnyAmountIntoFreeRoom() {
        room.use(20L * SEGMENT);
        room.move(4L * SEGMENT);

        assertThat(room.isForMoving(SEGMENT, 0)).isTrue();
    }
}
