package org.stoneware.election;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableArrayBuffer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.spi.election.Election;
import org.stoneware.spi.election.ElectionContext;
import org.stoneware.spi.election.ElectionOutput;
import org.stoneware.spi.election.ElectionView;
import org.stoneware.spi.election.Evidence;
import org.stoneware.spi.election.FailoverPriority;
import org.stoneware.spi.election.HeldCopy;
import org.stoneware.voting.Ballot;
import org.stoneware.voting.Epoch;
import org.stoneware.voting.RegisterMessage;
import org.stoneware.voting.RegisterMessageCodec;
import org.stoneware.voting.RegisterValue;
import org.stoneware.voting.SavedRegister;
import org.stoneware.voting.VoterId;

/** Both servers are back and were in sync: what each found of the sessions decides who is active. */
class HeldCopyElectionTest {
    private static final long MS = 1_000_000;
    private static final VoterId SELF = new VoterId(1, 2);
    private static final VoterId PEER = new VoterId(3, 4);
    private static final long PEER_PROCESS = 7;
    private static final long EPOCH = Epoch.of(9, 0, SELF);
    private static final HeldCopy OWN = new HeldCopy(true, 9, 100, false);

    private final List<RegisterMessage> sent = new ArrayList<>();
    private final MemoryRegisters.MemoryStore store = new MemoryRegisters.MemoryStore(SELF);
    private final ExpandableArrayBuffer buffer = new ExpandableArrayBuffer();
    private FailoverPriority priority = FailoverPriority.availability(true);
    /** What the peer has accepted. */
    private RegisterValue known = both();

    private long nowNs;

    @BeforeEach
    void wereInSync() {
        store.force(new SavedRegister(SELF, 1, EPOCH, ballot(), ballot(), both(), false));
    }

    @Test
    void shouldLeadWhenTheOtherHoldsNoMore() {
        Election election = elect(OWN, new HeldCopy(true, 9, 99, false));

        assertThat(election.view().role()).isEqualTo(ServerRole.ACTIVE_COORDINATOR);
        assertThat(election.view().isUnclean()).isFalse();
    }

    @Test
    void shouldLetTheOtherLeadWhenThatHoldsNewerEntries() {
        assertThat(elect(OWN, new HeldCopy(true, 9, 101, false)).view().reason())
                .isEqualTo("waiting for Server2, which holds newer sessions");
        assertThat(elect(OWN, new HeldCopy(true, 10, 1, false)).view().role()).isEqualTo(ServerRole.START);
    }

    /** As after an exchange of stores: the configured mode is a temporary one. */
    @Test
    void shouldLetTheOtherLeadAlsoWhereUncleanPromotionIsAllowed() {
        priority = FailoverPriority.availability(false);
        Election election = elect(OWN, new HeldCopy(true, 9, 101, false));
        sent.clear();
        pass(election, 1_000);

        assertThat(election.view().reason()).isEqualTo("waiting for Server2, which holds newer sessions");
        assertThat(sent).as("asks no more").noneMatch(each -> each.type() == RegisterMessage.Type.PREPARE);
    }

    @Test
    void shouldLeadUncleanAfterElectionTimeWhenItsStoreIsGoneAndNobodyElseHeldAnything() {
        priority = FailoverPriority.availability(false);
        store.force(new SavedRegister(SELF, 1, EPOCH, ballot(), ballot(), value(inSync(0, SELF, 1)), true));
        Election election = open(HeldCopy.NOTHING);

        election.onEvidence(evidence(Evidence.Kind.REFUSED, 0), 0);
        pass(election, 12_000);

        assertThat(election.view().role()).isEqualTo(ServerRole.ACTIVE_COORDINATOR);
        assertThat(election.view().isUnclean()).isTrue();
    }

    @Test
    void shouldNotTrustSuspectTailOfTheOther() {
        assertThat(elect(OWN, new HeldCopy(true, 9, 500, true)).view().role()).isEqualTo(ServerRole.ACTIVE_COORDINATOR);
    }

