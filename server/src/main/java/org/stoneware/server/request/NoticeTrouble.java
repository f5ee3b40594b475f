package org.stoneware.server.request;

import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Which applications let notices of ended sessions lie, and how many of whose notices were dropped; people hear of both.
 * <p>
 * <b>Threading:</b> the agent thread. <b>Limits:</b> drops of {@link #MAX_APPLICATIONS} applications are told apart, each once a minute.
 */
final class NoticeTrouble {
    private static final int MAX_APPLICATIONS = 1_000;
    private static final String OTHERS = "(others)";
    private static final long TOLD_AGAIN_NS = TimeUnit.MINUTES.toNanos(1);

    private final RequestEvents events;
    private final Set<String> late = new HashSet<>();
    private final Map<String, Dropped> dropped = new LinkedHashMap<>();

    private static final class Dropped {
        long untold;

        @Nullable
        Long toldNs;
    }

    NoticeTrouble(RequestEvents events) {
        this.events = events;
    }

    /** Applications that have confirmed nothing since a notice of theirs was late. */
    Set<String> late() {
        return Collections.unmodifiableSet(late);
    }

    /** @param waiting ended sessions of the application that nobody has confirmed. */
    void onLate(ClientRow client, String application, int waiting) {
        late.add(application);
        if (client.notices.setLate(application, true)) {
            events.warning(
                    "expiry-notices-late",
                    client.name + " does not confirm the ends of sessions it was told of: application=" + application
                            + " waiting=" + waiting
                            + "; a listener of that application hangs, or the Tomcat does");
        }
    }

    void onConfirmed(ClientRow client, String application) {
        late.remove(application);
        if (client.notices.setLate(application, false)) {
            events.info(
                    "expiry-notices-confirmed",
                    client.name + " confirms ends of sessions again: application=" + application);
        }
    }

    void onDropped(String application, int count) {
        String name = dropped.containsKey(application) || dropped.size() < MAX_APPLICATIONS ? application : OTHERS;
        dropped.computeIfAbsent(name, each -> new Dropped()).untold += count;
    }

    /**
     * Tells of drops, of each application once a minute.
     *
     * @param isOver true for an application that has no notices any more.
     */
    void doWork(long nowNs, Predicate<String> isOver) {
        late.removeIf(isOver);
        dropped.forEach((application, each) -> {
            @Nullable Long toldNs = each.toldNs;
            if (each.untold > 0 && (toldNs == null || nowNs - toldNs >= TOLD_AGAIN_NS)) {
                events.warning(
                        "expiry-notices-dropped",
                        "listeners will not hear of ended sessions: application=" + application + " sessions="
                                + each.untold
                                + "; no Tomcat that serves the application confirmed them in time, or more ended than may wait");
                each.untold = 0;
                each.toldNs = nowNs;
            }
        });
        dropped.values().removeIf(each -> {
            @Nullable Long toldNs = each.toldNs;
            return each.untold == 0 && toldNs != null && nowNs - toldNs >= TOLD_AGAIN_NS;
        });
    }
}
