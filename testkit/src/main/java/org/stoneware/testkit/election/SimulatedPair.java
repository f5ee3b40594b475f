package org.stoneware.testkit.election;

import java.nio.file.Path;
import java.util.SplittableRandom;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.spi.election.ElectionProvider;
import org.stoneware.spi.election.FailoverPriority;

/**
 * Two servers with a modelled replicated log: the pair is formed, one fault is done to it, it must form again; several times over.
 * No acknowledged entry may be lost by any one of the faults. A violation is an {@link AssertionError}.
 */
public final class SimulatedPair implements AutoCloseable {
    private static final long MS = 1_000_000L;
    private static final int ROUNDS = 4;

    /** A lossy network; crashes are done on purpose, one at a time. */
    private static final ElectionFaults FAULTS = new ElectionFaults(50, 50, 0, 4_000_000, 0);

    /** What is done to a pair. */
    private enum Fault {
        KILL_ACTIVE,
        KILL_ACTIVE_AND_RESTART_AT_ONCE,
        KILL_ACTIVE_WITHIN_A_CALL,
        KILL_STANDBY,
        FREEZE_ACTIVE,
        FREEZE_STANDBY,
        CUT_LINK,
        CUT_LINK_ONE_WAY,
        STOP_ACTIVE,
        STOP_STANDBY,
        DROP_STANDBY,
        HAND_OVER,
        HAND_OVER_AND_KILL_STANDBY,
        HAND_OVER_AND_FREEZE_STANDBY,
        HAND_OVER_AND_CUT_LINK,
        KILL_STANDBY_WHILE_IT_SYNCS,
        KILL_BOTH_ONE_AFTER_THE_OTHER,
        CUT_ACTIVE_FROM_EVERYONE,
        CUT_STANDBY_FROM_EVERYONE,
        RESTART_VOTERS,
        KILL_ACTIVE_WHILE_CUT,
        LOSE_REGISTER_OF_ACTIVE,
        LOSE_REGISTER_OF_STANDBY,
        KILL_BOTH_AND_LOSE_TAIL_OF_ONE,
        KILL_BOTH_AND_LOSE_TAIL_OF_BOTH,
        KILL_BOTH_AND_LOSE_STORE_OF_ONE
    }

    /**
     * The consistency mode.
     *
     * @param priority who votes.
     * @param factory  the voters that are no servers.
     * @param voters   how many of them run.
     * @param forget   loses the register of a server that does not run.
     */
    public record Voting(FailoverPriority priority, SimulatedVoters.Factory factory, int voters, IntConsumer forget) {}

    private final SplittableRandom random;
    private final SimulatedReplication replication;
    private final SimulatedElectionNetwork network;
    private final boolean isPersistent;
    private final int witnesses;
    private @Nullable Voting voting;
    private boolean isDamagingDisks;
    private boolean isStoppingInChanges;
    private boolean isRestartingInCuts;
    private int handOvers;

    /**
     * @param isPersistent a process that starts again has what it had; else it is empty.
     * @param witnesses    Tomcats that reach both servers; without any the link is not cut, because both may serve then.
     */
    public SimulatedPair(
            ElectionProvider provider,
            Path directory,
            boolean isPersistent,
            int witnesses,
            long seed,
            ReplicationFault fault) {
        this.random = new SplittableRandom(seed * 17 + 3);
        this.replication = new SimulatedReplication(fault, isPersistent, seed);
        this.network = new SimulatedElectionNetwork(provider, directory, 2, isPersistent, seed, FAULTS)
                .hosting(replication, witnesses);
        this.isPersistent = isPersistent;
        this.witnesses = witnesses;
        replication.network(network);
    }

    /** Lets voters decide instead of evidence alone. */
    public SimulatedPair voting(Voting theVoting) {
        voting = theVoting;
        network.voting(theVoting.priority(), theVoting.factory());
        for (int i = 0; i < theVoting.voters(); i++) {
            network.voters().add(theVoting.priority().hasClientVoters());
        }
        return this;
    }

