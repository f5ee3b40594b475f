package org.stoneware.server.role;

import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.stoneware.server.replication.Generation;
import org.stoneware.server.session.SessionStateMachine;
import org.stoneware.spi.election.HeldCopy;
import org.stoneware.spi.storage.SessionStore;

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

    private final SessionStore store;
    private final SessionStateMachine state;
    private final GenerationPlace place;
    private final HeldCopy held;
    /** Kept until this one is published. */
    private @Nullable Generation replaced;

    private long publishPosition;
    private long publishNs = Long.MIN_VALUE;

    /**
     * @param store      empty; belongs to this object from now on.
     * @param afterClose frees what the store leaves behind.
     */
    public SessionGeneration(SessionStore store, Runnable afterClose) {
        this(store, GenerationPlace.temporary(afterClose), HeldCopy.NOTHING, new SessionStateMachine(store));
    }

    /** @param store empty; belongs to this object from now on. */
    public SessionGeneration(SessionStore store, GenerationPlace place) {
        this(store, place, HeldCopy.NOTHING, new SessionStateMachine(store, place.keepsSessions(), place::letWork));
    }

    private SessionGeneration(SessionStore store, GenerationPlace place, HeldCopy held, SessionStateMachine state) {
        this.store = store;
        this.place = place;
        this.held = held;
        this.state = state;
    }

    /**
     * Opens what an earlier process left.
     *
     * @param store     belongs to the generation from now on.
     * @param isSuspect what was acknowledged last may be missing in it.
     * @param storeWork lets the store work while something is on its way to memory.
     * @throws org.stoneware.spi.storage.StorageException when it can't be read.
     */
    public static SessionGeneration recover(
            SessionStore store, GenerationPlace place, boolean isSuspect, Runnable storeWork) {
        SessionStateMachine state = new SessionStateMachine(store, true, place::letWork);
        boolean isComplete = state.recover(storeWork);
        HeldCopy held = new HeldCopy(
                isComplete,
                state.history().lastEpoch(),
                state.lastApplied(),
                (isSuspect || !store.damage().isEmpty()) && isComplete);
        return new SessionGeneration(store, place, held, state);
    }

    @Override
    public SessionStateMachine state() {
        return state;
    }

    public SessionStore store() {
        return store;
    }

    /** What an earlier process left here. */
    public HeldCopy held() {
        return held;
    }

    /** True when sessions outlive the process. */
    public boolean keepsSessions() {
        return place.keepsSessions();
    }

    /** What is held counts in full from now on, whatever happened before the start. */
    void trust() {
        place.trust();
    }

    @Override
    public void replaces(Generation old) {
        if (!place.keepsSessions()) {
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
            if (place.publish()) {
                replaced = null;
                state.holdBack(false);
                old.discard();
                work++;
            }
        }
        return work;
    }

    /** True while something waits for the disk. */
    boolean awaitsDisk() {
        return replaced != null || store.durablePosition() < store.appendPosition();
    }

    /** Frees store and state; what the mode promises to keep is kept, for the next process. */
    void close() {
        Generation old = replaced;
        if (!place.keepsSessions()) {
            discard();
        } else {
            store.close();
        }
        if (old instanceof SessionGeneration kept) {
            kept.close();
        }
    }

    @Override
    public void discard() {
        Generation old = replaced;
        replaced = null;
        store.close();
        place.delete();
        if (old != null) {
            old.discard();
        }
    }
}
