package org.stoneware.config;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.stoneware.config.Problem.Severity;

/** Collects problems, so that one run shows all of them. */
final class Problems {
    /** More than this many errors of one file help nobody. */
    private static final int MAX_PROBLEMS = 200;

    private static final Comparator<Problem> BY_PLACE = Comparator.<Problem>comparingInt(
                    problem -> problem.position().line())
            .thenComparingInt(problem -> problem.position().column());

    private final List<Problem> found = new ArrayList<>();

    void error(Position position, String path, String what, String allowed, String advice) {
        add(new Problem(Severity.ERROR, position, path, what, allowed, advice));
    }

    void warning(Position position, String path, String what, String advice) {
        add(new Problem(Severity.WARNING, position, path, what, "", advice));
    }

    void notice(Position position, String path, String what, String advice) {
        add(new Problem(Severity.NOTICE, position, path, what, "", advice));
    }

    boolean hasErrors() {
        return found.stream().anyMatch(problem -> problem.severity() == Severity.ERROR);
    }

    /** In the order of the file. */
    List<Problem> all() {
        return found.stream().sorted(BY_PLACE).toList();
    }

    private void add(Problem problem) {
        if (found.size() < MAX_PROBLEMS && !found.contains(problem)) {
            found.add(problem);
        }
    }
}
