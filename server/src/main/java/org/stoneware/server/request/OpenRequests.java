package org.stoneware.server.request;

import org.jspecify.annotations.Nullable;
import org.stoneware.api.session.SessionKey;

/**
 * Requests of ownership, releases and accesses.
 * <p>
 * <b>Threading:</b> the agent thread.
 */
final class OpenRequests {
    private final RequestContext context;
    private final ExpirySweep sweep;

    OpenRequests(RequestContext context, ExpirySweep sweep) {
        this.context = context;
        this.sweep = sweep;
    }

    void onGetOwn(long requestEpoch, long requestId, long knownVersion, int maxWaitMs, SessionKey asked) {
        @Nullable ClientRow row = context.registered(requestEpoch);
        if (row == null) {
            return;
        }
        SessionKey key = context.resolve(asked);
        switch (context.residency(key)) {
            case HERE -> {}
            case ABSENT -> {
                if (context.awaitsOffer(false)) {
                    return;
                }
                context.counters.opened++;
                context.ended(key);
                context.answerAbsent(row, requestId, context.arrivedNs);
                return;
            }
            case WAITS -> {
                return;
            }
        }
        context.store.read(key, context.view);
        if (!context.ownership.goesOn(key, row, context.nowNs) && context.awaitsOffer(true)) {
            return;
        }
        if (ExpirySweep.isOver(context.view, context.logTimeMs()) && endsInstead(key)) {
            context.wait = RequestContext.Wait.ALONE;
            return;
        }
        context.counters.opened++;
        // A copy under the old id is not a copy of the session under its new one.
        long known = key.equals(asked) ? knownVersion : 0;
        long maxWaitNs = Math.max(0, maxWaitMs) * 1_000_000L;
        context.ownership.request(key, row, requestId, known, maxWaitNs, context.nowNs);
    }

    /** True when the session is ending, or will once it may; the request waits until that is committed. */
    private boolean endsInstead(SessionKey key) {
        if (!context.rule.mayGrant(key, context.nowNs) || !context.isTellable(key)) {
            return true;
        }
        // Asking has looked at the store, which may have used the view for that.
        return context.store.read(key, context.view) && sweep.endsNow(key, context.view, context.nowNs);
    }

    void onRelease(long requestEpoch, long token, long accessAgeMs, long grant, SessionKey asked) {
        @Nullable ClientRow row = context.registered(requestEpoch);
        SessionKey key = context.resolve(asked);
        SessionOwnership.@Nullable Row owned = row == null ? null : context.ownership.owned(key, row, token);
        if (owned == null || !touch(accessAgeMs, key)) {
            return;
        }
        context.counters.released++;
        context.counters.answers.done(RequestKind.RELEASE, context.nowNs - context.arrivedNs);
        context.ownership.releaseSeen(owned, grant, context.nowNs);
    }

    void onTouch(long requestEpoch, long accessAgeMs, SessionKey key) {
        if (context.registered(requestEpoch) != null && touch(accessAgeMs, context.resolve(key))) {
            context.counters.answers.done(RequestKind.TOUCH, context.nowNs - context.arrivedNs);
        }
    }

    /** @return false when the access could not be logged; the message waits. */
    private boolean touch(long accessAgeMs, SessionKey key) {
        if (accessAgeMs < 0 || context.isReadOnly()) {
            return true;
        }
        if (context.store.isBehind()) {
            context.waitsForStore = true;
            context.wait = RequestContext.Wait.IN_ORDER;
            return false;
        }
        long accessMs = context.logTimeMs() - accessAgeMs;
        int length = context.entries.sessionTouched(context.proposals.entry, accessMs, key);
        if (!context.propose(length, null, null, Proposals.Action.NONE)) {
            return false;
        }
        context.counters.touched++;
        return true;
    }
}
