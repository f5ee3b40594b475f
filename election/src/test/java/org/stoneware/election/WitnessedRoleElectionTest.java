package org.stoneware.election;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.spi.election.Election;
import org.stoneware.spi.election.ElectionContext;
import org.stoneware.spi.election.Evidence;
import org.stoneware.spi.election.FailoverPriority;
import org.stoneware.voting.Ballot;
import org.stoneware.voting.Epoch;
import org.stoneware.voting.RegisterValue;
import org.stoneware.voting.SavedRegister;

/** Tomcats say what the server is that they hear, and one of two servers does not. */
class WitnessedRoleElectionTest extends PairElectionFixture {
    private static final long FIRST_PROCESS = 71;

    /**
     * The first server in tc-config, which goes first where neither serves, starts again while the second serves. With a store that is
     * empty after a restart it knows no Tomcat.
     */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldNotBecomeASecondActiveWhenRestartedWhileTomcatsHearOneItNeverMet(boolean isPersistent) {
        Election first = restartedFirst(isPersistent);
        beCutOff(first, 1);
        for (long ms = 10; ms < 60_000; ms += 10) {
            first.doWork(ms * MS);
            tellRole(first, PEER_PROCESS, ServerRole.ACTIVE_COORDINATOR, PEER_EPOCH, ms);
        }

        assertThat(first.view().role()).isEqualTo(ServerRole.START);
        assertThat(first.view().reason()).contains("waiting for Server2, which Tomcats hear");

        // It dies in the end.
        for (long ms = 60_000; ms < 65_000; ms += 10) {
            first.doWork(ms * MS);
        }
        assertThat(first.view().role()).isEqualTo(ServerRole.ACTIVE_COORDINATOR);
        assertThat(first.view().epoch()).isGreaterThan(PEER_EPOCH);
    }

    /** Slow ones, of which each answers 700 ms after it was asked. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldWaitAlsoForWhatSlowTomcatsSay(boolean isPersistent) {
        Election first = restartedFirst(isPersistent);
        beCutOff(first, 1);
        int answered = 0;
        long answerMs = 0;
        for (long ms = 10; ms < 30_000; ms += 10) {
            first.doWork(ms * MS);
            if (questions > answered) {
                answered = questions;
                answerMs = ms + 700;
            }
            if (ms == answerMs) {
                tellRole(first, PEER_PROCESS, ServerRole.ACTIVE_COORDINATOR, PEER_EPOCH, ms);
            }
        }

        assertThat(answered).isPositive();
        assertThat(first.view().role()).isEqualTo(ServerRole.START);
    }

    @Test
    void shouldFollowTheActiveItWaitedForOnceItIsHeard() {
        Election first = restartedFirst(false);
        beCutOff(first, 1);
        for (long ms = 10; ms < 20_000; ms += 10) {
            first.doWork(ms * MS);
            tellRole(first, PEER_PROCESS, ServerRole.ACTIVE_COORDINATOR, PEER_EPOCH, ms);
        }

        first.onEvidence(
                new Evidence(Evidence.Kind.HELLO, 1, PEER_PROCESS, ServerRole.ACTIVE_COORDINATOR, PEER_EPOCH, 0),
                20_000 * MS);

        assertThat(first.view().role()).isEqualTo(ServerRole.PASSIVE_UNINITIALIZED);
        assertThat(first.view().activeId()).isEqualTo(1);
    }

    /** Two servers without a Tomcat that was registered with either: those that call both tell each of the other. */
    @Test
    void shouldLeaveItToTheFirstOfTwoThatNeverMetToServeThoughNoTomcatIsRegistered() {
        Election first = restartedFirst(false);
        beCutOff(first, 1);
        beCutOff(election, 0);
        for (long ms = 10; ms < 30_000; ms += 10) {
            first.doWork(ms * MS);
            tellRole(
                    first, SELF_PROCESS, election.view().role(), election.view().epoch(), ms);
            election.doWork(ms * MS);
            election.onEvidence(
                    Evidence.ofWitnessedRole(
                            0, FIRST_PROCESS, first.view().role(), first.view().epoch()),
                    ms * MS);
        }

        assertThat(first.view().role()).isEqualTo(ServerRole.ACTIVE_COORDINATOR);
        assertThat(election.view().role()).isEqualTo(ServerRole.START);
    }

