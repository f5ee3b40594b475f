package org.stoneware.testkit.election;

import org.jspecify.annotations.Nullable;
import org.stoneware.spi.election.Election;

/** What a server does before an orderly stop, as the agent does it: it waits, bounded, until its election has finished what it began. */
final class SimulatedStop {
    private static final long MS = 1_000_000L;
    private static final long MAX_WAIT_NS = 1_000 * MS;

    private SimulatedStop() {}

    /** @return false when the server is not ready although it has had its time, or has ended meanwhile. */
    static boolean prepare(SimulatedElectionNetwork network, int id) {
        long endNs = network.nowNs() + MAX_WAIT_NS;
        Process process = new Process();
        while (network.isRunning(id)) {
            process.isAsked = false;
            network.callElection(id, election -> process.ask(election, network.nowNs()));
            if (process.isReady || !process.isAsked || network.nowNs() >= endNs) {
                return process.isReady;
            }
            network.runFor(10 * MS);
        }
        return false;
    }

    /** The process that stops; another may begin while it does. */
    private static final class Process {
        private @Nullable Election election;
        private boolean isAsked;
        private boolean isReady;

        void ask(Election present, long nowNs) {
            if (election == null || election == present) {
                election = present;
                isAsked = true;
                isReady = present.prepareStop(true, nowNs);
            }
        }
    }
}
