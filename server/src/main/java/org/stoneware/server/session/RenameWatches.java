package org.stoneware.server.session;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.stoneware.api.session.SessionKey;

/**
 * Tells of sessions that get another id. A walk over the store shows every session that has its id all the time, so whoever must not miss
 * one looks at these as well.
 * <p>
 * <b>Threading:</b> the agent thread.
 */
public final class RenameWatches {
    private final List<Consumer<SessionKey>> watches = new ArrayList<>();

    /** @param watch is told the new id; changes nothing. */
    public void add(Consumer<SessionKey> watch) {
        watches.add(watch);
    }

    public void remove(Consumer<SessionKey> watch) {
        watches.remove(watch);
    }

    void onRenamed(SessionKey to) {
        for (Consumer<SessionKey> watch : watches) {
            watch.accept(to);
        }
    }
}
