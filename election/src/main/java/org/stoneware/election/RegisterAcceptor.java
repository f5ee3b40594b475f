package org.stoneware.election;

import org.jspecify.annotations.Nullable;

/**
 * One voter's side of the register: what it has promised and accepted. Every answer is forced before it is given.
 * <p>
 * Used by servers, and by every other kind of voter with a store of its own. Not final: the tests plant faults in subclasses.
 */
class RegisterAcceptor {
    private final ElectionStore store;
    private SavedRegister saved;

    RegisterAcceptor(ElectionStore store) {
        this.store = store;
        this.saved = store.load();
    }

    VoterId identity() {
        return saved.identity();
    }

    Ballot promised() {
        return saved.promised();
    }

    Ballot acceptedBallot() {
        return saved.acceptedBallot();
    }

    @Nullable
    RegisterValue acceptedValue() {
        return saved.acceptedValue();
    }

    /** Highest epoch heard of, accepted or not. */
    long highestEpoch() {
        return saved.highestEpoch();
    }

    /** A counter that makes a ballot higher than everything promised, accepted or heard of here. */
    long nextCounter() {
        long counter = Math.max(saved.promised().counter(), Epoch.counter(saved.highestEpoch()));
        return Math.max(counter, saved.acceptedBallot().counter()) + 1;
    }

    /** Notes a process start. */
    void start(long incarnation) {
        save(new SavedRegister(
                saved.identity(),
                incarnation,
                saved.highestEpoch(),
                saved.promised(),
                saved.acceptedBallot(),
                saved.acceptedValue(),
                false));
    }

    /** Notes an orderly end. */
    void stop() {
        save(new SavedRegister(
                saved.identity(),
                saved.incarnation(),
                saved.highestEpoch(),
                saved.promised(),
                saved.acceptedBallot(),
                saved.acceptedValue(),
                true));
    }

    /** Notes that an epoch exists, so that none made here is lower, not even after a restart. */
    void note(long epoch) {
        if (epoch > saved.highestEpoch()) {
            save(new SavedRegister(
                    saved.identity(),
                    saved.incarnation(),
                    epoch,
                    saved.promised(),
                    saved.acceptedBallot(),
                    saved.acceptedValue(),
                    false));
        }
    }

    /**
     * Promises to take part in no lower ballot.
     *
     * @return false when a higher one has been promised.
     */
    boolean prepare(Ballot ballot) {
        int order = ballot.compareTo(saved.promised());
        if (order < 0) {
            return false;
        }
        if (order > 0) {
            save(new SavedRegister(
                    saved.identity(),
                    saved.incarnation(),
                    saved.highestEpoch(),
                    ballot,
                    saved.acceptedBallot(),
                    saved.acceptedValue(),
                    false));
        }
        return true;
    }

    /**
     * Accepts a value.
     *
     * @return false when a higher ballot has been promised.
     */
    boolean accept(Ballot ballot, RegisterValue value) {
        if (saved.promised().isHigherThan(ballot)) {
            return false;
        }
        if (!ballot.equals(saved.acceptedBallot())) {
            save(new SavedRegister(
                    saved.identity(),
                    saved.incarnation(),
                    Math.max(saved.highestEpoch(), value.epoch()),
                    ballot,
                    ballot,
                    value,
                    false));
        }
        return true;
    }

    void close() {
        store.close();
    }

    /** Whether the last process of this voter ended in order. */
    boolean isCleanStop() {
        return saved.isCleanStop();
    }

    private void save(SavedRegister next) {
        store.force(next);
        saved = next;
    }

    @Override
    public String toString() {
        return saved.toString();
    }
}
