package org.stoneware.storage.segments;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

final class KeyFilterTest {
    private static final int KEYS = 20_000;

    @Test
    void shouldKnowEveryKeyAndFewOthers() {
        Random random = new Random(5);
        HintList hints = new HintList();
        RecordHint key = new RecordHint();
        for (int i = 0; i < KEYS; i++) {
            hints.add(
                    8 * i,
                    0,
                    RecordKind.RECORD,
                    HintList.WHOLE,
                    key.set(random.nextLong(), random.nextLong(), 0, 0, 0, 0));
        }

        KeyFilter filter = KeyFilter.of(hints);

        for (int i = 0; i < KEYS; i++) {
            assertThat(filter.mayHold(hints.hint(i, key))).isTrue();
        }
        int wrong = 0;
        for (int i = 0; i < KEYS; i++) {
            wrong += filter.mayHold(key.set(random.nextLong(), random.nextLong(), 0, 0, 0, 0)) ? 1 : 0;
        }
        assertThat(wrong).isLessThan(KEYS * 3 / 100);
        assertThat(filter.bytes()).isLessThan(KEYS * 2);
    }

    @Test
    void shouldNotCountRemovals() {
        HintList hints = new HintList();
        RecordHint key = new RecordHint().set(1, 2, 0, 0, 0, 0);
        hints.add(48, 0, RecordKind.REMOVAL, HintList.WHOLE, key);

        assertThat(KeyFilter.of(hints).mayHold(key)).isFalse();
    }
}
