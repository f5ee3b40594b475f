package org.stoneware.election;

import java.nio.file.Path;
import org.stoneware.testkit.election.ElectionFaults;
import org.stoneware.testkit.election.SimulatedElectionNetwork;

/** Seeded runs of the shipped classes; each kind looks for another sort of mistake. */
enum ElectionSearch {
    /** Two servers are started within 50 ms of each other; messages are lost, doubled and late. Never two active at once. */
    FIRST_START {
        @Override
        void run(SimulatedElectionNetwork network, long seed) {
            network.startAfter(0, Math.floorMod(seed * 7_919, 50) * 1_000_000L);
            network.startAfter(1, Math.floorMod(seed * 104_729, 50) * 1_000_000L);
            network.runFor(8 * SimulatedElectionNetwork.ELECTION_TIME_NS);
            network.assertOneActive();
            if (network.mostActives() > 1) {
                throw new AssertionError("both were active at the same moment");
            }
        }
    },
    /** Crashes within effects, restarts, stops, cuts and freezes for six seconds, then peace. */
    CHAOS {
        @Override
        void run(SimulatedElectionNetwork network, long seed) {
            network.start((int) (seed & 1));
            network.runChaos(6_000_000_000L);
            network.settle();
        }
    },
    /** The same with three servers. */
    CHAOS_OF_THREE {
        @Override
        int size() {
            return 3;
        }

        @Override
        void run(SimulatedElectionNetwork network, long seed) {
            network.start((int) (seed % 3));
            network.runChaos(6_000_000_000L);
            network.settle();
        }
    };

    abstract void run(SimulatedElectionNetwork network, long seed);

    int size() {
        return 2;
    }

    /** Runs one seed; a violation says how to see it again. */
    void run(PlantedFault fault, long seed) {
        try {
            run(fault, seed, false);
        } catch (AssertionError | RuntimeException e) {
            throw new AssertionError(
                    "search=" + this + " seed=" + seed + " fault=" + fault + ": " + e.getMessage()
                            + "\nrun again with: ElectionSearch." + this + ".run(PlantedFault." + fault + ", " + seed
                            + "L)\n" + trace(fault, seed),
                    e);
        }
    }

    /** First seed at which the fault shows, or -1. */
    long find(PlantedFault fault, int seeds) {
        for (long seed = 0; seed < seeds; seed++) {
            try {
                run(fault, seed, false);
            } catch (AssertionError e) {
                return seed;
            }
        }
        return -1;
    }

    private String run(PlantedFault fault, long seed, boolean isTracing) {
        ElectionFaults faults = this == FIRST_START ? ElectionFaults.LOSSY : ElectionFaults.HARSH;
        SimulatedElectionNetwork network = new SimulatedElectionNetwork(
                        new MemoryRegisters(seed, fault), Path.of("simulated"), size(), false, seed, faults)
                .tracing(isTracing);
        try (network) {
            run(network, seed);
        } catch (AssertionError | RuntimeException e) {
            if (!isTracing) {
                throw e;
            }
        }
        return network.trace();
    }

    private String trace(PlantedFault fault, long seed) {
        return run(fault, seed, true);
    }
}