    @Test
    void shouldLetTheOtherLeadWhenItsOwnTailIsSuspect() {
        Election election = elect(new HeldCopy(true, 9, 500, true), OWN);

        assertThat(election.view().role()).isEqualTo(ServerRole.START);
    }

    @Test
    void shouldLeadUncleanWhenBothAreSuspectAndItsCopyIsBest() {
        Election election = elect(new HeldCopy(true, 9, 500, true), new HeldCopy(true, 9, 499, true));

        assertThat(election.view().role()).isEqualTo(ServerRole.ACTIVE_COORDINATOR);
        assertThat(election.view().isUnclean()).isTrue();
    }

    @Test
    void shouldNeitherLeadNorWaitForNobodyWhenItsStoreIsGone() {
        Election election = elect(HeldCopy.NOTHING, OWN);

        assertThat(election.view().role()).isEqualTo(ServerRole.START);
        assertThat(election.view().reason()).contains("no whole copy of the sessions is here");
    }

    @Test
    void shouldWaitForTheOtherVisiblyWhenThatIsDown() {
        Election election = open(OWN);
        election.onEvidence(evidence(Evidence.Kind.REFUSED, 0), 0);
        pass(election, 60_000);

        assertThat(election.view().role()).isEqualTo(ServerRole.START);
        assertThat(election.view().reason()).isEqualTo("waiting for Server2, which may hold newer sessions");
        assertThat(election.forceActive("operator", nowNs)).isEmpty();
        assertThat(election.view().isUnclean()).isTrue();
    }

    @Test
    void shouldLeadAtOnceAndCleanWhenItAloneWasInSync() {
        store.force(new SavedRegister(SELF, 1, EPOCH, ballot(), ballot(), value(inSync(0, SELF, 1)), true));
        Election election = open(OWN);

        election.onEvidence(evidence(Evidence.Kind.REFUSED, 0), 0);
        pass(election, 100);

        assertThat(election.view().role()).isEqualTo(ServerRole.ACTIVE_COORDINATOR);
        assertThat(election.view().isUnclean()).isFalse();
    }

    @Test
    void shouldWaitForAnOperatorWhenItAloneHeldEverythingAndMayHaveLostSome() {
        store.force(new SavedRegister(SELF, 1, EPOCH, ballot(), ballot(), value(inSync(0, SELF, 1)), true));
        Election election = open(new HeldCopy(true, 9, 100, true));

        election.onEvidence(evidence(Evidence.Kind.REFUSED, 0), 0);
        pass(election, 60_000);

        assertThat(election.view().role()).isEqualTo(ServerRole.START);
        assertThat(election.view().reason()).contains("waiting for an operator", "may lack acknowledged changes");
        assertThat(election.forceActive("operator", nowNs)).isEmpty();
        assertThat(election.view().isUnclean()).isTrue();
    }

    @Test
    void shouldLeadUncleanAfterElectionTimeWhereThatIsAllowedThoughItAloneHeldEverythingAndMayHaveLostSome() {
        priority = FailoverPriority.availability(false);
        store.force(new SavedRegister(SELF, 1, EPOCH, ballot(), ballot(), value(inSync(0, SELF, 1)), true));
        Election election = open(new HeldCopy(true, 9, 100, true));

        election.onEvidence(evidence(Evidence.Kind.REFUSED, 0), 0);
        pass(election, 12_000);

        assertThat(election.view().role()).isEqualTo(ServerRole.ACTIVE_COORDINATOR);
        assertThat(election.view().isUnclean()).isTrue();
    }

    @Test
    void shouldWaitForAnOperatorAlsoWithAllVotesWhenItAloneHeldEverythingAndMayHaveLostSome() {
        priority = FailoverPriority.consistency(0, false);
        wasAlone();
        Election election = elect(new HeldCopy(true, 9, 100, true), HeldCopy.NOTHING);

        assertThat(election.view().role()).isEqualTo(ServerRole.START);
        assertThat(election.view().reason()).contains("waiting for an operator", "may lack acknowledged changes");
        assertThat(election.forceActive("operator", nowNs)).isEmpty();
        assertThat(election.view().role()).isEqualTo(ServerRole.ACTIVE_COORDINATOR);
    }

