package org.stoneware.election;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.spi.election.Election;
import org.stoneware.spi.election.ElectionContext;
import org.stoneware.spi.election.ElectionOutput;
import org.stoneware.spi.election.ElectionView;
import org.stoneware.spi.election.Evidence;
import org.stoneware.spi.election.InSyncSet;
import org.stoneware.voting.Ballot;
import org.stoneware.voting.RegisterMessage;
import org.stoneware.voting.RegisterMessageCodec;
import org.stoneware.voting.RegisterValue;
import org.stoneware.voting.SavedRegister;
import org.stoneware.voting.VoterId;

/** One server of a pair, the second in the file; the other is played by the test. */
abstract class PairElectionFixture {
    static final long MS = 1_000_000L;
    static final long SELF_PROCESS = 99;
    static final long PEER_PROCESS = 7;
    static final long PEER_EPOCH = 5L << 22;
    static final VoterId SELF = new VoterId(1, 2);
    static final VoterId PEER = new VoterId(3, 4);
    static final Ballot ADDED = new Ballot(6, PEER);

    final List<RegisterMessage> sent = new ArrayList<>();
    final List<InSyncSet> told = new ArrayList<>();
    final List<SavedRegister> forcedWhenTold = new ArrayList<>();
    final MemoryRegisters.MemoryStore store = new MemoryRegisters.MemoryStore(SELF);
    final Election election = RegisterElectionProvider.open(
            new ElectionContext(1, List.of("Server1", "Server2"), SELF_PROCESS, 5_000 * MS, Path.of("unused"), false),
            new Output(),
            store);
    int questions;

    void pairSaysItIsStandby(long ms) {
        election.onEvidence(
                new Evidence(
                        Evidence.Kind.HEARTBEAT,
                        0,
                        PEER_PROCESS,
                        ServerRole.PASSIVE_STANDBY,
                        election.view().epoch(),
                        0),
                ms * MS);
    }

    void becomeStandby() {
        hear(Evidence.Kind.HELLO, PEER_PROCESS, 0);
        deliver(accept(ADDED, new RegisterValue.InSync(1, SELF, SELF_PROCESS)), 0);
    }

    void becomeActive() {
        hear(Evidence.Kind.REFUSED, 0, 0);
        election.onEvidence(
                new Evidence(
                        Evidence.Kind.HELLO,
                        0,
                        PEER_PROCESS,
                        ServerRole.PASSIVE_UNINITIALIZED,
                        election.view().epoch(),
                        0),
                0);
        sent.clear();
    }

    void becomeActiveOfPair() {
        becomeActive();
        election.requestAddPeer(0, PEER_PROCESS, MS);
        deliver(bare(RegisterMessage.Type.ALIVE), 2 * MS);
        deliver(answer(RegisterMessage.Type.ACCEPTED, PEER_PROCESS, last().ballot()), 3 * MS);
    }

    RegisterMessage last() {
        return sent.get(sent.size() - 1);
    }

    InSyncSet alone() {
        return new InSyncSet(election.view().epoch(), List.of(new InSyncSet.Member(1, SELF_PROCESS)));
    }

    static List<RegisterValue.InSync> inSyncOf(SavedRegister register) {
        return Objects.requireNonNull(register.acceptedValue()).inSync();
    }

    void hear(Evidence.Kind kind, long incarnation, long nowNs) {
        ServerRole role = kind == Evidence.Kind.HELLO || kind == Evidence.Kind.HEARTBEAT
                ? ServerRole.ACTIVE_COORDINATOR
                : ServerRole.START;
        election.onEvidence(new Evidence(kind, 0, incarnation, role, PEER_EPOCH, 0), nowNs);
    }

    static RegisterValue value(RegisterValue.InSync... standbys) {
        List<RegisterValue.InSync> inSync = new ArrayList<>(List.of(new RegisterValue.InSync(0, PEER, PEER_PROCESS)));
        inSync.addAll(List.of(standbys));
        return new RegisterValue(PEER_EPOCH, 0, inSync, List.of(new RegisterValue.Voter(0, PEER)), 0);
    }

    static RegisterMessage accept(Ballot ballot, RegisterValue.InSync... standbys) {
        return new RegisterMessage(
                RegisterMessage.Type.ACCEPT, PEER, PEER_PROCESS, ballot, Ballot.NONE, value(standbys));
    }

    static RegisterMessage answer(RegisterMessage.Type type, long incarnation, Ballot ballot) {
        return new RegisterMessage(type, PEER, incarnation, ballot, Ballot.NONE, null);
    }

    static RegisterMessage bare(RegisterMessage.Type type) {
        return answer(type, PEER_PROCESS, new Ballot(1, PEER));
    }

    void deliver(RegisterMessage message, long nowNs) {
        UnsafeBuffer buffer = new UnsafeBuffer(new byte[RegisterMessageCodec.MAX_LENGTH]);
        election.onMessage(0, buffer, 0, RegisterMessageCodec.encode(message, buffer, 0), nowNs);
    }

    final class Output implements ElectionOutput {
        @Override
        public void send(int memberId, DirectBuffer buffer, int offset, int length) {
            sent.add(RegisterMessageCodec.decode(buffer, offset, length));
        }

        @Override
        public void onView(ElectionView before, ElectionView now) {}

        @Override
        public void onInSync(InSyncSet inSync) {
            told.add(inSync);
            forcedWhenTold.add(store.load());
        }

        @Override
        public void askWitnesses(int memberId) {
            questions++;
        }
    }
}
