package org.stoneware.benchmarks;

import java.io.PrintStream;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.HdrHistogram.Histogram;

/**
 * When each step of a takeover was done, ms after the fault, as the servers that took over tell it in their {@code taken-over} event. One
 * machine, one wall clock: the moment the active was missed is exact to a millisecond.
 */
final class TakeoverSteps {
    private static final Pattern EVENT = Pattern.compile("missed at (\\S+); ms from then: (.*)");
    private static final Pattern STEP = Pattern.compile("([\\w-]+)=([\\d.]+)");
    private static final String MISSED = "missed";
    private static final int MICROS_PER_MS = 1_000;

    private final Map<String, Histogram> micros = new LinkedHashMap<>();

    /**
     * Takes in the last takeover told.
     *
     * @param output      everything the server that took over has printed.
     * @param faultWallMs when the fault happened.
     * @return whether a takeover after the fault is told.
     */
    boolean add(String output, long faultWallMs) {
        Matcher event = EVENT.matcher(output);
        String steps = "";
        long missedMs = Long.MIN_VALUE;
        while (event.find()) {
            missedMs = Instant.parse(event.group(1)).toEpochMilli() - faultWallMs;
            steps = event.group(2);
        }
        if (missedMs < 0) {
            return false;
        }
        record(MISSED, missedMs);
        Matcher step = STEP.matcher(steps);
        while (step.find()) {
            record(step.group(1), missedMs + Double.parseDouble(step.group(2)));
        }
        return true;
    }

    private void record(String step, double ms) {
        micros.computeIfAbsent(step, name -> CounterUser.newHistogram()).recordValue(Math.round(ms * MICROS_PER_MS));
    }

    void print(PrintStream out) {
        micros.forEach((step, histogram) -> out.printf(
                Locale.ROOT,
                "  %-24s n=%-6d p50=%.1f p90=%.1f max=%.1f ms after the fault%n",
                step,
                histogram.getTotalCount(),
                (double) histogram.getValueAtPercentile(50) / MICROS_PER_MS,
                (double) histogram.getValueAtPercentile(90) / MICROS_PER_MS,
                (double) histogram.getMaxValue() / MICROS_PER_MS));
    }
}
