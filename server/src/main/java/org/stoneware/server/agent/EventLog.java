package org.stoneware.server.agent;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import java.util.regex.Pattern;
import org.stoneware.api.cluster.ClusterEvent;
import org.stoneware.api.cluster.ClusterStatus.Counter;
import org.stoneware.api.cluster.EventType;

/**
 * The last events of this server, in memory and as one line each in the log. Texts may hold what outsiders call themselves: control and
 * direction marks in them become {@code ?}, and long ones are cut.
 * <p>
 * <b>Threading:</b> any thread. <b>Limits:</b> {@link #MAX_EVENTS}; the oldest go first.
 */
final class EventLog {
    static final int MAX_EVENTS = 1_000;
    static final int MAX_TEXT_LENGTH = 1_000;
    private static final long REFUSAL_INTERVAL_MS = 1_000;
    private static final System.Logger LOG = System.getLogger("org.stoneware.server");
    private static final Pattern UNPRINTABLE = Pattern.compile("[\\p{C}\\p{Zl}\\p{Zp}]");

    private final LongSupplier wallClock;
    private final ArrayDeque<ClusterEvent> events = new ArrayDeque<>();
    private final Map<String, Long> counts = new TreeMap<>();
    private long lastSequence;
    private long refusedLogIns;
    private long refusalToldMs;

    EventLog(LongSupplier wallClock) {
        this.wallClock = wallClock;
    }

    void info(String type, String text) {
        add(type, text, false, true);
    }

    void warning(String type, String text) {
        add(type, text, true, true);
    }

    /** Somebody could not log in; of many such attempts one a second is told, with how many there were. */
    void logInRefused(String door, String from) {
        long nowMs = wallClock.getAsLong();
        long count;
        synchronized (events) {
            count = ++refusedLogIns;
            if (count > 1 && Math.abs(nowMs - refusalToldMs) < REFUSAL_INTERVAL_MS) {
                return;
            }
            refusalToldMs = nowMs;
        }
        warning(
                EventType.LOG_IN_REFUSED.externalName(),
                "log-in refused: door=" + door + " from=" + from + " refusedSinceStart=" + count);
    }

    /** Keeps what somebody else has put into the log already. */
    void logged(String type, String text, boolean isWarning) {
        add(type, text, isWarning, false);
    }

    private void add(String type, String text, boolean isWarning, boolean isToLog) {
        String line = printable(text);
        if (isToLog) {
            LOG.log(isWarning ? System.Logger.Level.WARNING : System.Logger.Level.INFO, line);
        }
        synchronized (events) {
            events.addLast(new ClusterEvent(++lastSequence, wallClock.getAsLong(), type, line, isWarning));
            counts.merge(type, 1L, Long::sum);
            if (events.size() > MAX_EVENTS) {
                events.removeFirst();
            }
        }
    }

    private static String printable(String text) {
        String cut = text.length() > MAX_TEXT_LENGTH ? text.substring(0, MAX_TEXT_LENGTH) + "..." : text;
        return UNPRINTABLE.matcher(cut).replaceAll("?");
    }

    List<ClusterEvent> list() {
        synchronized (events) {
            return List.copyOf(events);
        }
    }

    /** How many events of each type there were since this process began, as {@code events.<type>}. */
    List<Counter> counts() {
        synchronized (events) {
            List<Counter> all = new ArrayList<>(counts.size());
            counts.forEach((type, count) -> all.add(new Counter("events." + type, count)));
            return all;
        }
    }
}
