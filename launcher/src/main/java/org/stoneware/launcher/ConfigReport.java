package org.stoneware.launcher;

import java.io.PrintStream;
import java.util.List;
import org.stoneware.config.EffectiveValue;
import org.stoneware.config.Problem;
import org.stoneware.config.Problem.Severity;
import org.stoneware.config.TcConfig;

/** Prints problems and effective values for people. */
final class ConfigReport {
    private ConfigReport() {}

    /** Prints errors, and with them the warnings that may explain them. */
    static void printProblems(PrintStream out, String source, List<Problem> problems) {
        for (Severity severity : Severity.values()) {
            for (Problem problem : problems) {
                if (problem.severity() == severity) {
                    out.println(line(source, problem));
                }
            }
        }
    }

    static String line(String source, Problem problem) {
        String prefix =
                switch (problem.severity()) {
                    case ERROR -> "error: ";
                    case WARNING -> "warning: ";
                    case NOTICE -> "notice: ";
                };
        return prefix + problem.format(source);
    }

    static String summary(List<Problem> problems) {
        long errors = problems.stream()
                .filter(problem -> problem.severity() == Severity.ERROR)
                .count();
        return errors == 1 ? "1 error; nothing was started" : errors + " errors; nothing was started";
    }

    static void printEffectiveValues(PrintStream out, TcConfig config) {
        List<EffectiveValue> values = config.effectiveValues();
        int nameWidth =
                values.stream().mapToInt(value -> value.name().length()).max().orElse(0);
        int valueWidth = Math.min(
                60,
                values.stream().mapToInt(value -> value.value().length()).max().orElse(0));
        String format = "%-" + nameWidth + "s  %-" + valueWidth + "s  (%s)%n";
        for (EffectiveValue value : values) {
            out.printf(format, value.name(), value.value(), value.origin());
        }
    }
}
