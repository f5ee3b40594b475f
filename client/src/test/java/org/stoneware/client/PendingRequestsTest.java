package org.stoneware.client;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.stoneware.api.session.SessionKey;

class PendingRequestsTest {
    private final PendingRequests pending = new PendingRequests();

    @Test
    void shouldConfirmWhatLiesBelowTheOldestChangeWithoutAnAnswer() {
        PendingRequest first = add(false);
        PendingRequest second = add(false);
        add(false);
        assertThat(pending.answeredBelow()).isEqualTo(first.id);

        pending.remove(second.id);
        assertThat(pending.answeredBelow()).isEqualTo(first.id);

        pending.remove(first.id);
        assertThat(pending.answeredBelow()).isEqualTo(3);
    }

    @Test
    void shouldNotBeHeldUpByARequestThatWaitsForAnOwner() {
        add(true);
        PendingRequest change = add(false);

        assertThat(pending.answeredBelow()).isEqualTo(change.id);
    }

    @Test
    void shouldNumberRequestsInTheOrderTheyAreSent() {
        PendingRequest encodedFirst = request(false);
        PendingRequest sentFirst = request(false);

        pending.add(sentFirst);
        pending.add(encodedFirst);

        assertThat(sentFirst.id).isLessThan(encodedFirst.id);
        assertThat(pending.takeUnsent()).isSameAs(sentFirst);
        assertThat(pending.takeUnsent()).isSameAs(encodedFirst);
        assertThat(pending.takeUnsent()).isNull();
    }

    @Test
    void shouldBeginAgainWithTheOldestOneThatIsStillWaitedFor() {
        PendingRequest answered = add(false);
        PendingRequest first = add(true);
        PendingRequest cancelled = add(false);
        PendingRequest last = add(false);
        pending.takeUnsent();
        pending.remove(answered.id);
        pending.takeUnsent();
        pending.remove(cancelled.id);

        pending.beginAgain();

        assertThat(pending.takeUnsent()).isSameAs(first);
        assertThat(pending.takeUnsent()).isSameAs(last);
        assertThat(pending.takeUnsent()).isNull();
        assertThat(pending.hasUnsent()).isFalse();
    }

    private PendingRequest add(boolean isOwnershipRequest) {
        PendingRequest request = request(isOwnershipRequest);
        pending.add(request);
        return request;
    }

    private static PendingRequest request(boolean isOwnershipRequest) {
        return new PendingRequest(SessionKey.of("shop", "S"), new byte[64], isOwnershipRequest, 1);
    }
}
