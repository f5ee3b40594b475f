package org.stoneware.server.agent;

import java.util.ArrayDeque;
import java.util.List;
import java.util.function.LongSupplier;
import org.stoneware.api.cluster.ClusterEvent;

/**
 * The last events of this server, in memory and as one line each in the log.
 * <p>
 * <b>Threading:</b> any thread. <b>Limits:</b> {@link #MAX_EVENTS}; the oldest go first.
 */
final class EventLog {
    static final int MAX_EVENTS = 1_000;
    private static final System.Logger LOG = System.getLogger("org.stoneware.server");

    private final LongSupplier wallClock;
    private final ArrayDeque<ClusterEvent> events = new ArrayDeque<>();
    private long lastSequence;

    EventLog(LongSupplier wallClock) {
        this.wallClock = wallClock;
    }

    void info(String type, String text) {
        add(System.Logger.Level.INFO, type, text);
    }

    void warning(String type, String text) {
        add(System.Logger.Level.WARNING, type, text);
    }

    private void add(System.Logger.Level level, String type, String text) {
        LOG.log(level, text);
        synchronized (events) {
            events.addLast(new ClusterEvent(++lastSequence, wallClock.getAsLong(), type, text));
            if (events.size() > MAX_EVENTS) {
                events.removeFirst();
            }
        }
    }

    List<ClusterEvent> list() {
        synchronized (events) {
            return List.copyOf(events);
        }
    }
}
