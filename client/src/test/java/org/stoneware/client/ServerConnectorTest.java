package org.stoneware.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ServerConnectorTest {
    private static final long MS = 1_000_000;

    private final ServerConnector connector = new ServerConnector(List.of("s1", "s2"));
    private long nowMs;

    @Test
    void shouldTryAgainSoonAtFirstAndSeldomLater() {
        List<Long> rounds = new ArrayList<>();
        for (int round = 0; round < 8; round++) {
            await("s1");
            rounds.add(nowMs);
            await("s2");
        }

        assertThat(rounds.get(1)).isLessThan(100);
        assertThat(rounds.get(3)).isLessThan(400);
        assertThat(rounds.get(7) - rounds.get(6)).isBetween(250L, 300L);
    }

    @Test
    void shouldBeginWithShortPausesAgainOnceItHasBeenServed() {
        for (int round = 0; round < 8; round++) {
            await("s1");
            await("s2");
        }
        connector.onRegistered();
        await("s1");
        await("s2");
        long sinceMs = nowMs;

        await("s1");

        assertThat(nowMs - sinceMs).isLessThan(50);
    }

    /** It may have been elected and not be ready yet. */
    @Test
    void shouldDialOneThatSaysItIsActiveAgainAtOnceAndThenTheOthersToo() {
        connector.onClaim("s2", 5);
        await("s2");

        await("s2");

        assertThat(nowMs).isLessThan(10);
        await("s1");
        await("s2");
    }

    /** Lets time pass until the server is dialled, which does not answer. */
    private void await(String server) {
        String address = connector.nextAddress(nowMs * MS);
        while (address.isEmpty()) {
            nowMs++;
            address = connector.nextAddress(nowMs * MS);
        }
        assertThat(address).isEqualTo(server);
        connector.onFailed(nowMs * MS);
    }
}
