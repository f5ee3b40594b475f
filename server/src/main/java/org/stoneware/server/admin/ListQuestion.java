package org.stoneware.server.admin;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.cluster.SessionAdmin.SessionPage;
import org.stoneware.api.cluster.SessionAdmin.SessionQuery;
import org.stoneware.api.cluster.SessionAdmin.SessionSummary;
import org.stoneware.api.cluster.SessionCursor;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.spi.storage.StoreSnapshot;

/**
 * Finds the first sessions behind a cursor, in order of application and id, in one walk that keeps no more than it is asked for. A
 * store shows sessions in an order of its own, and a session twice at times, so the page is sorted and told apart here.
 */
final class ListQuestion extends Question<SessionPage> {
    private static final Comparator<SessionKey> ORDER =
            Comparator.comparing(SessionKey::application).thenComparing(SessionKey::id);

    private final Surroundings surroundings;
    private final SessionQuery query;
    private final @Nullable SessionKey after;
    private final SessionWalk walk;
    private final TreeMap<SessionKey, SessionSummary> page = new TreeMap<>(ORDER);
    private boolean isMore;

    ListQuestion(Surroundings surroundings, SessionQuery query, CompletableFuture<SessionPage> answer) {
        super(answer);
        this.surroundings = surroundings;
        this.query = query;
        this.after = SessionCursor.parse(query.cursor());
        this.walk = new SessionWalk(surroundings);
    }

    @Override
    int work(int budget, long nowNs) {
        int shown = walk.next(budget, this::see);
        if (shown == StoreSnapshot.END) {
            List<SessionSummary> sessions = new ArrayList<>(page.values());
            String next = isMore ? SessionCursor.after(page.lastKey()) : "";
            answer().complete(new SessionPage(surroundings.self(), surroundings.role(), sessions, next));
            return 1;
        }
        return shown;
    }

    private void see(SessionRecord record) {
        SessionKey key = record.key();
        if (!query.application().isEmpty() && !key.application().equals(query.application())) {
            return;
        }
        if (!key.id().startsWith(query.idPrefix()) || (after != null && ORDER.compare(key, after) <= 0)) {
            return;
        }
        boolean isFull = page.size() == query.limit();
        if (isFull && ORDER.compare(key, page.lastKey()) > 0) {
            isMore = true;
            return;
        }
        boolean isNew = page.put(key, Summaries.of(key, record)) == null;
        if (isFull && isNew) {
            page.pollLastEntry();
            isMore = true;
        }
    }

    @Override
    void release() {
        walk.close();
    }
}
