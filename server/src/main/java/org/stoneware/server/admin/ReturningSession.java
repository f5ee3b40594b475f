package org.stoneware.server.admin;

import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.UnsafeBuffer;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.server.request.SessionControl;
import org.stoneware.server.request.SessionControl.Returning;
import org.stoneware.wire.session.WriteStatus;

/**
 * One saved session on its way back: the owner of the one it replaces gives that up, the entry that adopts it is proposed, every in-sync
 * server has it.
 * <p>
 * <b>Threading:</b> the agent thread.
 */
final class ReturningSession {
    /** A request that runs longer keeps its session. */
    static final long MAX_WAIT_NS = TimeUnit.SECONDS.toNanos(10);

    private final SessionControl control;
    private final Returning returning;
    private final boolean replaces;
    private final long deadlineNs;
    private final StoreAttempts attempts = new StoreAttempts();
    private State state = State.WAITS;

    /** Where it stands. */
    enum State {
        /** For an owner, the log or the store. */
        WAITS(false),
        /** For the commit. */
        PROPOSED(false),
        RESTORED(true),
        REPLACED(true),
        REPLACED_NEWER(true),
        UNCHANGED(true),
        KEPT(true),
        EXPIRED(true),
        IN_USE(true),
        TOO_LONG(true),
        /** The log or the store was behind all the time. */
        BUSY(true),
        /** The store has no room. */
        FULL(true),
        /** The store takes no changes any more. */
        FAILED(true);

        private final boolean isEnd;

        State(boolean isEnd) {
            this.isEnd = isEnd;
        }

        boolean isEnd() {
            return isEnd;
        }
    }

    /** @param control of the epoch in which it is put back. */
    ReturningSession(SessionControl control, SessionRecord saved, AdoptionTerms terms, long wallMs, long nowNs) {
        this.control = control;
        this.replaces = terms.replaces();
        this.deadlineNs = nowNs + MAX_WAIT_NS;
        this.returning = returning(saved, terms, control.logTimeMs(nowNs), wallMs);
    }

    private static Returning returning(SessionRecord saved, AdoptionTerms terms, long logTimeMs, long wallMs) {
        long shiftMs = terms.shiftMs(logTimeMs, wallMs);
        UnsafeBuffer copy = new UnsafeBuffer(new byte[saved.length()]);
        copy.putBytes(0, saved.buffer(), saved.offset(), saved.length());
        long accessMs = Math.min(logTimeMs, saved.lastAccessedTimeMs() + shiftMs);
        SessionRecord.lastAccessedTimeMs(copy, 0, accessMs);
        SessionRecord.creationTimeMs(copy, 0, Math.min(accessMs, saved.creationTimeMs() + shiftMs));
        return new Returning(new SessionRecord().wrap(copy, 0), saved.lastAccessedTimeMs());
    }

    State work(long nowNs) {
        if (state == State.WAITS && attempts.isDue(nowNs)) {
            attempts.again(nowNs);
            // Before the call: an entry may be committed inside it.
            state = State.PROPOSED;
            State next = next(control.adopt(returning, replaces, nowNs, this::onAdopted), nowNs);
            state = next == State.PROPOSED ? state : next;
        }
        return state;
    }

    private State next(SessionControl.Adoption adoption, long nowNs) {
        return switch (adoption) {
            case NOT_NOW -> nowNs - deadlineNs < 0 ? State.WAITS : State.BUSY;
            case IN_USE -> nowNs - deadlineNs < 0 ? State.WAITS : State.IN_USE;
            case PROPOSED -> State.PROPOSED;
            case KEPT -> State.KEPT;
            case UNCHANGED -> State.UNCHANGED;
            case EXPIRED -> State.EXPIRED;
            case TOO_LONG -> State.TOO_LONG;
        };
    }

    private void onAdopted(WriteStatus status, boolean isReplaced, boolean isNewer) {
        if (status == WriteStatus.COMMITTED) {
            State replaced = isNewer ? State.REPLACED_NEWER : State.REPLACED;
            state = isReplaced ? replaced : State.RESTORED;
        } else {
            state = status == WriteStatus.FULL ? State.FULL : State.FAILED;
        }
    }
}
