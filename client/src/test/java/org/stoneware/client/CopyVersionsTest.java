package org.stoneware.client;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class CopyVersionsTest {
    private final CopyVersions versions = new CopyVersions();

    @Test
    void shouldKeepNamesWhenTheNewActiveHasEverythingThatWasTold() {
        versions.onRegistered(1, 0, 0);
        long name = versions.named(7);

        assertThat(versions.onRegistered(2, 1, 7)).isFalse();
        assertThat(name).isEqualTo(7);
        assertThat(versions.told(name)).isEqualTo(7);
        assertThat(versions.named(8)).isEqualTo(8);
    }

    @Test
    void shouldTellApartWhatTwoActivesWroteAtOneIndex() {
        versions.onRegistered(1, 0, 0);
        long shared = versions.named(7);
        long lost = versions.named(8);
        boolean isForked = versions.onRegistered(2, 1, 7);
        long kept = versions.named(8);

        assertThat(isForked).isTrue();
        assertThat(versions.told(lost)).isEqualTo(CopyVersions.NO_VERSION);
        assertThat(versions.told(shared)).isEqualTo(7);
        assertThat(versions.told(kept)).isEqualTo(8);
        assertThat(kept).isGreaterThan(lost);
    }

    /** Logs begin at the milliseconds of the clock above 16 bits. */
    @Test
    void shouldNameVersionsAsLargeAsThoseOfAnArray() {
        long version = 1_796_002_143_044L << 16;
        versions.onRegistered(1, 0, 0);
        long shared = versions.named(version);
        long lost = versions.named(version + 1);
        boolean isForked = versions.onRegistered(2, 1, version);
        long kept = versions.named(version + 1);

        assertThat(shared).isEqualTo(version);
        assertThat(isForked).isTrue();
        assertThat(versions.told(shared)).isEqualTo(version);
        assertThat(versions.told(lost)).isEqualTo(CopyVersions.NO_VERSION);
        assertThat(versions.told(kept)).isEqualTo(version + 1);
        assertThat(kept).isGreaterThan(lost);
    }

    @Test
    void shouldGoOnWhenTheNumbersOfLinesComeAgain() {
        versions.onRegistered(1, 0, 0);
        for (int epoch = 2; epoch < 2 + CopyVersions.LINES; epoch++) {
            versions.named(100);
            versions.onRegistered(epoch, epoch - 1, 50);
        }
        long name = versions.named(60);

        assertThat(versions.told(name)).isEqualTo(60);
    }

    @Test
    void shouldBelieveNothingWhenItMissedAnEpoch() {
        versions.onRegistered(1, 0, 0);
        long name = versions.named(7);
        // The active of epoch 2 wrote up to 20; whether 7 is one of those is not known here.
        versions.onRegistered(3, 2, 20);

        assertThat(versions.told(name)).isEqualTo(CopyVersions.NO_VERSION);
    }

    @Test
    void shouldBelieveLessOfOldLinesWithEveryFork() {
        versions.onRegistered(1, 0, 0);
        long five = versions.named(5);
        long seven = versions.named(7);
        versions.named(9);
        versions.onRegistered(2, 1, 8);
        versions.named(12);
        versions.onRegistered(3, 2, 6);

        assertThat(versions.told(five)).isEqualTo(5);
        assertThat(versions.told(seven)).isEqualTo(CopyVersions.NO_VERSION);
    }

    @Test
    void shouldBelieveNothingOfLinesItRemembersNoMore() {
        versions.onRegistered(1, 0, 0);
        long first = versions.named(1);
        for (int epoch = 2; epoch < 2 + CopyVersions.REMEMBERED; epoch++) {
            versions.named(100);
            versions.onRegistered(epoch, epoch - 1, 50);
        }
        long whileRemembered = versions.told(first);
        versions.named(100);
        versions.onRegistered(100, 1 + CopyVersions.REMEMBERED, 50);

        assertThat(whileRemembered).isEqualTo(1);
        assertThat(versions.told(first)).isEqualTo(CopyVersions.NO_VERSION);
    }

    @Test
    void shouldBelieveNothingOfAnArrayThatBeganAnew() {
        versions.onRegistered(1, 0, 0);
        long name = versions.named(3);
        versions.onRegistered(2, 0, 0);

        assertThat(versions.told(name)).isEqualTo(CopyVersions.NO_VERSION);
    }
}
