package org.stoneware.testkit.history;

import java.util.ArrayList;
import java.util.List;

/**
 * Says whether what clients saw could have been answered by one copy of every session: each session a linearizable register, so
 * that what one Tomcat has answered every Tomcat shows from then on (invariant I2), and no update counts twice (I7).
 * <p>
 * Sessions are checked one by one, which is enough (M. Herlihy and J. Wing, "Linearizability", ACM TOPLAS 12(3), 1990, theorem on
 * locality). For each, {@link SessionOrder} first looks for contradictions that two or three operations show, then
 * {@link RegisterSearch} decides.
 * <p>
 * In a test:
 * <pre>{@code
 * History.Recorder recorder = new History.Recorder();
 * // in each client:
 * History.Call call = recorder.increment(session, "A", System.nanoTime());
 * long counter = askTomcatA(session); // if it throws, the call stays UNKNOWN
 * call.ok(counter, System.nanoTime());
 * // when all clients have ended:
 * HistoryChecker.check(recorder.history()).requireOk();
 * }</pre>
 * <p>
 * <b>Threading:</b> none; the same history gives the same result.
 * <p>
 * <b>Limits:</b> a number of steps for the whole history, shared out evenly, what is left over then among the sessions that need
 * more; bytes for one session; {@link RegisterSearch#MAX_OVERLAPPING} answered operations of a session at once. Beyond them the
 * verdict is {@link Verdict#UNDECIDED}, never a guess.
 */
public final class HistoryChecker {
    /** Sessions explained; further ones are left out. */
    public static final int MAX_VIOLATIONS = 5;

    private static final long MAX_STEPS = 100_000_000L;
    private static final long MAX_BYTES = 64L << 20;

    private final long maxSteps;
    private final long maxBytes;

    private HistoryChecker(long maxSteps, long maxBytes) {
        this.maxSteps = maxSteps;
        this.maxBytes = maxBytes;
    }

    /** Checks with limits that suit a test: some seconds and, if orders are many, one or two hundred megabytes. */
    public static CheckResult check(History history) {
        return withLimits(MAX_STEPS, MAX_BYTES).checkAll(history);
    }

    /**
     * A checker with limits of one's own.
     *
     * @param maxSteps  for the whole history; a step takes well under a microsecond.
     * @param maxBytes  about how much the search of one session may hold, two or three times.
     */
    public static HistoryChecker withLimits(long maxSteps, long maxBytes) {
        return new HistoryChecker(maxSteps, maxBytes);
    }

    public CheckResult checkAll(History history) {
        List<Violation> violations = new ArrayList<>();
        List<String> undecided = new ArrayList<>();
        List<String> open = new ArrayList<>(history.bySession().keySet());
        long left = maxSteps;
        long share = open.isEmpty() ? 0 : maxSteps / open.size();
        boolean isLastRound = open.size() <= 1;
        while (!open.isEmpty()) {
            List<String> needMore = new ArrayList<>();
            for (String session : open) {
                SearchBudget budget = new SearchBudget(share, maxBytes);
                SessionCheck check = new SessionCheck(history, session, budget);
                Verdict verdict = check.run();
                left = Math.max(0, left - budget.steps());
                if (verdict == Verdict.VIOLATED && violations.size() < MAX_VIOLATIONS) {
                    violations.add(check.violation());
                } else if (verdict == Verdict.UNDECIDED && budget.isOutOfSteps() && !isLastRound) {
                    needMore.add(session);
                } else if (verdict == Verdict.UNDECIDED) {
                    undecided.add("session " + session + ": undecided: " + check.undecided());
                }
            }
            open = needMore;
            share = open.isEmpty() ? 0 : left / open.size();
            isLastRound = true;
        }
        Verdict verdict =
                !violations.isEmpty() ? Verdict.VIOLATED : undecided.isEmpty() ? Verdict.OK : Verdict.UNDECIDED;
        return new CheckResult(
                verdict,
                violations,
                undecided,
                history.size(),
                history.bySession().size());
    }
}
