package org.stoneware.server.admin;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.cluster.SessionAdmin.InvalidateOutcome;
import org.stoneware.api.cluster.SessionAdmin.InvalidateOutcome.Status;
import org.stoneware.api.session.SessionKey;
import org.stoneware.server.request.SessionControl;
import org.stoneware.spi.storage.StoreSnapshot;

/** Ends the sessions of an application, a bounded number of them at a time, on one walk over all sessions. */
final class EndAllQuestion extends Question<InvalidateOutcome> {
    static final int MAX_AT_ONCE = 256;

    private final Surroundings surroundings;
    private final String application;
    private final String by;
    private final SessionWalk walk;
    private final List<SessionKey> found = new ArrayList<>();
    private final List<SessionEnding> endings = new ArrayList<>();
    private final long createdBeforeMs;
    private @Nullable SessionControl control;
    private boolean isWalked;
    private long ended;
    private long inUse;

    EndAllQuestion(
            Surroundings surroundings, String application, String by, CompletableFuture<InvalidateOutcome> answer) {
        super(answer);
        this.surroundings = surroundings;
        this.application = application;
        this.by = by;
        this.walk = new SessionWalk(surroundings);
        this.createdBeforeMs = surroundings.wallMs();
    }

    @Override
    int work(int budget, long nowNs) {
        SessionControl now = surroundings.control();
        if (now == null || (control != null && now != control)) {
            answer().complete(NotActive.outcome(surroundings, ended, control != null));
            return 1;
        }
        control = now;
        int work = walkOn(now, budget, nowNs);
        for (Iterator<SessionEnding> each = endings.iterator(); each.hasNext(); ) {
            SessionEnding.State state = each.next().work(nowNs);
            if (state != SessionEnding.State.WAITS && state != SessionEnding.State.PROPOSED) {
                ended += state == SessionEnding.State.ENDED ? 1 : 0;
                inUse += state == SessionEnding.State.IN_USE ? 1 : 0;
                each.remove();
                work++;
            }
        }
        if (isWalked && endings.isEmpty()) {
            answer().complete(result());
            return 1;
        }
        return work;
    }

    private int walkOn(SessionControl now, int budget, long nowNs) {
        int room = Math.min(budget, MAX_AT_ONCE - endings.size());
        if (isWalked || room == 0) {
            return 0;
        }
        int shown = walk.next(room, record -> {
            SessionKey key = record.key();
            // What begins after the question was asked belongs to somebody who is here now; log time is some ms off at
            // most.
            if (key.application().equals(application) && record.creationTimeMs() <= createdBeforeMs) {
                found.add(key);
            }
        });
        for (SessionKey key : found) {
            endings.add(new SessionEnding(now, key, nowNs));
        }
        found.clear();
        isWalked = shown == StoreSnapshot.END;
        return Math.max(0, shown);
    }

    private InvalidateOutcome result() {
        if (ended > 0) {
            surroundings.note("session-invalidated", ended + " sessions of " + application + " ended by " + by);
        }
        if (inUse > 0) {
            return new InvalidateOutcome(
                    Status.IN_USE,
                    ended,
                    inUse,
                    ended + " sessions of " + application + " are ended, " + inUse
                            + " were in use and are not; try again when their requests are over");
        }
        return ended == 0
                ? new InvalidateOutcome(Status.ABSENT, 0, 0, "there are no sessions of " + application)
                : new InvalidateOutcome(Status.DONE, ended, 0, ended + " sessions of " + application + " are ended");
    }

    @Override
    void release() {
        walk.close();
    }
}
