package org.stoneware.testkit.election;

import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/** When things happen in a {@link SimulatedElectionNetwork}; what is due at the same moment, in the order it was added. */
final class SimulatedTime {
    private final PriorityQueue<Event> events = new PriorityQueue<>();
    private long nowNs;
    private long eventCount;

    SimulatedTime(long originNs) {
        nowNs = originNs;
    }

    long nowNs() {
        return nowNs;
    }

    /** Adds something that happens whatever becomes of the processes. */
    void at(long atNs, Runnable action) {
        events.add(new Event(atNs, eventCount++, null, 0, action));
    }

    /** Adds something the present process of a server does: never when it has ended, later when it is frozen. */
    void at(long atNs, SimulatedServer server, Runnable action) {
        events.add(new Event(atNs, eventCount++, server, server.incarnation, action));
    }

    /**
     * Does what comes next.
     *
     * @return false when there was nothing left up to a time; it is that time then.
     */
    boolean runNext(long endNs) {
        Event event = events.peek();
        if (event == null || event.atNs > endNs) {
            nowNs = endNs;
            return false;
        }
        events.remove();
        nowNs = event.atNs;
        run(event);
        return true;
    }

    private void run(Event event) {
        SimulatedServer server = event.server;
        if (server == null) {
            event.action.run();
        } else if (server.election != null && server.incarnation == event.incarnation) {
            if (server.isPaused(nowNs)) {
                events.add(new Event(server.pausedUntilNs, eventCount++, server, event.incarnation, event.action));
            } else {
                event.action.run();
            }
        }
    }

    private record Event(long atNs, long order, @Nullable SimulatedServer server, long incarnation, Runnable action)
            implements Comparable<Event> {
        @Override
        public int compareTo(Event other) {
            return atNs != other.atNs ? Long.compare(atNs, other.atNs) : Long.compare(order, other.order);
        }
    }
}
