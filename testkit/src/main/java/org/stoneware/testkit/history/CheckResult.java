package org.stoneware.testkit.history;

import java.util.List;

/**
 * What {@link HistoryChecker} found.
 *
 * @param verdict     VIOLATED if any session is, else UNDECIDED if any session is, else OK.
 * @param violations  of the sessions violated, at most {@link HistoryChecker#MAX_VIOLATIONS}.
 * @param undecided   one line for each session without a verdict, with the reason.
 * @param operations  how many were checked.
 * @param sessions    how many were checked.
 */
public record CheckResult(
        Verdict verdict, List<Violation> violations, List<String> undecided, int operations, int sessions) {
    /** For tests: throws with the explanation unless everything is explained. An open question is not an answer. */
    public void requireOk() {
        if (verdict != Verdict.OK) {
            throw new AssertionError(toString());
        }
    }

    @Override
    public String toString() {
        StringBuilder text =
                new StringBuilder("history " + verdict + ": operations=" + operations + " sessions=" + sessions);
        violations.forEach(violation -> text.append('\n').append(violation));
        undecided.forEach(line -> text.append('\n').append(line));
        return text.toString();
    }
}
