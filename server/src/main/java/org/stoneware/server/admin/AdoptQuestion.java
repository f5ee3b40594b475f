package org.stoneware.server.admin;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.cluster.SessionBackup.RestoreCounts;
import org.stoneware.server.admin.ReturningSession.State;
import org.stoneware.server.request.SessionControl;

/** Puts a batch of saved sessions back, all of them on their way at once. */
final class AdoptQuestion extends Question<AdoptionAnswer> {
    private final Surroundings surroundings;
    private final RecordBatch batch;
    private final AdoptionTerms terms;
    private final List<ReturningSession> open = new ArrayList<>();
    private final Map<State, Long> ended = new EnumMap<>(State.class);
    private @Nullable SessionControl control;

    AdoptQuestion(
            Surroundings surroundings,
            RecordBatch batch,
            AdoptionTerms terms,
            CompletableFuture<AdoptionAnswer> answer) {
        super(answer);
        this.surroundings = surroundings;
        this.batch = batch;
        this.terms = terms;
    }

    @Override
    int work(int budget, long nowNs) {
        SessionControl now = surroundings.control();
        boolean isBegun = control != null;
        if (now == null || isBegun && now != control) {
            String why = NotActive.text(surroundings, "puts no sessions back", isBegun);
            answer().complete(new AdoptionAnswer(counts(), why, false));
            return 1;
        }
        if (!isBegun) {
            control = now;
            long wallMs = surroundings.wallMs();
            batch.forEach(record -> open.add(new ReturningSession(now, record, terms, wallMs, nowNs)));
        }
        int work = 0;
        for (Iterator<ReturningSession> each = open.iterator(); each.hasNext(); ) {
            State state = each.next().work(nowNs);
            if (state.isEnd()) {
                ended.merge(state, 1L, Long::sum);
                each.remove();
                work++;
            }
        }
        if (open.isEmpty()) {
            answer().complete(new AdoptionAnswer(counts(), trouble(), true));
            return work + 1;
        }
        return work;
    }

    private String trouble() {
        if (count(State.FAILED) > 0) {
            return "the session store of " + surroundings.self() + " takes no changes: "
                    + surroundings.current().store().health().reason();
        }
        if (count(State.BUSY) > 0) {
            return "server " + surroundings.self() + " could not take sessions for "
                    + TimeUnit.NANOSECONDS.toSeconds(ReturningSession.MAX_WAIT_NS)
                    + " s, since its disk or another server in sync is behind; restore again when it has caught up: what is here"
                    + " already is skipped";
        }
        return count(State.FULL) > 0
                ? "the session store of " + surroundings.self()
                        + " is full; make room (offheap/maxDataSize, disk), then restore again: what is here already is skipped"
                : "";
    }

    private RestoreCounts counts() {
        long newer = count(State.REPLACED_NEWER);
        return new RestoreCounts(
                count(State.RESTORED),
                count(State.REPLACED) + newer,
                newer,
                count(State.UNCHANGED),
                count(State.KEPT),
                count(State.EXPIRED),
                count(State.IN_USE),
                count(State.TOO_LONG) + count(State.BUSY) + count(State.FULL) + count(State.FAILED));
    }

    private long count(State state) {
        return ended.getOrDefault(state, 0L);
    }
}
