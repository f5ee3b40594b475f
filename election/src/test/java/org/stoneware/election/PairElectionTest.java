package org.stoneware.election;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.spi.election.Evidence;
import org.stoneware.spi.election.InSyncSet;
import org.stoneware.voting.Ballot;
import org.stoneware.voting.RegisterMessage;
import org.stoneware.voting.RegisterValue;

/** One server of a pair, the second in the file; the other is played by the test. */
class PairElectionTest extends PairElectionFixture {
    @Test
    void shouldBecomeStandbyWhenTheActiveHasItAcceptTheSet() {
        becomeStandby();

        assertThat(election.view().role()).isEqualTo(ServerRole.PASSIVE_STANDBY);
        assertThat(sent).extracting(RegisterMessage::type).containsExactly(RegisterMessage.Type.ACCEPTED);
        assertThat(store.load().acceptedBallot()).isEqualTo(ADDED);
    }

    @Test
    void shouldNotBeStandbyForASetThatNamesAnotherProcessOfIt() {
        hear(Evidence.Kind.HELLO, PEER_PROCESS, 0);
        deliver(accept(ADDED, new RegisterValue.InSync(1, SELF, SELF_PROCESS - 1)), 0);

        assertThat(election.view().role()).isEqualTo(ServerRole.PASSIVE_UNINITIALIZED);
    }

    @Test
    void shouldTakeOverAtOnceWhenTheKernelOfTheActiveClosesAndRefuses() {
        becomeStandby();
        hear(Evidence.Kind.CLOSED, PEER_PROCESS, MS);
        ServerRole afterClose = election.view().role();
        hear(Evidence.Kind.REFUSED, 0, 2 * MS);

        assertThat(afterClose).isEqualTo(ServerRole.PASSIVE_STANDBY);
        assertThat(election.view().role()).isEqualTo(ServerRole.ACTIVE_COORDINATOR);
        assertThat(election.view().epoch()).isGreaterThan(PEER_EPOCH);
        assertThat(told).containsExactly(alone());
    }

    @Test
    void shouldWaitForTheDiskOnceWhenItTakesOverAndNobodyElseIsAsked() {
        becomeStandby();
        int before = store.forces();
        hear(Evidence.Kind.CLOSED, PEER_PROCESS, MS);
        hear(Evidence.Kind.REFUSED, 0, 2 * MS);

        assertThat(election.view().role()).isEqualTo(ServerRole.ACTIVE_COORDINATOR);
        assertThat(store.forces() - before).isEqualTo(1);
        assertThat(store.load().promised()).isEqualTo(store.load().acceptedBallot());
    }

    @Test
    void shouldNotTakeOverWhenATomcatHasHeardTheActiveSince() {
        becomeStandby();
        election.onEvidence(Evidence.ofWitnesses(Evidence.Kind.WITNESSES, 0, 2), MS);
        hear(Evidence.Kind.CLOSED, PEER_PROCESS, MS);
        election.onEvidence(Evidence.ofWitnesses(Evidence.Kind.WITNESS_ALIVE, 0, 1), 2 * MS);
        hear(Evidence.Kind.REFUSED, 0, 3 * MS);
        election.doWork(60 * MS);

        assertThat(questions).isEqualTo(1);
        assertThat(election.view().role()).isEqualTo(ServerRole.PASSIVE_STANDBY);
    }

    @Test
    void shouldTakeOverWhenANewProcessOfTheActiveSaysHello() {
        becomeStandby();
        election.onEvidence(
                new Evidence(Evidence.Kind.HELLO, 0, PEER_PROCESS + 1, ServerRole.START, PEER_EPOCH, 0), MS);
        RegisterMessage prepare = last();
        deliver(answer(RegisterMessage.Type.PROMISE, PEER_PROCESS + 1, prepare.ballot()), 2 * MS);
        deliver(answer(RegisterMessage.Type.ACCEPTED, PEER_PROCESS + 1, prepare.ballot()), 3 * MS);

        assertThat(prepare.type()).isEqualTo(RegisterMessage.Type.PREPARE);
        assertThat(election.view().role()).isEqualTo(ServerRole.ACTIVE_COORDINATOR);
    }

