package org.stoneware.server.role;

import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.stoneware.server.replication.Generation;
import org.stoneware.server.session.SessionStateMachine;
import org.stoneware.server.storage.ExchangeableStore;
import org.stoneware.server.storage.GenerationPlace;
import org.stoneware.server.storage.OpenedStore;
import org.stoneware.spi.election.HeldCopy;
import org.stoneware.spi.storage.SessionStore;
import org.stoneware.spi.storage.StoreHealth;

/**
 * One copy of the sessions: a store and the state machine over it.
 * <p>
 * Where sessions outlive the process, one that takes the place of another is published once all it holds is durable, and only then is the
 * other one deleted: at every moment a restart finds a whole copy.
 * <p>
 * <b>Threading:</b> the agent thread.
 */
public final class SessionGeneration implements Generation {
    private static final long PUBLISH_AGAIN_NS = TimeUnit.SECONDS.toNanos(1);

    private final ExchangeableStore store;
    private final SessionStateMachine state;
    private final HeldCopy held;
    /** Kept until this one is published. */
    private @Nullable Generation replaced;

    /** Damage this server has led with, so that it counts no more. */
    private String trustedDamage = "";

    private long publishPosition;
    private long publishNs = Long.MIN_VALUE;

    /**
     * @param store      empty; belongs to this object from now on.
     * @param afterClose frees what the store leaves behind.
     */
    public SessionGeneration(SessionStore store, Runnable afterClose) {
        this(new OpenedStore(store, GenerationPlace.temporary(afterClose)));
    }

    /** @param store empty; belongs to this object from now on. */
    public SessionGeneration(SessionStore store, GenerationPlace place) {
        this(new OpenedStore(store, place));
    }

    /** @param opened empty; belongs to this object from now on, and frees what it leaves behind. */
    public SessionGeneration(OpenedStore opened) {
        this(new ExchangeableStore(opened));
    }

    private SessionGeneration(ExchangeableStore store) {
        this(store, HeldCopy.NOTHING, machine(store, store.place().keepsSessions()));
    }

    /** Waits for a store as its place says: another one after an exchange. */
    private static SessionStateMachine machine(ExchangeableStore store, boolean keepsNotes) {
        return new SessionStateMachine(
                store, keepsNotes, (asked, attempt) -> store.place().letWork(asked, attempt));
    }

    private SessionGeneration(ExchangeableStore store, HeldCopy held, SessionStateMachine state) {
        this.store = store;
        this.held = held;
        this.state = state;
    }

    /**
     * Opens what an earlier process left.
     *
     * @param left      belongs to the generation from now on.
     * @param isSuspect what was acknowledged last may be missing in it.
     * @param storeWork lets the store work while something is on its way to memory.
     * @throws org.stoneware.spi.storage.StorageException when it can't be read.
     */
    public static SessionGeneration recover(OpenedStore left, boolean isSuspect, Runnable storeWork) {
        ExchangeableStore store = new ExchangeableStore(left);
        SessionStateMachine state = machine(store, true);
        boolean isComplete = state.recover(storeWork);
        HeldCopy held = new HeldCopy(
                isComplete,
                state.history().lastEpoch(),
                state.lastApplied(),
                (isSuspect || !store.damage().isEmpty()) && isComplete);
        return new SessionGeneration(store, held, state);
    }

    @Override
    public SessionStateMachine state() {
        return state;
    }

    /** The same object for the life of this one; the store behind it may be exchanged. */
    public ExchangeableStore store() {
        return store;
    }

    /** What an earlier process left here. */
    public HeldCopy held() {
        return held;
    }

    /** True when sessions outlive the process. */
    public boolean keepsSessions() {
        return store.place().keepsSessions();
    }

    /** What is held counts in full from now on, whatever happened before the start. */
    void trust() {
        trustedDamage = store.damage();
        store.trust();
    }

    @Override
    public void replaces(Generation old) {
        if (!store.place().keepsSessions()) {
            old.discard();
            return;
        }
        replaced = old;
        publishPosition = store.appendPosition();
        state.holdBack(true);
    }

    /**
     * Lets the store work, and publishes this generation when it is due.
     *
     * @return amount of work done; 0 when idle.
     */
    int doWork(long nowNs) {
        int work = store.doWork(nowNs);
        Generation old = replaced;
        boolean isDue = old != null
                && store.durablePosition() >= publishPosition
                && (publishNs == Long.MIN_VALUE || nowNs - publishNs >= PUBLISH_AGAIN_NS);
        if (old != null && isDue) {
            publishNs = nowNs;
            if (store.place().publish(!store.damage().equals(trustedDamage))) {
                replaced = null;
                state.holdBack(false);
                old.discard();
                work++;
            }
        }
        return work;
    }

    /**
     * Something this one had made durable is missing: a restart is to know, as soon as it would open this one.
     *
     * @return false when that could not be written; try again later.
     */
    boolean suspect() {
        return replaced != null || store.place().publish(true);
    }

    /** True while something waits for the disk. */
    boolean awaitsDisk() {
        return replaced != null || store.durablePosition() < store.appendPosition();
    }

    /** After {@link #close}: whether what a restart opens holds everything that was durable. */
    public boolean isClosedWhole() {
        if (replaced instanceof SessionGeneration kept) {
            return kept.isClosedWhole();
        }
        return store.health().state() != StoreHealth.State.FAILED;
    }

    /** Frees store and state; what the mode promises to keep is kept, for the next process. */
    void close() {
        Generation old = replaced;
        store.close();
        if (store.place().keepsSessions()) {
            if (old instanceof SessionGeneration kept) {
                kept.close();
            }
            return;
        }
        replaced = null;
        store.place().delete();
        if (old != null) {
            old.discard();
        }
    }

    @Override
    public void discard() {
        Generation old = replaced;
        replaced = null;
        store.retire();
        if (old != null) {
            old.discard();
        }
    }
}