    @Test
    void shouldLeadWithAllVotesWhenItAloneHeldEverythingAndLostNothingOrMayLoseSome() {
        priority = FailoverPriority.consistency(0, false);
        wasAlone();
        ServerRole certain = elect(OWN, HeldCopy.NOTHING).view().role();
        priority = new FailoverPriority(true, 0, false, FailoverPriority.UncleanPromotion.AFTER_ELECTION_TIME);
        wasAlone();
        ServerRole allowed =
                elect(new HeldCopy(true, 9, 100, true), HeldCopy.NOTHING).view().role();

        assertThat(certain).isEqualTo(ServerRole.ACTIVE_COORDINATOR);
        assertThat(allowed).isEqualTo(ServerRole.ACTIVE_COORDINATOR);
    }

    private void wasAlone() {
        known = value(inSync(0, SELF, 1));
        store.force(new SavedRegister(SELF, 1, EPOCH, ballot(), ballot(), known, true));
    }

    /** Lets the peer answer every question as one that holds this. */
    private Election elect(HeldCopy own, HeldCopy other) {
        Election election = open(own);
        election.onEvidence(evidence(Evidence.Kind.HELLO, PEER_PROCESS), nowNs);
        for (int i = 0; i < 400; i++) {
            pass(election, 10);
            List<RegisterMessage> questions = List.copyOf(sent);
            sent.clear();
            for (RegisterMessage question : questions) {
                answer(election, question, other);
            }
        }
        return election;
    }

    private void answer(Election election, RegisterMessage question, HeldCopy other) {
        if (question.type() == RegisterMessage.Type.PREPARE) {
            deliver(
                    election,
                    new RegisterMessage(
                                    RegisterMessage.Type.PROMISE,
                                    PEER,
                                    PEER_PROCESS,
                                    question.ballot(),
                                    ballot(),
                                    known)
                            .withHeld(other));
        } else if (question.type() == RegisterMessage.Type.ACCEPT) {
            deliver(
                    election,
                    new RegisterMessage(
                            RegisterMessage.Type.ACCEPTED, PEER, PEER_PROCESS, question.ballot(), Ballot.NONE, null));
        }
    }

    private void deliver(Election election, RegisterMessage message) {
        election.onMessage(1, buffer, 0, RegisterMessageCodec.encode(message, buffer, 0), nowNs);
    }

    private void pass(Election election, long ms) {
        for (long left = ms; left > 0; left -= 10) {
            nowNs += 10 * MS;
            election.doWork(nowNs);
        }
    }

    private Election open(HeldCopy held) {
        nowNs = 0;
        sent.clear();
        ElectionContext context = new ElectionContext(
                0, List.of("Server1", "Server2"), 99, 5_000 * MS, Path.of("unused"), true, priority, held);
        return RegisterElectionProvider.open(context, new Output(), store);
    }

    private static Evidence evidence(Evidence.Kind kind, long process) {
        return new Evidence(kind, 1, process, ServerRole.START, 0, 0);
    }

    private static Ballot ballot() {
        return new Ballot(9, SELF);
    }

    private static RegisterValue both() {
        return value(inSync(0, SELF, 1), inSync(1, PEER, 2));
    }

    private static RegisterValue.InSync inSync(int id, VoterId identity, long process) {
        return new RegisterValue.InSync(id, identity, process);
    }

    private static RegisterValue value(RegisterValue.InSync... inSync) {
        return new RegisterValue(
                EPOCH,
                0,
                List.of(inSync),
                List.of(new RegisterValue.Voter(0, SELF), new RegisterValue.Voter(1, PEER)),
                0);
    }

    private final class Output implements ElectionOutput {
        @Override
        public void send(int memberId, DirectBuffer message, int offset, int length) {
            sent.add(RegisterMessageCodec.decode(message, offset, length));
        }

        @Override
        public void onView(ElectionView before, ElectionView now) {}
    }
}
