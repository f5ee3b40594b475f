package org.stoneware.client;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class LeaseRenewalsTest {
    private static final long MS = 1_000_000L;
    private final LeaseRenewals renewals = new LeaseRenewals(0);

    @Test
    void shouldRenewOftenWhileSessionsAreOwned() {
        renewals.send(10_000 * MS, 1);

        assertThat(renewals.isDue(10_099 * MS)).isFalse();
        assertThat(renewals.isDue(10_100 * MS)).isTrue();
    }

    @Test
    void shouldRenewRarelyWhenNothingIsOwnedOrAskedFor() {
        renewals.send(10_000 * MS, 0);

        assertThat(renewals.isDue(10_999 * MS)).isFalse();
        assertThat(renewals.isDue(11_000 * MS)).isTrue();
    }

    @Test
    void shouldAskForARenewalBeforeTheFirstRequestAfterAQuietTime() {
        assertThat(renewals.onRequest(10_000 * MS, 0)).isTrue();
        assertThat(renewals.onRequest(10_001 * MS, 0)).isFalse();
        assertThat(renewals.onRequest(20_000 * MS, 3)).isFalse();
    }

    @Test
    void shouldRememberOnlyLateRenewals() {
        long first = renewals.send(1, 1);
        for (int i = 0; i < 63; i++) {
            renewals.send(100 + i, 1);
        }

        assertThat(renewals.sentNs(first)).isEqualTo(1);
        renewals.send(500, 1);
        assertThat(renewals.sentNs(first)).isEqualTo(LeaseRenewals.UNKNOWN);
        assertThat(renewals.sentNs(first + 65)).isEqualTo(LeaseRenewals.UNKNOWN);
        assertThat(renewals.sentNs(0)).isEqualTo(LeaseRenewals.UNKNOWN);
    }
}
