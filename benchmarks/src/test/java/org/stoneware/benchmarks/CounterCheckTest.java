package org.stoneware.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class CounterCheckTest {
    private final CounterCheck check = new CounterCheck(3);

    @Test
    void shouldAcceptCountersThatRiseByOne() {
        for (int i = 40; i < 60; i++) {
            check.onCounter(i, "A");
        }

        assertThat(check.lostUpdates() + check.lostSessions() + check.doubled() + check.uncertain())
                .isZero();
    }

    @Test
    void shouldSeeLostUpdate() {
        check.onCounter(5, "A");
        check.onCounter(5, "A");

        assertThat(check.lostUpdates()).isEqualTo(1);
        assertThat(check.examples()).containsExactly("update lost: user=3 expected=6 counter=5");
    }

    @Test
    void shouldSeeDoubledUpdate() {
        check.onCounter(5, "A");
        check.onCounter(7, "A");

        assertThat(check.doubled()).isEqualTo(1);
    }

    @Test
    void shouldSeeLostSessionEvenIfItsCounterFits() {
        check.onCounter(5, "A");
        check.onCounter(6, "B");

        assertThat(check.lostSessions()).isEqualTo(1);
    }

    @Test
    void shouldAllowUnansweredRequestsToHaveBeenCounted() {
        check.onCounter(5, "A");
        check.onFailure();
        check.onFailure();
        check.onCounter(8, "A");
        check.onCounter(9, "A");

        assertThat(check.uncertain()).isEqualTo(1);
        assertThat(check.doubled() + check.lostUpdates()).isZero();
    }

    @Test
    void shouldNotExcuseMoreThanTheUnansweredRequestsExplain() {
        check.onCounter(5, "A");
        check.onFailure();
        check.onCounter(8, "A");
        check.onCounter(10, "A");

        assertThat(check.doubled()).isEqualTo(2);
    }

    @Test
    void shouldNotExcuseLostUpdateByFailure() {
        check.onCounter(5, "A");
        check.onFailure();
        check.onCounter(5, "A");

        assertThat(check.lostUpdates()).isEqualTo(1);
    }
}
