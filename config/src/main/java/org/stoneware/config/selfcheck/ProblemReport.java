package org.stoneware.config.selfcheck;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Decides what to say about a list of problems that is looked up again and again: things come and go while bundles start, so only what two
 * looks in a row agree on counts, and each change is said once.
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
        boolean isEmpty() {
            return !isFirst && appeared.isEmpty() && gone.isEmpty();
        }
    }

    Change seen(List<String> problems, long nowNs) {
        boolean isStable = problems.equals(lastSeen);
        lastSeen = List.copyOf(problems);
        if (nowNs - startNs < quietNs || !isStable) {
            return new Change(false, List.of(), List.of());
        }
        List<String> appeared = new ArrayList<>(problems);
        appeared.removeAll(reported);
        List<String> gone = new ArrayList<>(reported);
        gone.removeAll(problems);
        Change change = new Change(!hasReported, appeared, gone);
        hasReported = true;
        reported = List.copyOf(problems);
        return change;
    }

    /** What was said last and still holds. */
    List<String> reported() {
        return reported;
    }
}
