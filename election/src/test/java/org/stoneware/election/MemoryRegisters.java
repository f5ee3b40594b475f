package org.stoneware.election;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;
import org.stoneware.spi.election.Election;
import org.stoneware.spi.election.ElectionContext;
import org.stoneware.spi.election.ElectionOutput;
import org.stoneware.spi.election.ElectionProvider;

/** The shipped election on registers that survive crashes in memory: thousands of simulated runs need no disk. */
final class MemoryRegisters implements ElectionProvider {
    private final Map<Path, MemoryStore> stores = new HashMap<>();
    private final SplittableRandom random;
    private final PlantedFault fault;

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
        return openRegister(context, output);
    }

    RegisterElection openRegister(ElectionContext context, ElectionOutput output) {
        MemoryStore store = stores.computeIfAbsent(
                context.directory(), path -> new MemoryStore(new VoterId(random.nextLong(), random.nextLong() | 1)));
        return fault.open(context, output, fault.store(store));
    }

    /** What has been forced is kept, whatever happens to the process. */
    static final class MemoryStore implements ElectionStore {
        private SavedRegister forced;

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
        }

        @Override
        public void close() {}
    }
}