    /** What a Tomcat heard before is no reason to let a shop stand still. */
    @Test
    void shouldServeWhenNoTomcatHearsTheOtherAsActiveAnyMore() {
        Election first = restartedFirst(false);
        beCutOff(first, 1);
        for (long ms = 10; ms < 10_000; ms += 10) {
            first.doWork(ms * MS);
            boolean isActive = ms < 1_000;
            ServerRole role = isActive ? ServerRole.ACTIVE_COORDINATOR : ServerRole.PASSIVE_UNINITIALIZED;
            tellRole(first, PEER_PROCESS, role, PEER_EPOCH, ms);
        }

        assertThat(first.view().role()).isEqualTo(ServerRole.ACTIVE_COORDINATOR);
    }

    /** The last active has begun anew beyond the cut, from its disk, and serves: Tomcats do not hear the process that was met, but they hear this one. */
    @Test
    void shouldNotBecomeASecondActiveWhileTomcatsHearAnotherProcessOfTheLastActiveServe() {
        becomeStandby();
        election.onEvidence(Evidence.ofWitnesses(Evidence.Kind.WITNESSES, 0, 1), MS);
        hear(Evidence.Kind.SILENT, PEER_PROCESS, 600 * MS);
        election.onEvidence(Evidence.ofWitnesses(Evidence.Kind.WITNESS_SOLO, 0, 1), 601 * MS);
        for (long ms = 610; ms < 30_000; ms += 10) {
            election.doWork(ms * MS);
            election.onEvidence(
                    Evidence.ofWitnessedRole(0, PEER_PROCESS + 1, ServerRole.ACTIVE_COORDINATOR, PEER_EPOCH + 1),
                    ms * MS);
            election.onEvidence(Evidence.ofWitnesses(Evidence.Kind.WITNESS_DEAD, 0, 1), ms * MS);
        }

        assertThat(election.view().role()).isEqualTo(ServerRole.PASSIVE_UNINITIALIZED);
    }

    /** A standby that takes over asks who is dead; what role a server is in changes nothing there. */
    @Test
    void shouldTakeOverFromAnActiveThatHasEndedWhateverRoleItWasHeardInBefore() {
        becomeStandby();
        election.onEvidence(Evidence.ofWitnesses(Evidence.Kind.WITNESSES, 0, 1), MS);
        hear(Evidence.Kind.CLOSED, PEER_PROCESS, 10 * MS);
        hear(Evidence.Kind.REFUSED, 0, 11 * MS);
        election.onEvidence(Evidence.ofWitnessedRole(0, PEER_PROCESS + 1, ServerRole.START, 0), 12 * MS);
        assertThat(election.view().role()).isEqualTo(ServerRole.PASSIVE_STANDBY);

        election.onEvidence(Evidence.ofWitnesses(Evidence.Kind.WITNESS_DEAD, 0, 1), 13 * MS);

        assertThat(election.view().role()).isEqualTo(ServerRole.ACTIVE_COORDINATOR);
    }

    @Test
    void shouldRefuseAnEpochNobodyCanHaveReached() {
        Election first = restartedFirst(false);
        beCutOff(first, 1);
        first.doWork(2 * MS);
        tellRole(first, PEER_PROCESS, ServerRole.ACTIVE_COORDINATOR, Epoch.of(Epoch.MAX_COUNTER, 1, PEER), 3);

        assertThat(first.refusedMessages()).isEqualTo(1);
        assertThat(first.view().epoch()).isLessThan(PEER_EPOCH);
    }

