package org.stoneware.election;

import java.nio.file.Path;
import org.stoneware.spi.election.FailoverPriority;
import org.stoneware.testkit.election.ReplicationFault;
import org.stoneware.testkit.election.SimulatedPair;

/** Seeded runs of two servers with a modelled replicated log on the shipped election. */
enum PairSearch {
    /** Stores are empty after a restart; three Tomcats hear both servers. */
    TEMPORARY(false, 3),
    /** The same without a Tomcat. */
    TEMPORARY_WITHOUT_TOMCATS(false, 0),
    /** Stores keep everything. */
    PERSISTENT(true, 1),
    /** Both servers must agree to everything. */
    CONSISTENT_WITHOUT_VOTERS(false, 0, FailoverPriority.consistency(0, false), 0),
    /** An external voter, which is also a third place to look from. */
    CONSISTENT_WITH_A_VOTER(false, 0, FailoverPriority.consistency(1, false), 1),
    /** Three Tomcats vote. */
    CONSISTENT_WITH_TOMCATS(false, 3, FailoverPriority.consistency(0, true), 3),
    /** The same, and stores keep everything. */
    CONSISTENT_PERSISTENT(true, 3, FailoverPriority.consistency(0, true), 3),
    /** Stores keep everything but for what disks lose. */
    DAMAGED(true, 1),
    /** The same, and three Tomcats vote. */
    CONSISTENT_DAMAGED(true, 3, FailoverPriority.consistency(0, true), 3),
    /** Stops in the middle of changes of the in-sync set. */
    STOPPED(false, 1),
    /** The same, with an external voter. */
    CONSISTENT_STOPPED(false, 0, FailoverPriority.consistency(1, false), 1),
    /** Servers start again beyond a cut, and know of the other one what Tomcats say. */
    RESTARTED_IN_CUTS(false, 2),
    /** The same, and stores keep everything. */
    RESTARTED_IN_CUTS_PERSISTENT(true, 2);

    private final boolean isPersistent;
    private final int witnesses;
    private final FailoverPriority priority;
    private final int voters;

    PairSearch(boolean isPersistent, int witnesses) {
        this(isPersistent, witnesses, FailoverPriority.availability(isPersistent), 0);
    }

    PairSearch(boolean isPersistent, int witnesses, FailoverPriority priority, int voters) {
        this.isPersistent = isPersistent;
        this.witnesses = witnesses;
        this.priority = priority;
        this.voters = voters;
    }

    /** Runs one seed and returns the entries acknowledged; a violation says how to see it again. */
    long run(PlantedFault fault, ReplicationFault replicationFault, long seed) {
        try (SimulatedPair pair = pair(fault, replicationFault, seed)) {
            pair.run();
            return pair.acknowledgements();
        } catch (AssertionError | RuntimeException e) {
            throw new AssertionError(
                    "search=" + this + " seed=" + seed + " fault=" + fault + "/" + replicationFault + ": "
                            + e.getMessage() + "\nrun again with: PairSearch." + this + ".run(PlantedFault." + fault
                            + ", ReplicationFault." + replicationFault + ", " + seed + "L)\n"
                            + trace(fault, replicationFault, seed),
                    e);
        }
    }

    /** First seed at which the fault shows, or -1. */
    long find(PlantedFault fault, ReplicationFault replicationFault, int seeds) {
        for (long seed = 0; seed < seeds; seed++) {
            try (SimulatedPair pair = pair(fault, replicationFault, seed)) {
                pair.run();
            } catch (AssertionError e) {
                return seed;
            }
        }
        return -1;
    }

    /** As {@link #find(PlantedFault, ReplicationFault, int)}, for a fault of the consistency mode. */
    long find(QuorumFault fault, int seeds) {
        for (long seed = 0; seed < seeds; seed++) {
            MemoryRegisters registers = new MemoryRegisters(seed, PlantedFault.NONE).planting(fault);
            try (SimulatedPair pair = pair(registers, ReplicationFault.NONE, seed)) {
                pair.run();
            } catch (AssertionError e) {
                return seed;
            }
        }
        return -1;
    }

    private String trace(PlantedFault fault, ReplicationFault replicationFault, long seed) {
        try (SimulatedPair pair = pair(fault, replicationFault, seed).tracing(true)) {
            try {
                pair.run();
            } catch (AssertionError | RuntimeException e) {
                return pair.trace();
            }
            return pair.trace();
        }
    }

    private SimulatedPair pair(PlantedFault fault, ReplicationFault replicationFault, long seed) {
        return pair(new MemoryRegisters(seed, fault), replicationFault, seed);
    }

    private SimulatedPair pair(MemoryRegisters registers, ReplicationFault replicationFault, long seed) {
        SimulatedPair pair =
                new SimulatedPair(registers, Path.of("simulated"), isPersistent, witnesses, seed, replicationFault);
        if (this == DAMAGED || this == CONSISTENT_DAMAGED) {
            pair.damagingDisks();
        }
        if (this == STOPPED || this == CONSISTENT_STOPPED) {
            pair.stoppingInChanges();
        }
        if (this == RESTARTED_IN_CUTS || this == RESTARTED_IN_CUTS_PERSISTENT) {
            pair.restartingInCuts();
        }
        return priority.isConsistency()
                ? pair.voting(new SimulatedPair.Voting(
                        priority,
                        new MemoryVoters(),
                        voters,
                        id -> registers.forget(Path.of("simulated").resolve("server-" + id))))
                : pair;
    }
}
