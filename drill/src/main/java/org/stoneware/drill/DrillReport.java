package org.stoneware.drill;

import java.io.PrintStream;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.stoneware.drill.CountedSession.Comparison;

/**
 * What came out of a drill.
 *
 * @param from            server that was active.
 * @param to              server that is; empty when none took over.
 * @param takeoverNs      from the request until the other server said that it is active.
 * @param longestBeforeNs longest request before the fail-over.
 * @param longestSinceNs  longest request since.
 * @param refused         requests the array answered with a refusal.
 * @param sessions        how each session ended.
 */
record DrillReport(
        String from,
        String to,
        long takeoverNs,
        long longestBeforeNs,
        long longestSinceNs,
        long refused,
        List<Comparison> sessions) {
    /** Sessions that are right are listed when they are so few. */
    private static final int MAX_LISTED = 20;

    long lost() {
        return sessions.stream().mapToLong(Comparison::lost).sum();
    }

    long doubled() {
        return sessions.stream().mapToLong(Comparison::doubled).sum();
    }

    boolean isPassed() {
        return !to.isEmpty() && sessions.stream().allMatch(Comparison::isRight);
    }

    void print(PrintStream out) {
        long acknowledged = sessions.stream().mapToLong(Comparison::expected).sum();
        long unknown = sessions.stream().mapToLong(Comparison::unknown).sum();
        long right = sessions.stream().filter(Comparison::isRight).count();
        out.println("requests                  " + acknowledged + " acknowledged, " + refused + " refused, " + unknown
                + " without an answer");
        out.println("hand-over                 "
                + (to.isEmpty() ? "no other server became active" : to + " active after " + ms(takeoverNs)));
        out.println("longest stalled request   " + ms(longestSinceNs) + " (before the hand-over " + ms(longestBeforeNs)
                + ")");
        boolean isListed = sessions.size() <= MAX_LISTED;
        if (isListed || right < sessions.size()) {
            out.println("session                            expected      found");
        }
        for (Comparison session : sessions) {
            if (isListed || !session.isRight()) {
                out.println(line(session));
            }
        }
        out.println("sessions compared         " + right + " of " + sessions.size() + " hold what was acknowledged");
        out.println("lost = " + lost());
        out.println("doubled = " + doubled());
        out.println(isPassed() ? "PASSED" : "FAILED");
    }

    private static String line(Comparison session) {
        String found = session.found() == Comparison.NOT_READ ? "not read" : Long.toString(session.found());
        String range = session.unknown() == 0 ? "" : "+" + session.unknown();
        return String.format(
                Locale.ROOT,
                "  %-28s %12s %10s%s",
                session.id(),
                session.expected() + range,
                found,
                session.isRight() ? "" : "  lost=" + session.lost() + " doubled=" + session.doubled());
    }

    private static String ms(long ns) {
        return TimeUnit.NANOSECONDS.toMillis(ns) + " ms";
    }
}
