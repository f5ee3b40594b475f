package org.stoneware.voting;

import org.jspecify.annotations.Nullable;

/**
 * One voter's side of the register: what it has promised and accepted. Every answer is forced before it is given.
 * <p>
 * Used by servers, and by every other kind of voter with a store of its own. Not final: the tests plant faults in subclasses.
 */
public class RegisterAcceptor {
    private final ElectionStore store;
    private SavedRegister saved;

    public RegisterAcceptor(ElectionStore store) {
        this.store = store;
        this.saved = store.load();
    }

    public VoterId identity() {
        return saved.identity();
    }

    public Ballot promised() {
        return saved.promised();
    }

    public Ballot acceptedBallot() {
        return saved.acceptedBallot();
    }

    @Nullable
    public RegisterValue acceptedValue() {
        return saved.acceptedValue();
    }

    /** Highest epoch known to have had an active; an accepted value alone is not known to be chosen. */
    public long highestEpoch() {
        return saved.highestEpoch();
    }

    /** A counter that makes a ballot higher than everything promised, accepted or heard of here. */
    public long nextCounter() {
        long counter = Math.max(saved.promised().counter(), Epoch.counter(saved.highestEpoch()));
        return Math.max(counter, saved.acceptedBallot().counter()) + 1;
    }

    /** Notes a process start. A value of its own may have been chosen in the process before. */
    public void start(long incarnation) {
        RegisterValue value = saved.acceptedValue();
        boolean isOwn = value != null && saved.acceptedBallot().proposer().equals(saved.identity());
        save(new SavedRegister(
                saved.identity(),
                incarnation,
                value != null && isOwn ? Math.max(saved.highestEpoch(), value.epoch()) : saved.highestEpoch(),
                saved.promised(),
                saved.acceptedBallot(),
                saved.acceptedValue(),
                false));
    }

    /** Notes an orderly end. */
    public void stop() {
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
    public void note(long epoch) {
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
     * Promises to take part in no lower ballot. Only a higher counter counts, so that the epoch a ballot makes is higher than every
     * epoch a promise was given in knowledge of.
     *
     * @return false when the ballot is too low.
     */
    public boolean prepare(Ballot ballot) {
        if (isPromised(ballot)) {
            return true;
        }
        if (!mayPrepare(ballot)) {
            return false;
        }
        save(new SavedRegister(
                saved.identity(),
                saved.incarnation(),
                saved.highestEpoch(),
                ballot,
                saved.acceptedBallot(),
                saved.acceptedValue(),
                false));
        return true;
    }

    /** Whether {@link #prepare} would promise this ballot. Writes nothing. */
    public boolean mayPrepare(Ballot ballot) {
        return isPromised(ballot) || ballot.counter() >= nextCounter();
    }

    private boolean isPromised(Ballot ballot) {
        return ballot.equals(saved.promised()) && ballot.counter() > Epoch.counter(saved.highestEpoch());
    }

    /**
     * Promises a ballot and accepts a value in it, forced once: for a change in which nobody else takes part, so that nobody could be told
     * of the promise before the value is accepted.
     *
     * @return false when the ballot is too low.
     */
    public boolean prepareAndAccept(Ballot ballot, RegisterValue value) {
        return mayPrepare(ballot) && accept(ballot, value);
    }

    /**
     * Accepts a value. A ballot higher than the one promised is promised with it.
     *
     * @return false when a higher ballot has been promised.
     */
    public boolean accept(Ballot ballot, RegisterValue value) {
        if (saved.promised().isHigherThan(ballot)) {
            return false;
        }
        if (!ballot.equals(saved.acceptedBallot())) {
            save(new SavedRegister(
                    saved.identity(), saved.incarnation(), saved.highestEpoch(), ballot, ballot, value, false));
        }
        return true;
    }

    public void close() {
        store.close();
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
