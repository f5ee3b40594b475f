package org.stoneware.storage.slab;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RoomWatchTest {
    private final RoomWatch watch = new RoomWatch();
    private int freePercent;

    @Test
    void shouldBeFullFromARefusalAndSaySoOnce() {
        assertThat(watch.onRefused()).isTrue();
        assertThat(watch.onRefused()).isFalse();
        assertThat(watch.isFull()).isTrue();
    }

    @Test
    void shouldHaveRoomAtOnceWhenThereIsPlenty() {
        watch.onRefused();
        freePercent = RoomWatch.PLENTY_PERCENT;

        assertThat(look(0)).isTrue();
        assertThat(watch.isFull()).isFalse();
    }

    @Test
    void shouldHaveRoomWhenNothingWasRefusedForAWhile() {
        watch.onRefused();
        freePercent = RoomWatch.SOME_PERCENT;

        assertThat(look(5)).isFalse();
        assertThat(look(5 + RoomWatch.QUIET_NS - 1)).isFalse();
        assertThat(look(5 + RoomWatch.QUIET_NS)).isTrue();
    }

    @Test
    void shouldStayFullWhileChangesAreRefused() {
        freePercent = RoomWatch.SOME_PERCENT;
        for (long nowNs = 0; nowNs <= 10 * RoomWatch.QUIET_NS; nowNs += RoomWatch.QUIET_NS - 1) {
            watch.onRefused();

            assertThat(look(nowNs)).isFalse();
        }
    }

    @Test
    void shouldStayFullWhileThereIsNoRoomThoughNobodyAsks() {
        watch.onRefused();

        assertThat(look(0)).isFalse();
        assertThat(look(10 * RoomWatch.QUIET_NS)).isFalse();
        freePercent = RoomWatch.SOME_PERCENT;
        assertThat(look(10 * RoomWatch.QUIET_NS)).isFalse();
        assertThat(look(11 * RoomWatch.QUIET_NS)).isTrue();
    }

    private boolean look(long nowNs) {
        return watch.doWork(nowNs, percent -> freePercent >= percent);
    }
}
