package org.stoneware.liveness;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class LinkTimerTest {
    private final LinkTimer timer = new LinkTimer(50, 500, 1000, 1000);

    @Test
    void shouldOweFirstBeatAtOnceAndThenEveryInterval() {
        assertThat(timer.isBeatDue(1000)).isTrue();
        timer.beatSent(1000);
        assertThat(timer.isBeatDue(1024)).isFalse();
        assertThat(timer.waitNs(1024, 1024)).isEqualTo(26);
        assertThat(timer.isBeatDue(1050)).isTrue();
    }

    @Test
    void shouldBeatAheadOfTimeWhenAwakeInTheSecondHalfOfTheInterval() {
        timer.beatSent(1000);

        assertThat(timer.isBeatDue(1025)).isTrue();
        timer.beatSent(1025);
        assertThat(timer.isBeatDue(1049)).isFalse();
        assertThat(timer.waitNs(1025, 1025)).isEqualTo(50);
    }

    @Test
    void shouldBeatAtMostFiftyMillisecondsAheadOfTime() {
        LinkTimer rare = new LinkTimer(250_000_000, 1_500_000_000, 0, 0);
        rare.beatSent(0);

        assertThat(rare.isBeatDue(199_999_999)).isFalse();
        assertThat(rare.isBeatDue(200_000_000)).isTrue();
    }

    @Test
    void shouldNotDriftWhenBeatsAreLittleLate() {
        timer.beatSent(1010);

        assertThat(timer.waitNs(1010, 1010)).isEqualTo(40);
    }

    @Test
    void shouldNotMakeUpForMissedBeats() {
        timer.beatSent(5000);

        assertThat(timer.isBeatDue(5024)).isFalse();
        assertThat(timer.waitNs(5000, 1000)).isEqualTo(50);
    }

    @Test
    void shouldTellSilenceOnceAndThenAgainForEveryFifthThatItGoesOn() {
        assertThat(timer.silenceToTell(1499)).isZero();
        assertThat(timer.silenceToTell(1500)).isEqualTo(500);
        assertThat(timer.silenceToTell(1599)).isZero();
        assertThat(timer.silenceToTell(1650)).isEqualTo(650);
        assertThat(timer.silenceToTell(1699)).isZero();
        assertThat(timer.waitNs(1699, 1699)).isZero();
        assertThat(timer.silenceToTell(2730)).isEqualTo(1730);
        assertThat(timer.silenceToTell(2799)).isZero();
        assertThat(timer.silenceToTell(2800)).isEqualTo(1800);
    }

    @Test
    void shouldStartSilenceAgainWhenSomethingIsHeard() {
        timer.silenceToTell(1500);
        timer.heard(1600);

        assertThat(timer.silenceToTell(2099)).isZero();
        assertThat(timer.silenceToTell(2100)).isEqualTo(500);
    }

    @Test
    void shouldWaitForWhatComesFirst() {
        timer.beatSent(1000);

        assertThat(timer.waitNs(1010, 1010)).isEqualTo(40);
        assertThat(timer.waitNs(1010, 1490)).isEqualTo(10);
        assertThat(timer.waitNs(1070, 1070)).isZero();
    }
}