    /** Both servers end now and then, and a disk has lost its tail, or all of it; of stores that keep everything. */
    public SimulatedPair damagingDisks() {
        isDamagingDisks = true;
        return this;
    }

    /** Half of the faults are orderly stops of an active that is about to drop its standby, or to take one in. */
    public SimulatedPair stoppingInChanges() {
        isStoppingInChanges = true;
        return this;
    }

    /**
     * Half of the faults are cuts of the link for longer than the election time in which the server that does not serve is started again;
     * nobody but Tomcats can tell it then that the other one serves.
     */
    public SimulatedPair restartingInCuts() {
        isRestartingInCuts = true;
        return this;
    }

    /** Keeps the last steps, for {@link #trace()}. */
    public SimulatedPair tracing(boolean isOn) {
        network.tracing(isOn);
        return this;
    }

    /** The last steps, one line each. */
    public String trace() {
        return network.trace();
    }

    /** Entries acknowledged so far. */
    public long acknowledgements() {
        return replication.acknowledgements();
    }

    /** Times the active role was handed over so far. */
    public int handOvers() {
        return handOvers;
    }

    /** Runs all rounds. */
    public void run() {
        network.start(0);
        network.startAfter(1, random.nextLong(300 * MS));
        for (int round = 0; round < ROUNDS; round++) {
            awaitPair();
            network.runFor(random.nextInt(3) == 0 ? 0 : random.nextLong(400 * MS));
            int active = replication.activeOfPair();
            if (active >= 0 && isStoppingInChanges && random.nextBoolean()) {
                stopInChange(active);
            } else if (active >= 0 && isRestartingInCuts && random.nextBoolean()) {
                restartInCut(active, 1 - active);
            } else if (active >= 0) {
                inject(anyFault(), active, 1 - active);
            }
        }
        long before = replication.acknowledgements();
        awaitPair();
        network.runFor(3_000 * MS);
        if (replication.acknowledgements() == before) {
            throw new AssertionError("nothing is acknowledged any more: " + network.view(0) + " " + network.view(1));
        }
    }

    /** Damage of disks only where it is wanted, and what only a quorum can stand only with one. */
    private Fault anyFault() {
        Fault[] all = Fault.values();
        int ofDisks = all.length - Fault.KILL_BOTH_AND_LOSE_TAIL_OF_ONE.ordinal();
        int faults = voting == null
                ? Fault.CUT_ACTIVE_FROM_EVERYONE.ordinal()
                : Fault.KILL_BOTH_AND_LOSE_TAIL_OF_ONE.ordinal();
        int chosen = random.nextInt(isDamagingDisks ? faults + ofDisks : faults);
        return chosen < faults ? all[chosen] : all[all.length - ofDisks + chosen - faults];
    }

    @Override
    public void close() {
        network.close();
    }

    private void awaitPair() {
        for (int i = 0; i < 300 && replication.activeOfPair() < 0; i++) {
            network.runFor(100 * MS);
            if (i % 50 == 49) {
                // Whoever died in a call is started again.
                network.start(0);
                network.start(1);
            }
        }
        if (replication.activeOfPair() < 0) {
            throw new AssertionError("no pair is formed again: " + network.view(0) + " " + network.view(1));
        }
    }

