package org.stoneware.testkit.election;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.spi.election.Election;
import org.stoneware.spi.election.Evidence;

/** What every policy that elects by itself must pass besides. A subclass supplies the provider and nothing else. */
public abstract class SelfElectingContract extends ElectionContract {
    @Test
    void shouldBeActiveAtOnceWhenNothingListensAtTheOther() {
        try (SimulatedElectionNetwork network = network(2, 1, ElectionFaults.NONE)) {
            network.start(1);
            network.runFor(SimulatedElectionNetwork.ELECTION_TIME_NS / 4);

            assertThat(network.view(1).role()).isEqualTo(ServerRole.ACTIVE_COORDINATOR);
        }
    }

    @Test
    void shouldStandBesideAnActiveAfterARestart() {
        try (SimulatedElectionNetwork network = network(2, 1, ElectionFaults.NONE)) {
            network.start(1);
            network.runFor(SECOND_NS);
            network.start(0);
            network.runFor(SECOND_NS);
            network.crash(0);
            network.start(0);
            network.runFor(SECOND_NS);

            assertThat(network.activeId()).isEqualTo(1);
            assertThat(network.view(0).activeId()).isEqualTo(1);
            assertThat(network.mostActives()).isEqualTo(1);
        }
    }

    @Test
    void shouldRaiseTheEpochAtEveryPromotion() {
        try (SimulatedElectionNetwork network = network(2, 1, ElectionFaults.NONE)) {
            long last = 0;
            for (int round = 0; round < 4; round++) {
                int id = round % 2;
                network.start(id);
                // A server that has run before may give others the time to say that the other one is heard.
                network.runFor(4 * SECOND_NS);
                network.start(1 - id);
                network.runFor(SECOND_NS);

                assertThat(network.activeId()).isEqualTo(id);
                assertThat(network.view(id).epoch()).isGreaterThan(last);
                last = network.view(id).epoch();
                network.stop(1 - id);
                network.crash(id);
            }
        }
    }

    @Test
    void shouldGiveUpTheLowerEpochWhenASplitHeals() {
        try (SimulatedElectionNetwork network = network(2, 1, ElectionFaults.NONE)) {
            network.start(0);
            network.start(1);
            network.runFor(SECOND_NS);
            network.cut(0, 1);
            network.runFor(3 * SECOND_NS);
            int winner = network.view(0).epoch() > network.view(1).epoch() ? 0 : 1;
            assertThat(network.mostActives()).isEqualTo(2);
            network.heal(0, 1);
            network.runFor(SECOND_NS);

            network.assertOneActive();
            assertThat(network.activeId()).isEqualTo(winner);
        }
    }

    @Test
    void shouldIgnoreDamagedMessages() {
        List<byte[]> sent = new ArrayList<>();
        try (Election sender = open("sender", 11, new Recorder(sent))) {
            sender.onEvidence(hello(ServerRole.START, 0), 0);
            sender.doWork(0);
        }
        SplittableRandom random = new SplittableRandom(7);
        try (Election election = open("receiver", 12, new Recorder(new ArrayList<>()))) {
            for (byte[] message : sent) {
                for (int length = 0; length < message.length; length++) {
                    election.onMessage(1, new UnsafeBuffer(message), 0, length, 0);
                }
                byte[] damaged = message.clone();
                damaged[random.nextInt(2)] ^= (byte) 0x80;
                election.onMessage(1, new UnsafeBuffer(damaged), 0, damaged.length, 0);
            }

            assertThat(sent).isNotEmpty();
            assertThat(election.view().role()).isEqualTo(ServerRole.START);
        }
    }

    @Test
    void shouldTakeSilenceOverAnOwnStallForNothing() {
        try (Election election = open("stalled", 11, new Recorder(new ArrayList<>()))) {
            long electionTimeNs = SimulatedElectionNetwork.ELECTION_TIME_NS;
            election.onEvidence(hello(ServerRole.START, 0), 0);
            election.onEvidence(new Evidence(Evidence.Kind.SILENT, 1, 5, ServerRole.START, 0, 1), 1);
            election.onEvidence(
                    new Evidence(Evidence.Kind.LOCAL_STALL, 0, 0, ServerRole.START, 0, electionTimeNs),
                    electionTimeNs + 1);
            election.doWork(electionTimeNs + 1);
            ServerRole afterStall = election.view().role();
            election.doWork(2 * electionTimeNs + 2);

            assertThat(afterStall).isEqualTo(ServerRole.START);
            assertThat(election.view().role()).isEqualTo(ServerRole.ACTIVE_COORDINATOR);
        }
    }
}
