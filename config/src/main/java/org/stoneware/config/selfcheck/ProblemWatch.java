package org.stoneware.config.selfcheck;

import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.stoneware.config.selfcheck.ProblemReport.Change;

/**
 * When the self-check looks, and from when on it speaks: what is broken from the start is named within {@link #LATEST_WORD_NS} of the start of
 * the process, or within {@link #AFTER_START_NS} of the start of the framework where that takes longer.
 * <p>
 * Pure: time is a parameter. <b>Threading:</b> one thread.
 */
final class ProblemWatch {
    /** By then the first word is said, if the framework had started {@link #AFTER_START_NS} before. */
    static final long LATEST_WORD_NS = TimeUnit.SECONDS.toNanos(5);
    /** Two looks that agree, and the time they take. */
    static final long AFTER_START_NS = TimeUnit.MILLISECONDS.toNanos(1_500);

    private static final long INTERVAL_NS = TimeUnit.MILLISECONDS.toNanos(500);
    private static final long QUIET_NS = TimeUnit.SECONDS.toNanos(3);
    /** A machine that is busy starts slowly; a start that takes longer than this hangs, and what is missing is named. */
    private static final long LONGEST_START_NS = TimeUnit.SECONDS.toNanos(30);

    private final long startNs;
    private final ProblemReport report;

    /** @param startNs when the process started. */
    ProblemWatch(long startNs) {
        this.startNs = startNs;
        this.report = new ProblemReport(startNs, QUIET_NS);
    }

    /** Time until the next look. Looks are due at fixed times, so that a slow one does not put off those behind it. */
    long untilNextLookNs(long nowNs) {
        return INTERVAL_NS - Math.floorMod(nowNs - startNs, INTERVAL_NS);
    }

    /**
     * Looks, unless the framework is still starting.
     *
     * @param look finds what is wrong now.
     */
    Change look(boolean isFrameworkStarting, Supplier<List<String>> look, long nowNs) {
        if (isFrameworkStarting && nowNs - startNs <= LONGEST_START_NS) {
            return Change.NONE;
        }
        return report.seen(look.get(), nowNs);
    }

    /** What was said last and still holds. */
    List<String> reported() {
        return report.reported();
    }
}
