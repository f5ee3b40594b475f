package org.stoneware.client;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class NamingRehearsalTest {
    @Test
    void shouldNameAllItsSessionsInEveryRound() {
        assertThat(NamingRehearsal.run()).isEqualTo(NamingRehearsal.SESSIONS);
    }
}