    @Test
    void shouldLetGoWhenTheNewProcessKnowsThatItWasDropped() {
        becomeStandby();
        election.onEvidence(
                new Evidence(Evidence.Kind.HELLO, 0, PEER_PROCESS + 1, ServerRole.START, PEER_EPOCH, 0), MS);
        RegisterValue dropped = value();
        deliver(
                new RegisterMessage(
                        RegisterMessage.Type.PROMISE,
                        PEER,
                        PEER_PROCESS + 1,
                        last().ballot(),
                        new Ballot(7, PEER),
                        dropped),
                2 * MS);

        assertThat(election.view().role()).isEqualTo(ServerRole.PASSIVE_UNINITIALIZED);
    }

    @Test
    void shouldTakeSilenceForDeathOnlyWhenATomcatCanBeReachedThatDoesNotHearTheActive() {
        becomeStandby();
        election.onEvidence(Evidence.ofWitnesses(Evidence.Kind.WITNESSES, 0, 2), MS);
        hear(Evidence.Kind.SILENT, PEER_PROCESS, 600 * MS);
        election.doWork(700 * MS);
        ServerRole whenNobodyAnswers = election.view().role();
        election.onEvidence(Evidence.ofWitnesses(Evidence.Kind.WITNESS_DEAD, 0, 1), 701 * MS);
        election.doWork(730 * MS);
        ServerRole whileTheOtherMayAnswer = election.view().role();
        election.doWork(801 * MS);
        election.onEvidence(Evidence.ofWitnesses(Evidence.Kind.WITNESS_DEAD, 0, 1), 810 * MS);
        election.doWork(830 * MS);

        assertThat(whenNobodyAnswers).isEqualTo(ServerRole.PASSIVE_STANDBY);
        assertThat(whileTheOtherMayAnswer).isEqualTo(ServerRole.PASSIVE_STANDBY);
        assertThat(election.view().role()).isEqualTo(ServerRole.ACTIVE_COORDINATOR);
        assertThat(election.view().reason()).contains("silent");
    }

    @Test
    void shouldTakeOverForSilenceAgainSoonerWhenTomcatsConfirmIt() {
        takeOverAgain(2);

        assertThat(election.view().role()).isEqualTo(ServerRole.ACTIVE_COORDINATOR);
    }

    @Test
    void shouldNotTakeOverForSilenceAgainSoonWithoutATomcatToAsk() {
        takeOverAgain(0);

        assertThat(election.view().role()).isEqualTo(ServerRole.PASSIVE_STANDBY);
    }

    /** The active takes its role from this server after a silence, and is silent itself from the third second on. */
    private void takeOverAgain(int tomcats) {
        becomeActive();
        long epoch = election.view().epoch() + (1L << 22);
        election.onEvidence(Evidence.ofWitnesses(Evidence.Kind.WITNESSES, 0, tomcats), MS);
        active(Evidence.Kind.HELLO, epoch, 10 * MS);
        election.doWork(11 * MS);
        RegisterValue value = new RegisterValue(
                epoch,
                0,
                List.of(
                        new RegisterValue.InSync(0, PEER, PEER_PROCESS),
                        new RegisterValue.InSync(1, SELF, SELF_PROCESS)),
                List.of(new RegisterValue.Voter(0, PEER)),
                0);
        deliver(
                new RegisterMessage(
                        RegisterMessage.Type.ACCEPT, PEER, PEER_PROCESS, new Ballot(500, PEER), Ballot.NONE, value),
                20 * MS);
        active(Evidence.Kind.HEARTBEAT, epoch, 3_000 * MS);
        assertThat(election.view().role()).isEqualTo(ServerRole.PASSIVE_STANDBY);
        hear(Evidence.Kind.SILENT, PEER_PROCESS, 3_600 * MS);
        for (long ms = 3_700; ms <= 5_400; ms += 100) {
            election.doWork(ms * MS);
            if (tomcats > 0) {
                election.onEvidence(Evidence.ofWitnesses(Evidence.Kind.WITNESS_DEAD, 0, tomcats), ms * MS + MS);
            }
            ServerRole role = election.view().role();
            assertThat(ms >= 5_000 || role == ServerRole.PASSIVE_STANDBY)
                    .as("role after %d ms", ms)
                    .isTrue();
        }
    }

    private void active(Evidence.Kind kind, long epoch, long nowNs) {
        election.onEvidence(new Evidence(kind, 0, PEER_PROCESS, ServerRole.ACTIVE_COORDINATOR, epoch, 0), nowNs);
    }

