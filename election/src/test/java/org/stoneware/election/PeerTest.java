package org.stoneware.election;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.spi.election.Evidence;

class PeerTest {
    private static final long INCARNATION = 77;

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
}
