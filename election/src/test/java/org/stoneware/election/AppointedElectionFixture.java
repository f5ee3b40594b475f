package org.stoneware.election;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.spi.election.ElectionContext;
import org.stoneware.spi.election.ElectionOutput;
import org.stoneware.spi.election.ElectionView;
import org.stoneware.spi.election.Evidence;
import org.stoneware.spi.election.FailoverPriority;
import org.stoneware.spi.election.HeldCopy;
import org.stoneware.spi.election.InSyncSet;
import org.stoneware.voting.Ballot;
import org.stoneware.voting.MemoryElectionStore;
import org.stoneware.voting.RegisterAcceptor;
import org.stoneware.voting.RegisterMessage;
import org.stoneware.voting.RegisterMessageCodec;
import org.stoneware.voting.RegisterValue;
import org.stoneware.voting.VoterId;

/** One of two servers of which an operator appoints one; the other is played by the test. */
abstract class AppointedElectionFixture {
    static final long MS = 1_000_000L;
    static final long PEER_PROCESS = 7;
    static final long PEER_EPOCH = 5L << 22;
    static final VoterId SELF = new VoterId(1, 2);
    static final VoterId PEER = new VoterId(3, 4);

    final MemoryElectionStore store = new MemoryElectionStore(SELF);
    final List<InSyncSet> told = new ArrayList<>();
    final List<RegisterMessage> sent = new ArrayList<>();
    /** How often Tomcats were asked. */
    int questions;

    static Evidence heartbeat(ServerRole role, long epoch) {
        return new Evidence(Evidence.Kind.HEARTBEAT, 0, PEER_PROCESS, role, epoch, 0);
    }

    static RegisterMessage message(RegisterMessage.Type type, Ballot ballot, RegisterValue value) {
        return new RegisterMessage(type, PEER, PEER_PROCESS, ballot, Ballot.NONE, value);
    }

    static void deliver(AppointedElection to, RegisterMessage message, long nowNs) {
        deliver(to, 0, message, nowNs);
    }

    static void deliver(AppointedElection to, int senderId, RegisterMessage message, long nowNs) {
        UnsafeBuffer bytes = bytes(message);
        to.onMessage(senderId, bytes, 0, bytes.capacity(), nowNs);
    }

    static UnsafeBuffer bytes(RegisterMessage message) {
        UnsafeBuffer buffer = new UnsafeBuffer(new byte[RegisterMessageCodec.MAX_LENGTH]);
        return new UnsafeBuffer(buffer, 0, RegisterMessageCodec.encode(message, buffer, 0));
    }

    RegisterMessage lastSent() {
        return sent.get(sent.size() - 1);
    }

    AppointedElection standby() {
        AppointedElection election = open(1, 99);
        election.onEvidence(hello(), 0);
        addAsStandby(election, new Ballot(6, PEER), 0);
        assertThat(election.view().role()).isEqualTo(ServerRole.PASSIVE_STANDBY);
        return election;
    }

    static void addAsStandby(AppointedElection election, Ballot ballot, long nowNs) {
        RegisterValue value = new RegisterValue(
                PEER_EPOCH,
                0,
                List.of(new RegisterValue.InSync(0, PEER, PEER_PROCESS), new RegisterValue.InSync(1, SELF, 99)),
                List.of(new RegisterValue.Voter(0, PEER)),
                0);
        deliver(election, message(RegisterMessage.Type.ACCEPT, ballot, value), nowNs);
    }

    static Evidence silent(long ms) {
        return new Evidence(Evidence.Kind.SILENT, 0, PEER_PROCESS, ServerRole.START, 0, ms * MS);
    }

    AppointedElection open(int selfId, long incarnation) {
        return open(selfId, incarnation, new HeldCopy(true, 0, 0, false));
    }

    AppointedElection open(int selfId, long incarnation, HeldCopy held) {
        return new AppointedElection(
                new ElectionContext(
                        selfId,
                        List.of("Server1", "Server2"),
                        incarnation,
                        5_000 * MS,
                        Path.of("unused"),
                        true,
                        FailoverPriority.availability(true),
                        held),
                new Output(),
                new RegisterAcceptor(store));
    }

    static Evidence hello() {
        return new Evidence(Evidence.Kind.HELLO, 0, PEER_PROCESS, ServerRole.ACTIVE_COORDINATOR, PEER_EPOCH, 0);
    }

    static Evidence refused(int memberId) {
        return new Evidence(Evidence.Kind.REFUSED, memberId, 0, ServerRole.START, 0, 0);
    }

    final class Output implements ElectionOutput {
        @Override
        public void send(int memberId, DirectBuffer buffer, int offset, int length) {
            sent.add(Objects.requireNonNull(RegisterMessageCodec.decode(buffer, offset, length)));
        }

        @Override
        public void onView(ElectionView before, ElectionView now) {}

        @Override
        public void askWitnesses(int memberId) {
            questions++;
        }

        @Override
        public void onInSync(InSyncSet inSync) {
            told.add(inSync);
        }
    }
}
