package org.stoneware.election;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.spi.election.Evidence;

class PeerTest {
    private static final long INCARNATION = 77;
    private static final long MS = 1_000_000L;

    private final Peer peer = new Peer(1, "Server2");

    /** What membership tells of an end that answers at the peer's address and does not prove that it holds the array's key. */
    @Test
    void shouldLearnNothingButThatSomethingAnswersFromWhoDoesNotProveItself() {
        peer.start(0);
        peer.onEvidence(new Evidence(Evidence.Kind.HELLO, 1, INCARNATION, ServerRole.ACTIVE_COORDINATOR, 5, 0), 1);
        peer.onEvidence(new Evidence(Evidence.Kind.CLOSED, 1, INCARNATION, ServerRole.START, 0, 0), 2);

        peer.onEvidence(new Evidence(Evidence.Kind.HELLO, 1, 0, ServerRole.START, 0, 0), 3);

        assertThat(peer.epoch()).isEqualTo(5);
        assertThat(peer.role()).isEqualTo(ServerRole.ACTIVE_COORDINATOR);
        assertThat(peer.isProcess(INCARNATION)).isTrue();
        assertThat(peer.isTalking()).isTrue();
    }

    /** Its connection is there; the one that was tried the other way was refused before it ran, or is by a firewall. */
    @Test
    void shouldNotTakeARefusedConnectionForItsEndWhileItIsHeard() {
        peer.start(0);
        peer.onEvidence(new Evidence(Evidence.Kind.HELLO, 1, INCARNATION, ServerRole.START, 0, 0), MS);

        peer.onEvidence(attempt(Evidence.Kind.REFUSED), 34 * MS);

        assertThat(peer.isTalking()).isTrue();
    }

    /** Whoever is connected one way only may end without anything else being told of it. */
    @Test
    void shouldBelieveARefusedConnectionOnceNothingIsHeard() {
        peer.start(0);
        peer.onEvidence(new Evidence(Evidence.Kind.HELLO, 1, INCARNATION, ServerRole.START, 0, 0), MS);

        peer.onEvidence(attempt(Evidence.Kind.REFUSED), MS + peer.detectionNs());

        assertThat(peer.isTalking()).isFalse();
    }

    /** A cut link: the open connection ends when its silence ends it, and from then on the election time counts. */
    @Test
    void shouldNotTakeAConnectionWithoutAnswerForMoreThanSilence() {
        peer.start(0);
        peer.onEvidence(new Evidence(Evidence.Kind.HELLO, 1, INCARNATION, ServerRole.START, 0, 0), MS);

        peer.onEvidence(attempt(Evidence.Kind.UNREACHABLE), MS + peer.detectionNs());

        assertThat(peer.isTalking()).isTrue();
    }

    private static Evidence attempt(Evidence.Kind failure) {
        return new Evidence(failure, 1, 0, ServerRole.START, 0, 0);
    }
}
