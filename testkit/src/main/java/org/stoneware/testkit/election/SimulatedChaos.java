package org.stoneware.testkit.election;

import java.util.SplittableRandom;

/** What befalls servers on a bad day, one thing about every 300 ms. */
final class SimulatedChaos {
    private static final long MS = 1_000_000L;

    private final SimulatedElectionNetwork network;
    private final SplittableRandom random;
    private final int servers;

    SimulatedChaos(SimulatedElectionNetwork network, SplittableRandom random, int servers) {
        this.network = network;
        this.random = random;
        this.servers = servers;
    }

    void run(long durationNs) {
        long endNs = network.nowNs() + durationNs;
        while (network.nowNs() < endNs) {
            network.runFor(random.nextLong(600 * MS));
            int id = random.nextInt(servers);
            int other = (id + 1 + random.nextInt(Math.max(1, servers - 1))) % servers;
            switch (random.nextInt(10)) {
                case 0, 1 -> network.crash(id);
                case 2, 3, 4 -> network.start(id);
                case 5 -> network.stop(id);
                case 6 -> network.pause(id, random.nextLong(2_500 * MS));
                case 7 -> {
                    if (other != id && random.nextBoolean()) {
                        network.cut(id, other);
                    } else if (other != id) {
                        network.cutOneWay(id, other);
                    }
                }
                default -> network.heal(id, other);
            }
        }
    }
}
