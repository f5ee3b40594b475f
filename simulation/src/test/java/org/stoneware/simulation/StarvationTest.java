package org.stoneware.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.client.StarvedTomcat;
import org.stoneware.server.agent.StarvedServer;

/**
 * Servers and Tomcats that live and get the processor late: nobody may take the active's role. Membership, liveness clocks, witnesses and
 * election are the classes that ship.
 */
class StarvationTest {
    private static final long MS = 1_000_000L;
    private static final int SEEDS = Integer.getInteger("stoneware.starvation.seeds", 12);

    /** What is done to processes again and again, on a machine where every thread waits. */
    private enum Starvation {
        /** Threads only wait, each time less than what counts as a stall. */
        EVERYBODY_A_LITTLE(20, 90, 0, 0, (pair, ns) -> {}),
        /** They wait for long now and then. */
        EVERYBODY(60, 400, 0, 0, (pair, ns) -> {}),
        /** The whole machine stands still. */
        MACHINE(20, 90, 300, 3_000, (pair, ns) -> {
            pair.servers.forEach(server -> server.hold(ns));
            pair.tomcats.forEach(tomcat -> tomcat.hold(ns));
        }),
        /** Both servers stand still, not quite together. */
        BOTH_SERVERS(20, 90, 300, 3_000, (pair, ns) -> {
            pair.servers.get(0).hold(ns);
            pair.servers.get(1).hold(ns + pair.machine.random().nextLong(300 * MS));
        }),
        /** The standby stands still. */
        STANDBY(20, 90, 300, 3_000, (pair, ns) -> pair.standby().hold(ns)),
        /** Whoever listens for the standby stands still, and its agent does not. */
        LISTENING_OF_STANDBY(20, 90, 300, 3_000, (pair, ns) -> pair.standby().holdLiveness(ns)),
        /** Its agent stands still, and who listens does not. */
        AGENT_OF_STANDBY(20, 90, 300, 3_000, (pair, ns) -> pair.standby().holdAgent(ns)),
        /** The active stands still for less than what counts as an end. */
        ACTIVE_SHORTLY(20, 90, 200, 450, (pair, ns) -> pair.active().hold(ns)),
        /** Its agent does, and heartbeats go on. */
        AGENT_OF_ACTIVE(20, 400, 300, 1_000, (pair, ns) -> pair.active().holdAgent(ns)),
        /** The active stands still for longer than a death is noticed in, on a machine where everybody waits. */
        ACTIVE_AMONG_STARVED(20, 400, 300, 700, (pair, ns) -> pair.active().hold(ns)),
        /** The same where everybody waits for long. */
        ACTIVE_AMONG_VERY_STARVED(
                40, 400, 300, 1_000, (pair, ns) -> pair.active().hold(ns)),
        /** Whoever sends its heartbeats stands still, and its agent does not. */
        LISTENING_OF_ACTIVE(20, 400, 300, 700, (pair, ns) -> pair.active().holdLiveness(ns)),
        /** Tomcats stand still, and the active shortly. */
        TOMCATS(20, 90, 300, 3_000, (pair, ns) -> {
            pair.tomcats.forEach(tomcat -> tomcat.hold(ns));
            pair.active().hold(Math.min(ns, 450 * MS));
        });

        private final long meanMs;
        private final long maxMs;
        private final long leastMs;
        private final long mostMs;
        private final BiConsumer<Pair, Long> strike;

