package org.stoneware.config.selfcheck;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Decides what to say about a list of problems that is looked up again and again: things come and go while bundles start, so a problem counts
 * once two looks in a row have found it, and is over once two have not. One that comes and goes keeps no other from being named. Each change is
 * said once.
 */
final class ProblemReport {
    private final long quietNs;
    private final long startNs;
    private @Nullable List<String> lastSeen;
    private List<String> reported = List.of();
    private boolean hasReported;

    /** @param quietNs nothing is said within this time from {@code startNs}, while everything is still starting. */
    ProblemReport(long startNs, long quietNs) {
        this.startNs = startNs;
        this.quietNs = quietNs;
    }

    /**
     * What changed.
     *
     * @param isFirst  the first word on the matter.
     * @param appeared problems to name.
     * @param gone     problems named before and now over.
     */
    record Change(boolean isFirst, List<String> appeared, List<String> gone) {
        static final Change NONE = new Change(false, List.of(), List.of());

        boolean isEmpty() {
            return !isFirst && appeared.isEmpty() && gone.isEmpty();
        }
    }

    Change seen(List<String> problems, long nowNs) {
        @Nullable List<String> before = lastSeen;
        lastSeen = List.copyOf(problems);
        if (before == null || nowNs - startNs < quietNs) {
            return Change.NONE;
        }
        List<String> appeared = new ArrayList<>(problems);
        appeared.retainAll(before);
        appeared.removeAll(reported);
        List<String> gone = new ArrayList<>(reported);
        gone.removeAll(problems);
        gone.removeAll(before);
        List<String> now = new ArrayList<>(reported);
        now.removeAll(gone);
        now.addAll(appeared);
        now.sort(null);
        reported = List.copyOf(now);
        boolean isFirst = !hasReported && (!reported.isEmpty() || problems.isEmpty() && before.isEmpty());
        hasReported |= isFirst;
        return new Change(isFirst, appeared, gone);
    }

    /** What was said last and still holds. */
    List<String> reported() {
        return reported;
    }
}
