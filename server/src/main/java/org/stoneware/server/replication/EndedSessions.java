package org.stoneware.server.replication;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.session.SessionKey;

/**
 * Keys that ended on this server, and sessions that got another key, since the last entry another server was known to hold.
 * <p>
 * <b>Threading:</b> the agent thread.
 * <p>
 * <b>Limits:</b> {@link #MAX_ENDED} of each; beyond them the oldest are forgotten, which {@link #isComplete} tells.
 */
public final class EndedSessions {
    static final int MAX_ENDED = 100_000;

    /** In order of their entries, both. */
    private final Map<SessionKey, Ended> ended = new LinkedHashMap<>();

    private final Map<SessionKey, Origin> renamed = new LinkedHashMap<>();
    private long knownSince;

    private record Ended(long index, boolean isExpired) {}

    private record Origin(SessionKey key, long index) {}

    /** Sees keys. */
    @FunctionalInterface
    interface Visitor {
        void onKey(SessionKey key);
    }

    /** A session was removed, or has expired. */
    public void removed(SessionKey key, long index, boolean isExpired) {
        ended.remove(key);
        ended.put(key, new Ended(index, isExpired));
        renamed.remove(key);
        trim();
    }

    /** A session has another key. */
    public void renamed(SessionKey from, SessionKey to, long index) {
        Origin earlier = renamed.remove(from);
        SessionKey origin = earlier == null ? from : earlier.key;
        ended.remove(from);
        ended.put(from, new Ended(index, false));
        renamed.remove(to);
        if (!origin.equals(to)) {
            renamed.put(to, new Origin(origin, index));
        }
        trim();
    }

    private void trim() {
        while (ended.size() > MAX_ENDED) {
            Iterator<Ended> oldest = ended.values().iterator();
            knownSince = Math.max(knownSince, oldest.next().index);
            oldest.remove();
        }
        while (renamed.size() > MAX_ENDED) {
            Iterator<Origin> oldest = renamed.values().iterator();
            knownSince = Math.max(knownSince, oldest.next().index);
            oldest.remove();
        }
    }

    void forgetUpTo(long index) {
        knownSince = Math.max(knownSince, index);
        if (!ended.isEmpty()) {
            forget(ended.values().iterator(), index);
            Iterator<Origin> each = renamed.values().iterator();
            while (each.hasNext() && each.next().index <= index) {
                each.remove();
            }
        }
    }

    private static void forget(Iterator<Ended> each, long index) {
        while (each.hasNext() && each.next().index <= index) {
            each.remove();
        }
    }

    /** Entry after which everything that ended is known. */
    long knownSince() {
        return knownSince;
    }

    /** True when everything that ended after an entry is known. */
    boolean isComplete(long sinceIndex) {
        return knownSince <= sinceIndex;
    }

    boolean isEndedSince(SessionKey key, long sinceIndex) {
        Ended found = ended.get(key);
        return found != null && found.index > sinceIndex;
    }

    /** The key a session had at an entry, when it has had another one since; null when it is the same. */
    @Nullable
    SessionKey originSince(SessionKey key, long sinceIndex) {
        Origin origin = renamed.get(key);
        return origin != null && origin.index > sinceIndex ? origin.key : null;
    }

    /** Shows what applications removed after an entry: neither what has expired, nor what only got another key. */
    void forEachRemovedSince(long sinceIndex, Visitor visitor) {
        Set<SessionKey> origins =
                renamed.values().stream().map(origin -> origin.key).collect(Collectors.toSet());
        ended.forEach((key, each) -> {
            if (each.index > sinceIndex && !each.isExpired && !origins.contains(key)) {
                visitor.onKey(key);
            }
        });
    }

    int size() {
        return ended.size();
    }
}
