package org.stoneware.election;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.EnumMap;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.stoneware.testkit.election.ReplicationFault;

class PlantedFaultsTest {
    private static final int CHAOS_SEEDS = 200;
    private static final int START_SEEDS = 250;
    private static final int PAIR_SEEDS = 500;
    private static final int STATES = 12_000;

    @Test
    void shouldFindEveryPlantedFault() {
        Map<PlantedFault, String> found = new EnumMap<>(PlantedFault.class);
        for (PlantedFault fault : PlantedFault.values()) {
            if (fault != PlantedFault.NONE && !fault.isOfPairs()) {
                found.put(fault, search(fault));
            }
        }

        found.forEach((fault, where) -> System.out.printf("planted fault %-24s %s%n", fault, where));
        assertThat(found).noneSatisfy((fault, where) -> assertThat(where).isEqualTo("found by no search"));
    }

    @Test
    void shouldFindEveryFaultPlantedInAPair() {
        Map<String, String> found = new TreeMap<>();
        for (PlantedFault fault : PlantedFault.values()) {
            boolean isOfAnyPair = fault.isOfPairs() && fault != PlantedFault.ROLES_IGNORED;
            if (isOfAnyPair || fault == PlantedFault.ACT_BEFORE_FORCE) {
                found.put(fault.name(), searchPairs(fault, ReplicationFault.NONE));
            }
        }
        for (ReplicationFault fault : ReplicationFault.values()) {
            if (fault != ReplicationFault.NONE) {
                found.put(fault.name(), searchPairs(PlantedFault.NONE, fault));
            }
        }

        found.forEach((fault, where) -> System.out.printf("planted fault in a pair %-24s %s%n", fault, where));
        assertThat(found).noneSatisfy((fault, where) -> assertThat(where).isEqualTo("found by no search"));
    }

    @Test
    void shouldFindThatServersWhichAllDoubtTheirDisksWaitForEachOther() {
        long seed = PairSearch.CONSISTENT_DAMAGED.find(QuorumFault.ALL_SUSPECT_STUCK, PAIR_SEEDS);

        System.out.printf(
                "planted fault in a pair %-24s found by %s at seed %d%n",
                "ALL_SUSPECT_STUCK (quorum)", PairSearch.CONSISTENT_DAMAGED, seed);
        assertThat(seed).isNotNegative();
    }

    @Test
    void shouldFindThatAnActiveStopsWhileADropMayStillBeAgreedTo() {
        long seed = PairSearch.CONSISTENT_STOPPED.find(QuorumFault.STOPS_IN_A_DROP, PAIR_SEEDS);

        System.out.printf(
                "planted fault in a pair %-24s found by %s at seed %d%n",
                "STOPS_IN_A_DROP (quorum)", PairSearch.CONSISTENT_STOPPED, seed);
        assertThat(seed).isNotNegative();
    }

    /** In no other search a cut lasts. */
    @Test
    void shouldFindThatAServerDoesNotListenToWhoTomcatsSayIsActive() {
        long seed = PairSearch.RESTARTED_IN_CUTS.find(PlantedFault.ROLES_IGNORED, ReplicationFault.NONE, PAIR_SEEDS);

        System.out.printf(
                "planted fault in a pair %-24s found by %s at seed %d%n",
                PlantedFault.ROLES_IGNORED, PairSearch.RESTARTED_IN_CUTS, seed);
        assertThat(seed).isNotNegative();
    }

    private static String searchPairs(PlantedFault fault, ReplicationFault replicationFault) {
        for (PairSearch search : PairSearch.values()) {
            long seed = search.find(fault, replicationFault, PAIR_SEEDS);
            if (seed >= 0) {
                return "found by " + search + " at seed " + seed;
            }
        }
        return "found by no search";
    }

    private static String search(PlantedFault fault) {
        long chaosSeed = ElectionSearch.CHAOS.find(fault, CHAOS_SEEDS);
        if (chaosSeed >= 0) {
            return "found by CHAOS at seed " + chaosSeed;
        }
        long startSeed = ElectionSearch.FIRST_START.find(fault, START_SEEDS);
        if (startSeed >= 0) {
            return "found by FIRST_START at seed " + startSeed;
        }
        FirstStartExploration exploration = new FirstStartExploration(fault, 1, 1, 0, STATES);
        try {
            exploration.run();
            return "found by no search";
        } catch (AssertionError e) {
            return "found by exploration after " + exploration.states() + " states";
        }
    }
}