        Starvation(long meanMs, long maxMs, long leastMs, long mostMs, BiConsumer<Pair, Long> strike) {
            this.meanMs = meanMs;
            this.maxMs = maxMs;
            this.leastMs = leastMs;
            this.mostMs = mostMs;
            this.strike = strike;
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldTakeNobodysRoleForBeingStarved(Starvation starvation) {
        int takeovers = 0;
        int drops = 0;
        List<String> story = new ArrayList<>();
        for (long seed = 0; seed < SEEDS; seed++) {
            Pair pair = new Pair(seed, starvation.meanMs * MS, starvation.maxMs * MS);
            for (int round = 0; round < 40; round++) {
                pair.machine.runFor((500 + pair.machine.random().nextLong(1_500)) * MS);
                if (starvation.mostMs > 0) {
                    long ms =
                            starvation.leastMs + pair.machine.random().nextLong(starvation.mostMs - starvation.leastMs);
                    starvation.strike.accept(pair, ms * MS);
                    pair.machine.runFor(ms * MS);
                }
            }
            takeovers += pair.takeovers();
            drops += pair.drops();
            if (pair.takeovers() > 0) {
                story.add("seed " + seed);
                pair.servers.forEach(server -> story.addAll(server.story()));
            }
        }
        System.out.printf("starvation %s: seeds=%d takeovers=%d drops=%d%n", starvation, SEEDS, takeovers, drops);

        assertThat(takeovers).as(() -> String.join("\n", story)).isZero();
    }

    @Test
    void shouldMissAFrozenActiveWithinASecondWhereNobodyIsStarved() {
        for (long seed = 0; seed < SEEDS; seed++) {
            Pair pair = new Pair(seed, MS / 20, MS);
            pair.machine.runFor((1_000 + pair.machine.random().nextLong(100)) * MS);
            StarvedServer standby = pair.standby();

            pair.active().hold(60_000 * MS);
            pair.machine.runFor(1_000 * MS);

            assertThat(standby.view().role()).as("seed " + seed).isEqualTo(ServerRole.ACTIVE_COORDINATOR);
        }
    }

    /** On a machine that gives threads a fraction of the time they ask for, an end is noticed later, but it is noticed. */
    @Test
    void shouldMissAFrozenActiveAlsoWhereEverybodyIsStarved() {
        for (long seed = 0; seed < SEEDS; seed++) {
            Pair pair = new Pair(seed, 30 * MS, 400 * MS);
            pair.machine.runFor(1_000 * MS);
            StarvedServer standby = pair.standby();

            pair.active().hold(60_000 * MS);
            pair.machine.runFor(6_000 * MS);

            assertThat(standby.view().role()).as("seed " + seed).isEqualTo(ServerRole.ACTIVE_COORDINATOR);
        }
    }

    /**
     * The first in the file is started when the second serves, and nothing goes through between them: who asks, the Tomcats that answer, and what
     * is decided are as they ship. When the second is no more, the first serves.
     */
    @ParameterizedTest
    @ValueSource(longs = {1, 20, 40})
    void shouldNotServeBesideAnActiveThatOnlyTomcatsHear(long meanDelayMs) {
        for (long seed = 0; seed < SEEDS; seed++) {
            StarvedMachine machine = new StarvedMachine(seed, meanDelayMs * MS, 400 * MS);
            List<StarvedServer> servers = new ArrayList<>();
            StarvedServer first = new StarvedServer(machine, 0, 0, servers);
            StarvedServer second = new StarvedServer(machine, 1, 2, servers);
            servers.forEach(StarvedServer::cutOff);
            first.hold(20_000 * MS);
            for (int i = 0; i < 2; i++) {
                new StarvedTomcat(machine, 1 + i, servers);
            }
            machine.runFor(19_000 * MS);
            assertThat(second.view().role()).as("seed " + seed).isEqualTo(ServerRole.ACTIVE_COORDINATOR);

            machine.runFor(60_000 * MS);
            assertThat(first.promotions())
                    .as(() -> String.join("\n", first.story()))
                    .isZero();
            assertThat(first.view().reason()).contains("waiting for Server2, which Tomcats hear");

            second.hold(600_000 * MS);
            machine.runFor(20_000 * MS);
            assertThat(first.view().role()).as("seed " + seed).isEqualTo(ServerRole.ACTIVE_COORDINATOR);
            assertThat(first.view().epoch()).isGreaterThan(second.view().epoch());
        }
    }

    /** Two servers in sync and two Tomcats. */
    private static final class Pair {
        final StarvedMachine machine;
        final List<StarvedServer> servers = new ArrayList<>();
        final List<StarvedTomcat> tomcats = new ArrayList<>();
        private final int promotionsBefore;
        private final int dropsBefore;

        Pair(long seed, long meanDelayNs, long maxDelayNs) {
            machine = new StarvedMachine(seed, meanDelayNs, maxDelayNs);
            new StarvedServer(machine, 0, 2, servers);
            new StarvedServer(machine, 1, 2, servers);
            for (int i = 0; i < 2; i++) {
                tomcats.add(new StarvedTomcat(machine, 1 + i, servers));
            }
            for (int i = 0; i < 300 && !servers.stream().anyMatch(StarvedServer::hasStandby); i++) {
                machine.runFor(100 * MS);
            }
            machine.runFor(2_000 * MS);
            assertThat(standby().view().role()).isEqualTo(ServerRole.PASSIVE_STANDBY);
            promotionsBefore = promotions();
            dropsBefore = dropsInAll();
        }

        StarvedServer active() {
            return servers.get(0).view().role() == ServerRole.ACTIVE_COORDINATOR ? servers.get(0) : servers.get(1);
        }

        StarvedServer standby() {
            return active() == servers.get(0) ? servers.get(1) : servers.get(0);
        }

        int takeovers() {
            return promotions() - promotionsBefore;
        }

        int drops() {
            return dropsInAll() - dropsBefore;
        }

        private int promotions() {
            return servers.stream().mapToInt(StarvedServer::promotions).sum();
        }

        private int dropsInAll() {
            return servers.stream().mapToInt(StarvedServer::drops).sum();
        }
    }
}