    private void inject(Fault fault, int active, int standby) {
        switch (fault) {
            case KILL_ACTIVE -> kill(active);
            case KILL_ACTIVE_AND_RESTART_AT_ONCE -> {
                network.crash(active);
                network.start(active);
            }
            case KILL_ACTIVE_WITHIN_A_CALL -> {
                network.crashWithin(active, 1 + random.nextInt(6));
                replication.dropStandby(active);
                network.runFor(1_500 * MS);
                network.crashWithin(-1, 0);
                network.start(active);
            }
            case KILL_STANDBY -> kill(standby);
            case FREEZE_ACTIVE -> freeze(active);
            case FREEZE_STANDBY -> freeze(standby);
            case CUT_LINK -> {
                if (witnesses > 0 || voting != null) {
                    cutFor(active, standby);
                }
            }
            case CUT_LINK_ONE_WAY -> {
                if (witnesses > 0 || voting != null) {
                    cutOneWayFor(active, standby);
                }
            }
            case STOP_ACTIVE -> stop(active);
            case STOP_STANDBY -> stop(standby);
            case DROP_STANDBY -> {
                replication.dropStandby(active);
                if (isPersistent && random.nextBoolean()) {
                    network.runFor(random.nextLong(300 * MS));
                    kill(active);
                }
            }
            case HAND_OVER -> handOver(active);
            case HAND_OVER_AND_KILL_STANDBY, HAND_OVER_AND_FREEZE_STANDBY, HAND_OVER_AND_CUT_LINK -> {
                handOver(active);
                network.runFor(random.nextLong(60 * MS));
                // Once it is active it is alone for a while: what happens to it then is a second fault.
                if (network.view(standby).role() != ServerRole.ACTIVE_COORDINATOR) {
                    injectWhileHandingOver(fault, active, standby);
                }
            }
            case KILL_STANDBY_WHILE_IT_SYNCS -> {
                replication.dropStandby(active);
                network.runFor(random.nextLong(400 * MS));
                network.crash(standby);
                network.start(standby);
            }
            case KILL_BOTH_ONE_AFTER_THE_OTHER -> killBoth(active, standby);
            case KILL_BOTH_AND_LOSE_TAIL_OF_BOTH -> {
                network.runFor(2_000 * MS);
                // An active that is about to drop its standby has named itself alone on its own disk, and nobody can
                // tell afterwards whether that was decided: with both copies in doubt only an operator can help.
                if (replication.activeOfPair() == active) {
                    killBothAndDamage(fault);
                }
            }
            case KILL_BOTH_AND_LOSE_TAIL_OF_ONE, KILL_BOTH_AND_LOSE_STORE_OF_ONE -> killBothAndDamage(fault);
            default -> injectWithVoters(fault, active, standby);
        }
    }

    /** Faults only a quorum can stand. */
    private void injectWithVoters(Fault fault, int active, int standby) {
        Voting present = voting;
        if (present == null || present.voters() == 0) {
            return;
        }
        switch (fault) {
            case CUT_ACTIVE_FROM_EVERYONE -> cutOff(active, false);
            case CUT_STANDBY_FROM_EVERYONE -> cutOff(standby, false);
            case KILL_ACTIVE_WHILE_CUT -> cutOff(active, true);
            case RESTART_VOTERS -> {
                for (int voter = 0; voter < present.voters(); voter++) {
                    network.voters().crash(voter);
                    network.runFor(random.nextLong(200 * MS));
                    network.voters().start(voter);
                }
                // New voters are taken in one by one; until then this is a fault that is not over.
                network.runFor(12_000 * MS + random.nextLong(6_000 * MS));
            }
            default -> {
                int loser = fault == Fault.LOSE_REGISTER_OF_ACTIVE ? active : standby;
                network.runFor(2_000 * MS);
                if (replication.activeOfPair() != active) {
                    // Alone, and then without a register: only an operator can help.
                    return;
                }
                network.crash(loser);
                network.runFor(random.nextLong(1_500 * MS));
                // A start put off by the fault before may have come; a register goes only while nobody uses it.
                network.crash(loser);
                present.forget().accept(loser);
                network.onRegisterLost(loser);
                network.start(loser);
            }
        }
    }

    private void injectWhileHandingOver(Fault fault, int active, int standby) {
        switch (fault) {
            case HAND_OVER_AND_KILL_STANDBY -> {
                network.crash(standby);
                network.runFor(random.nextBoolean() ? 0 : random.nextLong(1_500 * MS));
                network.start(standby);
            }
            case HAND_OVER_AND_FREEZE_STANDBY -> freeze(standby);
            default -> {
                if (witnesses > 0) {
                    cutFor(active, standby);
                }
            }
        }
    }

