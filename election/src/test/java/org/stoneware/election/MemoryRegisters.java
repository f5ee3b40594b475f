package org.stoneware.election;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;
import org.stoneware.spi.election.Election;
import org.stoneware.spi.election.ElectionContext;
import org.stoneware.spi.election.ElectionOutput;
import org.stoneware.spi.election.ElectionProvider;
import org.stoneware.voting.ElectionStore;
import org.stoneware.voting.SavedRegister;
import org.stoneware.voting.VoterId;

/** The shipped election on registers that survive crashes in memory: thousands of simulated runs need no disk. */
final class MemoryRegisters implements ElectionProvider {
    private final Map<Path, MemoryStore> stores = new HashMap<>();
    private final SplittableRandom random;
    private final PlantedFault fault;
    private QuorumFault quorumFault = QuorumFault.NONE;

    MemoryRegisters(long seed, PlantedFault fault) {
        this.random = new SplittableRandom(~seed);
        this.fault = fault;
    }

    @Override
    public String policy() {
        return RegisterElectionProvider.POLICY;
    }

    @Override
    public Election open(ElectionContext context, ElectionOutput output) {
        if (context.priority().isConsistency()) {
            return quorumFault.open(context, output, store(context.directory()));
        }
        return openRegister(context, output);
    }

    /** The consistency mode with a planted fault. */
    MemoryRegisters planting(QuorumFault fault) {
        quorumFault = fault;
        return this;
    }

    /** Loses what was forced for a server. */
    void forget(Path directory) {
        stores.remove(directory);
    }

    private MemoryStore store(Path directory) {
        return stores.computeIfAbsent(
                directory, path -> new MemoryStore(new VoterId(random.nextLong(), random.nextLong() | 1)));
    }

    RegisterElection openRegister(ElectionContext context, ElectionOutput output) {
        return fault.open(context, output, fault.store(store(context.directory())));
    }

    /** What has been forced is kept, whatever happens to the process. */
    static final class MemoryStore implements ElectionStore {
        private SavedRegister forced;
        private int forces;

        MemoryStore(VoterId identity) {
            forced = SavedRegister.empty(identity);
        }

        @Override
        public SavedRegister load() {
            return forced;
        }

        @Override
        public void force(SavedRegister register) {
            forced = register;
            forces++;
        }

        /** How often something was forced. */
        int forces() {
            return forces;
        }

        @Override
        public void close() {}
    }
}