    /**
     * A firewall that resets connections looks like a server that does not run. Tomcats that hear it need a moment to dial a server that was
     * just started, and with a store that is empty none of them is registered here.
     */
    @Test
    void shouldLetTomcatsDialBeforeItTakesARefusalForDeath() {
        Election second = restartedSecond(List.of(new RegisterValue.InSync(0, PEER, 5)), false);
        refuse(second);
        for (long ms = 10; ms < 1_500; ms += 10) {
            second.doWork(ms * MS);
        }
        second.onEvidence(Evidence.ofWitnesses(Evidence.Kind.WITNESSES_LINKED, 1, 1), 1_500 * MS);
        int asked = questions;
        for (long ms = 1_500; ms < 1_560; ms += 10) {
            second.doWork(ms * MS);
        }
        assertThat(questions).isEqualTo(asked + 1);
        for (long ms = 1_560; ms < 30_000; ms += 10) {
            tellRoleOfFirst(second, ServerRole.ACTIVE_COORDINATOR, ms);
            second.doWork(ms * MS);
        }

        assertThat(second.view().role()).isEqualTo(ServerRole.START);
        assertThat(second.view().reason()).contains("waiting for Server1, which Tomcats hear");
    }

    /** One that is linked just before the time is over is heard out. */
    @Test
    void shouldHearOutATomcatThatHasJustDialled() {
        Election second = restartedSecond(List.of(new RegisterValue.InSync(0, PEER, 5)), false);
        refuse(second);
        for (long ms = 10; ms < 2_990; ms += 10) {
            second.doWork(ms * MS);
        }
        second.onEvidence(Evidence.ofWitnesses(Evidence.Kind.WITNESSES_LINKED, 1, 1), 2_990 * MS);
        for (long ms = 2_990; ms < 3_150; ms += 10) {
            second.doWork(ms * MS);
        }
        tellRoleOfFirst(second, ServerRole.ACTIVE_COORDINATOR, 3_150);
        second.doWork(3_150 * MS);

        assertThat(second.view().role()).isEqualTo(ServerRole.START);
    }

    @Test
    void shouldServeAfterARefusalWhenTomcatsHadTheTimeToDial() {
        Election second = restartedSecond(List.of(new RegisterValue.InSync(0, PEER, 5)), false);
        refuse(second);
        for (long ms = 10; ms < 3_200; ms += 10) {
            second.doWork(ms * MS);
        }

        assertThat(second.view().role()).isEqualTo(ServerRole.ACTIVE_COORDINATOR);
    }

    /** The second alone holds everything, on its disk; the first was dropped, and runs. Nobody would serve. */
    @Test
    void shouldServeWithAllThereIsWhileTomcatsHearAServerThatIsNotActive() {
        Election second = restartedSecond(List.of(new RegisterValue.InSync(1, SELF, PEER_PROCESS)), true);
        beCutOff(second, 0);
        for (long ms = 10; ms < 5_500; ms += 10) {
            second.doWork(ms * MS);
            tellRoleOfFirst(second, ServerRole.PASSIVE_UNINITIALIZED, ms);
            second.onEvidence(Evidence.ofWitnesses(Evidence.Kind.WITNESS_ALIVE, 0, 1), ms * MS);
        }

        assertThat(second.view().role()).isEqualTo(ServerRole.ACTIVE_COORDINATOR);
        assertThat(second.view().isUnclean()).isFalse();
    }

    @Test
    void shouldServeWithAllThereIsWhileTomcatsHearAServerAndDoNotSayWhatItIs() {
        Election second = restartedSecond(List.of(new RegisterValue.InSync(1, SELF, PEER_PROCESS)), true);
        beCutOff(second, 0);
        second.onEvidence(Evidence.ofWitnesses(Evidence.Kind.WITNESSES, 1, 1), MS);
        for (long ms = 10; ms < 5_500; ms += 10) {
            second.doWork(ms * MS);
            second.onEvidence(Evidence.ofWitnesses(Evidence.Kind.WITNESS_ALIVE, 0, 1), ms * MS);
        }

        assertThat(second.view().role()).isEqualTo(ServerRole.ACTIVE_COORDINATOR);
    }