    @Test
    void shouldNotTakeAGoodbyeForDeath() {
        becomeStandby();
        hear(Evidence.Kind.GOODBYE, PEER_PROCESS, MS);
        hear(Evidence.Kind.CLOSED, PEER_PROCESS, MS);
        hear(Evidence.Kind.REFUSED, 0, 2 * MS);
        election.doWork(4_999 * MS);
        ServerRole before = election.view().role();
        election.doWork(5_010 * MS);

        assertThat(before).isEqualTo(ServerRole.PASSIVE_STANDBY);
        assertThat(election.view().role()).isEqualTo(ServerRole.ACTIVE_COORDINATOR);
    }

    @Test
    void shouldAskOnceMoreAfterAnOwnStallBeforeItTakesOver() {
        becomeStandby();
        hear(Evidence.Kind.SILENT, PEER_PROCESS, 450 * MS);
        election.onEvidence(new Evidence(Evidence.Kind.LOCAL_STALL, 1, 0, ServerRole.START, 0, 300 * MS), 750 * MS);
        election.doWork(799 * MS);
        ServerRole stallTakenOut = election.view().role();
        election.doWork(810 * MS);
        RegisterMessage probe = last();
        election.doWork(959 * MS);
        ServerRole whileProving = election.view().role();
        election.doWork(961 * MS);

        assertThat(stallTakenOut).isEqualTo(ServerRole.PASSIVE_STANDBY);
        assertThat(probe.type()).isEqualTo(RegisterMessage.Type.PROBE);
        assertThat(whileProving).isEqualTo(ServerRole.PASSIVE_STANDBY);
        assertThat(election.view().role()).isEqualTo(ServerRole.ACTIVE_COORDINATOR);
    }

    @Test
    void shouldNotAskOnceMoreWhenTheActiveWasHeardAfterTheStall() {
        becomeStandby();
        election.onEvidence(new Evidence(Evidence.Kind.LOCAL_STALL, 1, 0, ServerRole.START, 0, 300 * MS), 300 * MS);
        hear(Evidence.Kind.HEARTBEAT, PEER_PROCESS, 400 * MS);
        hear(Evidence.Kind.SILENT, PEER_PROCESS, 910 * MS);
        election.doWork(910 * MS);

        assertThat(election.view().role()).isEqualTo(ServerRole.ACTIVE_COORDINATOR);
    }

    /** The liveness thread and the agent run side by side; the former may have stood still since it told of the silence. */
    @Test
    void shouldTakeNoLongerSilenceForDeathThanWhoListensHasTold() {
        becomeStandby();
        silentFor(450, 500);
        election.doWork(2_000 * MS);
        ServerRole untilTold = election.view().role();
        silentFor(500, 2_050);
        election.doWork(2_050 * MS);

        assertThat(untilTold).isEqualTo(ServerRole.PASSIVE_STANDBY);
        assertThat(election.view().role()).isEqualTo(ServerRole.ACTIVE_COORDINATOR);
    }

    /** Behind what has been read of a queue there may be a heartbeat. */
    @Test
    void shouldJudgeSilenceOnlyWhenEverythingIsRead() {
        becomeStandby();
        silentFor(600, 600);
        ServerRole unread = election.view().role();
        hear(Evidence.Kind.HEARTBEAT, PEER_PROCESS, 600 * MS);
        election.doWork(600 * MS);

        assertThat(unread).isEqualTo(ServerRole.PASSIVE_STANDBY);
        assertThat(election.view().role()).isEqualTo(ServerRole.PASSIVE_STANDBY);
    }

    private void silentFor(long toldMs, long nowMs) {
        election.onEvidence(
                new Evidence(Evidence.Kind.SILENT, 0, PEER_PROCESS, ServerRole.START, 0, toldMs * MS), nowMs * MS);
    }

    @Test
    void shouldTakeOverWhenTheActiveHandsItsRoleOver() {
        becomeStandby();
        RegisterValue value = value(new RegisterValue.InSync(1, SELF, SELF_PROCESS));
        deliver(new RegisterMessage(RegisterMessage.Type.LEAVING, PEER, PEER_PROCESS, ADDED, Ballot.NONE, value), MS);

        assertThat(election.view().role()).isEqualTo(ServerRole.ACTIVE_COORDINATOR);
        assertThat(election.view().reason()).isEqualTo("took over from Server1");
    }

