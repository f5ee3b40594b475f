package org.stoneware.console;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A strict reader of OpenMetrics 1.0 text for tests: what it accepts, the grammar allows. */
final class OpenMetricsText {
    private static final String NAME = "[a-zA-Z_:][a-zA-Z0-9_:]*";
    private static final String LABEL = "[a-zA-Z_][a-zA-Z0-9_]*=\"(?:[^\"\\\\\n]|\\\\[\"\\\\n])*\"";
    private static final Pattern META = Pattern.compile("# (TYPE|UNIT|HELP) (" + NAME + ") (.*)");
    private static final Pattern SAMPLE = Pattern.compile("(" + NAME + ")(\\{(?:" + LABEL + "(?:," + LABEL
            + ")*)?})? (-?\\d+(?:\\.\\d+)?(?:[eE][+-]?\\d+)?|NaN|[+-]Inf)");
    private static final Map<String, String> SUFFIX = Map.of("gauge", "", "unknown", "", "counter", "_total");

    final Map<String, String> types = new LinkedHashMap<>();
    final Map<String, String> helps = new LinkedHashMap<>();
    final Map<String, Double> samples = new LinkedHashMap<>();

    static OpenMetricsText parse(String text) {
        OpenMetricsText parsed = new OpenMetricsText();
        String[] lines = text.split("\n", -1);
        if (lines.length < 2 || !lines[lines.length - 2].equals("# EOF") || !lines[lines.length - 1].isEmpty()) {
            throw new AssertionError("does not end with # EOF and a line feed");
        }
        String family = "";
        for (int i = 0; i < lines.length - 2; i++) {
            Matcher meta = META.matcher(lines[i]);
            if (meta.matches()) {
                family = parsed.meta(meta, family);
            } else {
                parsed.sample(lines[i], family);
            }
        }
        return parsed;
    }

    private String meta(Matcher line, String family) {
        String name = line.group(2);
        if (!name.equals(family) && types.containsKey(name)) {
            throw new AssertionError("family is not in one piece: " + name);
        }
        switch (line.group(1)) {
            case "TYPE" -> types.put(name, line.group(3));
            case "HELP" -> helps.put(name, line.group(3));
            default -> {
                if (!name.endsWith("_" + line.group(3))) {
                    throw new AssertionError("name does not end with its unit: " + name);
                }
            }
        }
        return name;
    }

    private void sample(String line, String family) {
        Matcher sample = SAMPLE.matcher(line);
        if (!sample.matches()) {
            throw new AssertionError("no sample: " + line);
        }
        String type = types.get(family);
        boolean isOfHistogram = "histogram".equals(type)
                && Set.of("_bucket", "_count", "_sum")
                        .contains(sample.group(1)
                                .substring(Math.min(
                                        family.length(), sample.group(1).length())));
        String suffix = SUFFIX.get(type);
        if (!isOfHistogram && (suffix == null || !sample.group(1).equals(family + suffix))) {
            throw new AssertionError("sample outside its family " + family + ": " + line);
        }
        String labels = sample.group(2) == null ? "" : sample.group(2);
        if (samples.put(sample.group(1) + labels, Double.valueOf(sample.group(3))) != null) {
            throw new AssertionError("sample twice: " + line);
        }
    }
}
