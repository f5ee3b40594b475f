package org.stoneware.server.replication;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Seeded runs of the active and two standbys; a failing one prints the command that repeats it. */
class ReplicationSimulationTest {
    private static final int SEEDS = Integer.getInteger("replication.seeds", 1_000);
    private static final int SEEDS_TO_CATCH_BUG = 2_000;

    @Test
    void shouldKeepEveryPromiseForEverySeed() {
        long only = Long.getLong("replication.seed", -1);
        long committed = 0;
        long compared = 0;
        for (long seed = Math.max(0, only); seed < (only < 0 ? SEEDS : only + 1); seed++) {
            SimulatedPair pair = new SimulatedPair(seed, PlantedBug.NONE);
            try {
                pair.run();
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError(
                        "seed=" + seed + " repeat with: ./mvnw -q test -pl server"
                                + " -Dtest=ReplicationSimulationTest#shouldKeepEveryPromiseForEverySeed"
                                + " -Dreplication.seed=" + seed,
                        e);
            }
            committed += pair.committed();
            compared += pair.comparedSlots();
        }

        assertThat(committed).as("entries committed while faults went on").isPositive();
        assertThat(compared).as("slots compared while faults went on").isPositive();
    }

    @ParameterizedTest
    @EnumSource(value = PlantedBug.class, mode = EnumSource.Mode.EXCLUDE, names = "NONE")
    void shouldCatchPlantedBug(PlantedBug bug) {
        String caught = "";
        long seed = 0;
        while (caught.isEmpty() && seed < SEEDS_TO_CATCH_BUG) {
            try {
                new SimulatedPair(seed++, bug).run();
            } catch (AssertionError e) {
                caught = String.valueOf(e.getMessage());
            }
        }

        System.out.println("planted bug " + bug + ": caught after " + seed + " seeds: " + caught);
        assertThat(caught).as("%s goes unnoticed for %d seeds", bug, seed).isNotEmpty();
    }
}
