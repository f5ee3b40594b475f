package org.stoneware.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every order of events within the bounds of each topic; the wide bounds with {@code -Psoak}, one topic after the other. */
class GrantExplorationTest {
    private static final boolean IS_LONG = Boolean.getBoolean("stoneware.soak");
    private static final int MAX_STATES = Integer.getInteger("simulation.states", IS_LONG ? 2_000_000 : 60_000);
    private static final List<String> TABLE = new ArrayList<>();

    @AfterAll
    static void printTable() {
        System.out.println("planted bug                  | states |     ms | found by\n" + String.join("\n", TABLE));
    }

    @ParameterizedTest
    @EnumSource
    void shouldKeepOneOwnerInEveryOrderOfEvents(GrantTopic topic) {
        GrantBounds bounds = IS_LONG ? topic.wide : topic.narrow;
        GrantExploration exploration = new GrantExploration(PlantedBug.NONE, bounds, topic.story, MAX_STATES);

        long beganNs = System.nanoTime();
        boolean isExhausted = exploration.run();

        System.out.printf(
                "grants, %s: states=%d exhausted=%s ms=%d%n",
                topic, exploration.states(), isExhausted, msSince(beganNs));
        assertThat(exploration.states()).isPositive();
        assertThat(isExhausted || IS_LONG).as("%s is tried completely", topic).isTrue();
    }

    @ParameterizedTest
    @EnumSource
    void shouldFindEveryFaultOfATopic(GrantTopic topic) {
        for (PlantedBug bug : topic.faults) {
            GrantExploration exploration = new GrantExploration(bug, topic.narrow, topic.story, MAX_STATES);
            String found = "nothing";
            long beganNs = System.nanoTime();
            try {
                exploration.run();
            } catch (Violation e) {
                found = e.kind() + " by " + topic + ", "
                        + e.getMessage().lines().skip(1).findFirst().orElse("");
            }
            TABLE.add(String.format("%-28s | %6d | %6d | %s", bug, exploration.states(), msSince(beganNs), found));
            assertThat(found).as("%s", bug).isNotEqualTo("nothing");
        }
    }

    /** Since grants are numbered throughout (ADR 0311). If it does harm again, it is a fault of that topic again. */
    @Test
    void shouldFindNoHarmInARecallOfAnActiveThatHasASuccessor() {
        GrantTopic topic = GrantTopic.OLD_MESSAGES;

        assertThat(new GrantExploration(PlantedBug.OLD_RECALL, topic.narrow, topic.story, MAX_STATES).run())
                .as("%s is tried completely", topic)
                .isTrue();
    }

    private static long msSince(long beganNs) {
        return (System.nanoTime() - beganNs) / 1_000_000;
    }
}