    /** An operator may have forced it meanwhile. */
    @Test
    void shouldWaitWithAllThereWasWhileTomcatsHearAnActive() {
        Election second = restartedSecond(List.of(new RegisterValue.InSync(1, SELF, PEER_PROCESS)), true);
        beCutOff(second, 0);
        for (long ms = 10; ms < 30_000; ms += 10) {
            second.doWork(ms * MS);
            tellRoleOfFirst(second, ServerRole.ACTIVE_COORDINATOR, ms);
        }

        assertThat(second.view().role()).isEqualTo(ServerRole.START);
    }

    /** Two that have met since their start, and neither of which serves, do not wait for each other for ever. */
    @Test
    void shouldServeAsTheFirstOfTwoThatMetWhenTomcatsHearTheOtherAsPassive() {
        Election first = restartedFirst(false);
        first.onEvidence(new Evidence(Evidence.Kind.HELLO, 1, PEER_PROCESS, ServerRole.START, 0, 0), MS);
        first.onEvidence(Evidence.ofWitnesses(Evidence.Kind.WITNESSES, 0, 1), MS);
        first.onEvidence(new Evidence(Evidence.Kind.CLOSED, 1, PEER_PROCESS, ServerRole.START, 0, 0), 2 * MS);
        for (long ms = 10; ms < 5_500; ms += 10) {
            first.doWork(ms * MS);
            tellRole(first, PEER_PROCESS, ServerRole.START, 0, ms);
            first.onEvidence(Evidence.ofWitnesses(Evidence.Kind.WITNESS_ALIVE, 1, 1), ms * MS);
        }

        assertThat(first.view().role()).isEqualTo(ServerRole.ACTIVE_COORDINATOR);
    }

    private Election restartedSecond(List<RegisterValue.InSync> inSync, boolean isPersistent) {
        MemoryRegisters.MemoryStore register = new MemoryRegisters.MemoryStore(SELF);
        Ballot ballot = new Ballot(1, SELF);
        RegisterValue value = new RegisterValue(
                1L << 22, inSync.get(0).memberId(), inSync, List.of(new RegisterValue.Voter(1, SELF)), 0);
        register.force(new SavedRegister(SELF, 5, value.epoch(), ballot, ballot, value, true));
        return RegisterElectionProvider.open(
                new ElectionContext(
                        1, List.of("Server1", "Server2"), SELF_PROCESS, 5_000 * MS, Path.of("unused"), isPersistent),
                new Output(),
                register);
    }

    private static void refuse(Election second) {
        second.onEvidence(new Evidence(Evidence.Kind.REFUSED, 0, 0, ServerRole.START, 0, 0), MS);
    }

    private static void tellRoleOfFirst(Election second, ServerRole role, long ms) {
        second.onEvidence(Evidence.ofWitnessedRole(0, FIRST_PROCESS, role, 1L << 22), ms * MS);
    }

    /** Of this server's register only what is on disk is left, and with a persistent store what it held under that. */
    private Election restartedFirst(boolean isPersistent) {
        MemoryRegisters.MemoryStore register = new MemoryRegisters.MemoryStore(PEER);
        if (isPersistent) {
            Ballot ballot = new Ballot(1, PEER);
            RegisterValue both = new RegisterValue(
                    1L << 22,
                    0,
                    List.of(new RegisterValue.InSync(0, PEER, 5), new RegisterValue.InSync(1, SELF, PEER_PROCESS)),
                    List.of(new RegisterValue.Voter(0, PEER), new RegisterValue.Voter(1, SELF)),
                    0);
            register.force(new SavedRegister(PEER, 5, both.epoch(), ballot, ballot, both, false));
        }
        return RegisterElectionProvider.open(
                new ElectionContext(
                        0,
                        List.of("Server1", "Server2"),
                        FIRST_PROCESS,
                        5_000 * MS,
                        Path.of("unused"),
                        isPersistent,
                        FailoverPriority.availability(false)),
                new Output(),
                register);
    }

    private static void beCutOff(Election one, int other) {
        one.onEvidence(new Evidence(Evidence.Kind.UNREACHABLE, other, 0, ServerRole.START, 0, 0), MS);
    }

    private static void tellRole(Election first, long incarnation, ServerRole role, long epoch, long ms) {
        first.onEvidence(Evidence.ofWitnessedRole(1, incarnation, role, epoch), ms * MS);
    }
}
