package org.stoneware.voting;

/** Keeps a vote as long as the process lives: enough for a voter whose identity ends with its process. */
public final class MemoryElectionStore implements ElectionStore {
    private SavedRegister saved;

    /** @param identity a voter that has never voted, and that no other process will be. */
    public MemoryElectionStore(VoterId identity) {
        saved = SavedRegister.empty(identity);
    }

    @Override
    public SavedRegister load() {
        return saved;
    }

    @Override
    public void force(SavedRegister register) {
        saved = register;
    }

    @Override
    public void close() {}
}
