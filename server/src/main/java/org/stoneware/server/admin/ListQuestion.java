package org.stoneware.server.admin;

import java.util.ArrayList;
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
    /** Where a session stands in the list. */
    private record Place(String application, String id) implements Comparable<Place> {
        static Place of(SessionKey key) {
            return new Place(key.application(), key.id());
        }

        @Override
        public int compareTo(Place other) {
            int byApplication = application.compareTo(other.application);
            return byApplication != 0 ? byApplication : id.compareTo(other.id);
        }
    }

    private final Surroundings surroundings;
    private final SessionQuery query;
    private final @Nullable Place after;
    private final SessionWalk walk;
    private final TreeMap<Place, SessionSummary> page = new TreeMap<>();
    private boolean isMore;

    ListQuestion(Surroundings surroundings, SessionQuery query, CompletableFuture<SessionPage> answer) {
        super(answer);
        this.surroundings = surroundings;
        this.query = query;
        SessionKey behind = SessionCursor.parse(query.cursor());
        this.after = behind == null ? null : Place.of(behind);
        this.walk = new SessionWalk(surroundings);
    }

    @Override
    int work(int budget, long nowNs) {
        int shown = walk.next(budget, this::see);
        if (shown == StoreSnapshot.END) {
            List<SessionSummary> sessions = new ArrayList<>(page.values());
            Place last = isMore ? page.lastKey() : null;
            String next = last == null ? "" : SessionCursor.after(SessionKey.of(last.application, last.id));
            answer().complete(new SessionPage(surroundings.self(), surroundings.role(), sessions, next));
            return 1;
        }
        return shown;
    }

    private void see(SessionRecord record) {
        SessionKey key = record.key();
        Place place = Place.of(key);
        if (!query.application().isEmpty() && !place.application.equals(query.application())) {
            return;
        }
        if (!place.id.startsWith(query.idPrefix()) || (after != null && place.compareTo(after) <= 0)) {
            return;
        }
        boolean isFull = page.size() == query.limit();
        if (isFull && place.compareTo(page.lastKey()) > 0) {
            isMore = true;
            return;
        }
        boolean isNew = page.put(place, Summaries.of(key, record)) == null;
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
