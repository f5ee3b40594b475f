package org.stoneware.server.admin;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.cluster.SessionAdmin.InvalidateOutcome;
import org.stoneware.api.cluster.SessionAdmin.InvalidateOutcome.Status;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.server.request.SessionControl;
import org.stoneware.spi.storage.StoreSnapshot;

/** Ends many sessions, a bounded number of them at a time, on one walk over all. */
final class EndAllQuestion extends Question<InvalidateOutcome> {
    static final int MAX_AT_ONCE = 256;

    /** Which sessions. */
    interface Selection {
        boolean selects(SessionRecord record, SessionControl control, long nowNs);

        boolean onlyIfOver();

        /** For people, after a number. */
        String inWords();
    }

    /** Those of one application. */
    record OfApplication(String application) implements Selection {
        @Override
        public boolean selects(SessionRecord record, SessionControl control, long nowNs) {
            return record.key().application().equals(application);
        }

        @Override
        public boolean onlyIfOver() {
            return false;
        }

        @Override
        public String inWords() {
            return "sessions of " + application;
        }
    }

    /** Those whose time is over. */
    record Overdue() implements Selection {
        @Override
        public boolean selects(SessionRecord record, SessionControl control, long nowNs) {
            return control.isOver(record, nowNs);
        }

        @Override
        public boolean onlyIfOver() {
            return true;
        }

        @Override
        public String inWords() {
            return "sessions whose time is over";
        }
    }

    private final Surroundings surroundings;
    private final Selection selection;
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
            Surroundings surroundings, Selection selection, String by, CompletableFuture<InvalidateOutcome> answer) {
        super(answer);
        this.surroundings = surroundings;
        this.selection = selection;
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
            // What begins after the question was asked belongs to somebody who is here now; log time is some ms off at
            // most.
            if (record.creationTimeMs() <= createdBeforeMs && selection.selects(record, now, nowNs)) {
                found.add(record.key());
            }
        });
        for (SessionKey key : found) {
            endings.add(new SessionEnding(now, key, selection.onlyIfOver(), nowNs));
        }
        found.clear();
        isWalked = shown == StoreSnapshot.END;
        return Math.max(0, shown);
    }

    private InvalidateOutcome result() {
        String done = ended + " " + selection.inWords() + (ended == 1 ? " is ended" : " are ended");
        String unread = walk.unread() == 0
                ? ""
                : "; " + walk.unread() + " sessions the device does not read were not looked at";
        if (ended > 0) {
            surroundings.note("session-invalidated", done + " by " + by);
        }
        if (inUse > 0) {
            String left = ", " + inUse + " in use and not ended; try again when their requests are over";
            return new InvalidateOutcome(Status.IN_USE, ended, inUse, done + left + unread);
        }
        return new InvalidateOutcome(
                ended == 0 ? Status.ABSENT : Status.DONE,
                ended,
                0,
                (ended == 0 ? "there are no " + selection.inWords() : done) + unread);
    }

    @Override
    void release() {
        walk.close();
    }
}
