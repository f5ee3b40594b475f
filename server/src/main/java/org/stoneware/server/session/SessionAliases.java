package org.stoneware.server.session;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.session.SessionKey;

/**
 * Old ids of renamed sessions, for requests that were on their way.
 * <p>
 * Replicated state: changed only by log entries. <b>Limits:</b> an alias goes with the first rename after its end.
 */
final class SessionAliases {
    /** How long the old id of a renamed session still leads to it, in log time. */
    static final long ALIAS_MS = 5_000;

    /** In order of their end, because log time never goes back. */
    private final Map<SessionKey, Alias> aliases = new LinkedHashMap<>();

    private record Alias(SessionKey to, long untilMs) {}

    /** Sees aliases. */
    @FunctionalInterface
    interface Visitor {
        void onAlias(long untilMs, SessionKey from, SessionKey to);
    }

    /** The key a session has now, when {@code key} is an old one of it; else {@code key}. */
    SessionKey resolve(SessionKey key, long logTimeMs) {
        SessionKey now = key;
        // A session renamed twice within seconds is found under its first id as well. There is no circle: an id that
        // a session takes is nobody's old id any more.
        @Nullable Alias alias = aliases.isEmpty() ? null : aliases.get(now);
        while (alias != null && alias.untilMs >= logTimeMs) {
            now = alias.to;
            alias = aliases.get(now);
        }
        return now;
    }

    void renamed(SessionKey from, SessionKey to, long logTimeMs) {
        prune(logTimeMs);
        taken(to);
        add(from, to, logTimeMs + ALIAS_MS);
    }

    /** A session has this id now, so it is nobody's old one. */
    void taken(SessionKey key) {
        aliases.remove(key);
    }

    void add(SessionKey from, SessionKey to, long untilMs) {
        aliases.remove(from);
        aliases.put(from, new Alias(to, untilMs));
    }

    private void prune(long logTimeMs) {
        for (Iterator<Alias> each = aliases.values().iterator(); each.hasNext(); ) {
            if (each.next().untilMs >= logTimeMs) {
                return;
            }
            each.remove();
        }
    }

    /** Shows all aliases in order of their end. */
    void forEach(Visitor visitor) {
        aliases.forEach((from, alias) -> visitor.onAlias(alias.untilMs, from, alias.to));
    }

    boolean contains(SessionKey from) {
        return aliases.containsKey(from);
    }

    int size() {
        return aliases.size();
    }

    void clear() {
        aliases.clear();
    }
}
