package org.stoneware.testkit.election;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.cluster.ServerRole;
import org.stoneware.spi.election.Election;
import org.stoneware.spi.election.ElectionContext;
import org.stoneware.spi.election.ElectionView;
import org.stoneware.spi.election.FailoverPriority;
import org.stoneware.spi.election.HeldCopy;

/** One server of a {@link SimulatedElectionNetwork}: its process while one runs, and its ends of the connections. */
final class SimulatedServer {
    final int id;
    final SimulatedEnd[] ends;
    long incarnation;
    long pausedUntilNs;
    /** Whether Tomcats are registered in what its present process holds. */
    boolean knowsTomcats;

    @Nullable
    Election election;

    ElectionView view = new ElectionView(ServerRole.STOPPED, 0, ElectionView.NO_ACTIVE, "");

    SimulatedServer(int id, int size) {
        this.id = id;
        this.ends = new SimulatedEnd[size];
        resetEnds();
    }

    /** What its next process is told. */
    ElectionContext context(
            List<String> names,
            long nextIncarnation,
            Path home,
            boolean isPersistent,
            FailoverPriority priority,
            @Nullable SimulatedHost host) {
        HeldCopy held = host == null ? new HeldCopy(isPersistent, 0, 0, false) : host.held(id);
        return new ElectionContext(
                id,
                names,
                nextIncarnation,
                SimulatedElectionNetwork.ELECTION_TIME_NS,
                home,
                isPersistent,
                priority,
                held);
    }

    void resetEnds() {
        for (int i = 0; i < ends.length; i++) {
            ends[i] = new SimulatedEnd();
        }
    }

    boolean isPaused(long nowNs) {
        return nowNs < pausedUntilNs;
    }

    boolean isActive() {
        return election != null && view.role() == ServerRole.ACTIVE_COORDINATOR;
    }

    /** Whether both processes run and see the same connection open. */
    boolean isConnected(SimulatedServer other) {
        return election != null
                && other.election != null
                && ends[other.id].isOpen
                && other.ends[id].isOpen
                && ends[other.id].connection == other.ends[id].connection;
    }

    Election mustElection() {
        Election running = election;
        if (running == null) {
            throw new IllegalStateException("server " + id + " does not run");
        }
        return running;
    }
}