    /** Nobody can reach a server, but the two sides of the cut do not form at the same moment. */
    private void cutOff(int id, boolean isKilled) {
        network.cut(id, 1 - id);
        for (int voter = 0; voter < network.voters().size(); voter++) {
            network.runFor(random.nextLong(20 * MS));
            network.voters().cut(voter, id, true);
        }
        network.runFor(random.nextLong(4_000 * MS));
        if (isKilled) {
            network.crash(id);
        }
        network.heal(0, 1);
        network.voters().heal();
        network.start(id);
    }

    private void handOver(int active) {
        if (replication.handOver(active)) {
            handOvers++;
        }
    }

    private void cutFor(int active, int standby) {
        network.cut(active, standby);
        network.runFor(random.nextLong(3_000 * MS));
        network.heal(active, standby);
    }

    /** One of them goes on hearing the other, who hears nothing. */
    private void cutOneWayFor(int active, int standby) {
        int deaf = random.nextBoolean() ? active : standby;
        network.cutOneWay(1 - deaf, deaf);
        network.runFor(random.nextLong(3_000 * MS));
        network.heal(active, standby);
    }

    /** The active goes on alone, and nobody else serves: Tomcats that reach both say that it does. */
    private void restartInCut(int active, int standby) {
        network.cut(active, standby);
        network.runFor(random.nextLong(2_000 * MS));
        network.crash(standby);
        network.runFor(random.nextLong(1_000 * MS));
        network.start(standby);
        network.runFor(SimulatedElectionNetwork.ELECTION_TIME_NS + random.nextLong(3_000 * MS));
        if (network.activeId() != active) {
            throw new AssertionError(
                    "not " + active + " alone is active in a cut: " + network.view(0) + " " + network.view(1));
        }
        network.heal(active, standby);
    }

    private void kill(int id) {
        network.crash(id);
        network.runFor(random.nextLong(1_500 * MS));
        network.start(id);
    }

    private void freeze(int id) {
        long aroundDetectionNs = 450 * MS + random.nextLong(350 * MS);
        long durationNs = random.nextBoolean() ? aroundDetectionNs : random.nextLong(4_000 * MS);
        network.pause(id, durationNs);
        network.runFor(durationNs + random.nextLong(500 * MS));
    }

    /** The drop takes a round trip or two, the copy that follows up to 300 ms. */
    private void stopInChange(int active) {
        replication.dropStandby(active);
        network.runFor(random.nextLong((random.nextInt(3) == 0 ? 600 : 15) * MS));
        stop(active);
    }

    private void stop(int id) {
        network.stop(id);
        network.runFor(random.nextLong(1_500 * MS));
        network.start(id);
    }

    /** Two faults: only what is on disks must survive. */
    private void killBoth(int active, int standby) {
        if (isPersistent) {
            network.crash(standby);
            network.runFor(random.nextLong(600 * MS));
            network.crash(active);
            network.startAfter(standby, random.nextLong(300 * MS));
            network.startAfter(active, random.nextLong(300 * MS));
            network.runFor(400 * MS);
        }
    }

    /** Both at once, and what is on one disk, or on both, is less than what was acknowledged. */
    private void killBothAndDamage(Fault fault) {
        if (!isPersistent) {
            return;
        }
        network.crash(0);
        network.crash(1);
        int one = random.nextInt(2);
        switch (fault) {
            case KILL_BOTH_AND_LOSE_STORE_OF_ONE -> replication.loseStore(one);
            case KILL_BOTH_AND_LOSE_TAIL_OF_BOTH -> {
                replication.loseTail(one, random.nextInt(8));
                replication.loseTail(1 - one, random.nextInt(8));
                replication.forgive();
            }
            default -> replication.loseTail(one, random.nextInt(8));
        }
        int first = random.nextInt(2);
        network.startAfter(first, random.nextLong(300 * MS));
        network.startAfter(1 - first, random.nextLong(9_000 * MS));
        network.runFor(400 * MS);
    }
}
