package org.stoneware.storage.segments;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class HintSampleTest {
    private final HintSample sample = new HintSample();

    private void add(int count) {
        RecordHint hint = new RecordHint();
        for (int i = 0; i < count; i++) {
            sample.add(i, hint.set(i, 0, 0, 0, 0, 0));
        }
    }

    @Test
    void shouldCountAllAsNeededUntilAsked() {
        add(1000);

        assertThat(sample.needed()).isEqualTo(1000);
    }

    @Test
    void shouldEstimateFromAnEvenSample() {
        add(10_000);

        sample.estimate(location -> location < 2500 && sample.hint().keyHash64() == location);

        assertThat(sample.needed()).isBetween(1500, 3500);
    }

    @Test
    void shouldBeExactWhenFewWereSeen() {
        add(10);

        sample.estimate(location -> location == 3);

        assertThat(sample.needed()).isEqualTo(1);
    }
}