    @Test
    void shouldLetGoOfTheRoleWhenItIsDropped() {
        becomeStandby();
        deliver(accept(new Ballot(7, PEER)), MS);
        hear(Evidence.Kind.CLOSED, PEER_PROCESS, 2 * MS);
        hear(Evidence.Kind.REFUSED, 0, 3 * MS);

        assertThat(last().type()).isEqualTo(RegisterMessage.Type.ACCEPTED);
        assertThat(election.view().role()).isEqualTo(ServerRole.PASSIVE_UNINITIALIZED);
    }

    @Test
    void shouldTellTheLargerSetWhenBothHaveForcedIt() {
        becomeActiveOfPair();

        assertThat(told.get(told.size() - 1).contains(0, PEER_PROCESS)).isTrue();
        assertThat(inSyncOf(forcedWhenTold.get(told.size() - 1))).hasSize(2);
        assertThat(told.get(told.size() - 1).epoch()).isEqualTo(election.view().epoch());
    }

    @Test
    void shouldNotAddAProcessThatDoesNotRun() {
        becomeActive();

        assertThat(election.requestAddPeer(0, PEER_PROCESS + 1, MS)).isFalse();
        assertThat(sent).isEmpty();
    }

    @Test
    void shouldBeToldToGoOnAloneWhenTheNewStandbyDoesNotAnswer() {
        becomeActive();
        election.requestAddPeer(0, PEER_PROCESS, MS);
        deliver(bare(RegisterMessage.Type.ALIVE), 2 * MS);
        election.doWork(600 * MS);
        int early = told.size();
        election.doWork(1_200 * MS);

        assertThat(early).isEqualTo(1);
        assertThat(told).hasSize(2).endsWith(alone());
    }

    @Test
    void shouldForceThatItIsAloneBeforeItGoesOnWithoutAStandbyThatEnded() {
        becomeActiveOfPair();
        hear(Evidence.Kind.CLOSED, PEER_PROCESS, 10 * MS);
        hear(Evidence.Kind.REFUSED, 0, 11 * MS);

        assertThat(told).endsWith(alone());
        assertThat(inSyncOf(forcedWhenTold.get(told.size() - 1))).hasSize(1);
    }

    @Test
    void shouldWaitForASlowStandbyToLetGoBeforeItGoesOnAlone() {
        becomeActiveOfPair();
        boolean isOnItsWay = election.requestDropPeer(0, "too slow", 10 * MS);
        InSyncSet before = told.get(told.size() - 1);
        deliver(answer(RegisterMessage.Type.ACCEPTED, PEER_PROCESS, last().ballot()), 12 * MS);

        assertThat(isOnItsWay).isTrue();
        assertThat(before.members()).hasSize(2);
        assertThat(told).endsWith(alone());
    }

    @Test
    void shouldHandTheRoleOverWhenItIsStopped() {
        becomeActiveOfPair();
        election.onStop(10 * MS);

        assertThat(last().type()).isEqualTo(RegisterMessage.Type.LEAVING);
        assertThat(election.view().role()).isEqualTo(ServerRole.STOPPED);
    }

    @Test
    void shouldTakeTheDropOfItsStandbyBackBeforeItStops() {
        becomeActiveOfPair();
        election.requestDropPeer(0, "too slow", 10 * MS);
        boolean isReadyAtOnce = election.prepareStop(true, 11 * MS);
        deliver(answer(RegisterMessage.Type.ACCEPTED, PEER_PROCESS, last().ballot()), 12 * MS);
        boolean isReady = election.prepareStop(true, 13 * MS);
        election.onStop(14 * MS);

        assertThat(isReadyAtOnce).isFalse();
        assertThat(isReady).isTrue();
        assertThat(told.get(told.size() - 1).contains(0, PEER_PROCESS)).isTrue();
        assertThat(last().type()).isEqualTo(RegisterMessage.Type.LEAVING);
        assertThat(Objects.requireNonNull(last().value()).inSync()).hasSize(2);
    }

    @Test
    void shouldFinishTheDropOfAStandbyThatLacksSomethingBeforeItStops() {
        becomeActiveOfPair();
        election.requestDropPeer(0, "came back without what it held", 10 * MS);
        boolean isReadyAtOnce = election.prepareStop(false, 11 * MS);
        deliver(answer(RegisterMessage.Type.ACCEPTED, PEER_PROCESS, last().ballot()), 12 * MS);

        assertThat(isReadyAtOnce).isFalse();
        assertThat(election.prepareStop(false, 13 * MS)).isTrue();
        assertThat(told).endsWith(alone());
    }

