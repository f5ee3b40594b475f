package org.stoneware.server.admin;

import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.cluster.SessionAdmin.InvalidateOutcome;
import org.stoneware.api.cluster.SessionAdmin.InvalidateOutcome.Status;
import org.stoneware.api.session.SessionKey;
import org.stoneware.server.request.SessionControl;

/** Ends one session. */
final class EndQuestion extends Question<InvalidateOutcome> {
    private final Surroundings surroundings;
    private final SessionKey asked;
    private final String by;
    private @Nullable SessionControl control;
    private @Nullable SessionEnding ending;

    EndQuestion(Surroundings surroundings, SessionKey asked, String by, CompletableFuture<InvalidateOutcome> answer) {
        super(answer);
        this.surroundings = surroundings;
        this.asked = asked;
        this.by = by;
    }

    @Override
    int work(int budget, long nowNs) {
        SessionEnding begun = ending;
        SessionControl now = surroundings.control();
        if (now == null || (begun != null && now != control)) {
            answer().complete(NotActive.outcome(surroundings, 0, begun != null));
            return 1;
        }
        if (begun == null) {
            control = now;
            begun = new SessionEnding(now, now.resolve(asked, nowNs), false, nowNs);
            ending = begun;
        }
        String name = "session " + asked.shortId() + " of " + asked.application();
        switch (begun.work(nowNs)) {
            case ENDED -> {
                surroundings.note("session-invalidated", name + " ended by " + by);
                answer().complete(new InvalidateOutcome(Status.DONE, 1, 0, name + " is ended"));
            }
            case ABSENT -> answer().complete(new InvalidateOutcome(Status.ABSENT, 0, 0, "there is no " + name));
            case IN_USE ->
                answer().complete(new InvalidateOutcome(
                        Status.IN_USE,
                        0,
                        1,
                        name + " is in use: " + now.owner(asked) + " did not give it up within "
                                + SessionEnding.MAX_WAIT_NS / 1_000_000_000
                                + " s; try again when its request is over"));
            default -> {
                return 0;
            }
        }
        return 1;
    }
}
