package org.stoneware.server.admin;

import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.session.SessionKey;
import org.stoneware.server.request.SessionControl;
import org.stoneware.wire.session.WriteStatus;

/**
 * One session on its way to its end: its owner gives it up, the entry that ends it is proposed, every in-sync server has it.
 * <p>
 * <b>Threading:</b> the agent thread.
 */
final class SessionEnding {
    /** A request that runs longer keeps its session. */
    static final long MAX_WAIT_NS = TimeUnit.SECONDS.toNanos(10);

    private final SessionControl control;
    private final SessionKey key;
    private final boolean onlyIfOver;
    private final long deadlineNs;
    private final StoreAttempts attempts = new StoreAttempts();
    private State state = State.WAITS;

    /** Where it stands. */
    enum State {
        /** For its owner, the log or the store. */
        WAITS,
        /** For the commit. */
        PROPOSED,
        ENDED,
        ABSENT,
        IN_USE
    }

    /**
     * @param control    of the epoch in which it is to end.
     * @param onlyIfOver leaves it alone when its time turns out not to be over.
     */
    SessionEnding(SessionControl control, SessionKey key, boolean onlyIfOver, long nowNs) {
        this.control = control;
        this.key = key;
        this.onlyIfOver = onlyIfOver;
        this.deadlineNs = nowNs + MAX_WAIT_NS;
    }

    State work(long nowNs) {
        if (state == State.WAITS && attempts.isDue(nowNs)) {
            attempts.again(nowNs);
            propose(nowNs);
        }
        return state;
    }

    private void propose(long nowNs) {
        state = State.PROPOSED;
        boolean isProposed = control.end(key, onlyIfOver, nowNs, this::onCommitted);
        if (!isProposed) {
            state = nowNs - deadlineNs < 0 ? State.WAITS : State.IN_USE;
        }
    }

    private void onCommitted(@Nullable WriteStatus status) {
        if (status == WriteStatus.COMMITTED) {
            state = State.ENDED;
        } else if (status == null) {
            state = State.ABSENT;
        } else {
            // It was used between being given up and the entry; once more.
            state = State.WAITS;
        }
    }
}