    @Test
    void shouldTellTheStandbyItHandsOverToThatItLeaves() {
        becomeActiveOfPair();
        pairSaysItIsStandby(4);
        election.requestHandOver(10 * MS);
        election.onStop(20 * MS);

        assertThat(last().type()).isEqualTo(RegisterMessage.Type.LEAVING);
    }

    @Test
    void shouldDropAStandbyThatEndsAlsoWhenItIsAboutToStop() {
        becomeActiveOfPair();
        election.prepareStop(true, 10 * MS);
        hear(Evidence.Kind.CLOSED, PEER_PROCESS, 11 * MS);
        hear(Evidence.Kind.REFUSED, 0, 12 * MS);

        assertThat(told).endsWith(alone());
    }

    @Test
    void shouldDropNobodyForSilenceAnyMoreWhenItIsAboutToStop() {
        becomeActiveOfPair();
        boolean isReady = election.prepareStop(true, 10 * MS);
        hear(Evidence.Kind.SILENT, PEER_PROCESS, 600 * MS);
        election.doWork(1_200 * MS);

        assertThat(isReady).isTrue();
        assertThat(inSyncOf(store.load())).hasSize(2);
    }

    @Test
    void shouldGiveItsRoleToTheStandbyOnRequest() {
        becomeActiveOfPair();
        pairSaysItIsStandby(4);
        long before = election.view().epoch();
        boolean isHandedOver = election.requestHandOver(10 * MS);
        election.doWork(20 * MS);

        assertThat(isHandedOver).isTrue();
        assertThat(election.view().role()).isEqualTo(ServerRole.PASSIVE_UNINITIALIZED);
        assertThat(election.view().epoch()).isGreaterThan(before);
        assertThat(election.view().reason()).isEqualTo("waiting for Server1, which is standby, to take over");
    }

    @Test
    void shouldNotGiveItsRoleAwayWithoutAStandby() {
        becomeActive();

        assertThat(election.requestHandOver(10 * MS)).isFalse();
        assertThat(election.view().role()).isEqualTo(ServerRole.ACTIVE_COORDINATOR);
    }

    @Test
    void shouldTakeItsRoleBackAtOnceWhenTheStandbyEndsBeforeItTakesOver() {
        becomeActiveOfPair();
        pairSaysItIsStandby(4);
        election.requestHandOver(10 * MS);
        hear(Evidence.Kind.CLOSED, PEER_PROCESS, 11 * MS);
        hear(Evidence.Kind.REFUSED, 0, 12 * MS);

        assertThat(election.view().role()).isEqualTo(ServerRole.ACTIVE_COORDINATOR);
        assertThat(election.view().reason()).contains("took its role back");
    }

    @Test
    void shouldTakeItsRoleBackFromASilentStandbyThatHasNoPromise() {
        becomeActiveOfPair();
        pairSaysItIsStandby(4);
        election.requestHandOver(10 * MS);
        hear(Evidence.Kind.SILENT, PEER_PROCESS, 450 * MS);
        election.doWork(600 * MS);

        assertThat(election.view().role()).isEqualTo(ServerRole.ACTIVE_COORDINATOR);
    }

    @Test
    void shouldNotTakeItsRoleBackWhenASilentStandbyMayHaveTakenOver() {
        becomeActiveOfPair();
        pairSaysItIsStandby(4);
        election.requestHandOver(10 * MS);
        Ballot ballot = new Ballot(1_000, PEER);
        RegisterValue taken = new RegisterValue(
                1_000L << 22, 0, List.of(new RegisterValue.InSync(0, PEER, PEER_PROCESS)), List.of(), 0);
        deliver(answer(RegisterMessage.Type.PREPARE, PEER_PROCESS, ballot), 11 * MS);
        RegisterMessage.Type promise = last().type();
        deliver(
                new RegisterMessage(RegisterMessage.Type.ACCEPT, PEER, PEER_PROCESS, ballot, Ballot.NONE, taken),
                12 * MS);
        hear(Evidence.Kind.SILENT, PEER_PROCESS, 450 * MS);
        election.doWork(600 * MS);

        assertThat(promise).isEqualTo(RegisterMessage.Type.PROMISE);
        assertThat(last().type()).isEqualTo(RegisterMessage.Type.ACCEPTED);
        assertThat(election.view().role()).isEqualTo(ServerRole.PASSIVE_UNINITIALIZED);
    }
}
