package org.stoneware.benchmarks;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Options of the form {@code --name value} or {@code --name=value}, and what is left. */
final class CommandLine {
    private final Map<String, String> options = new LinkedHashMap<>();
    private final List<String> operands = new ArrayList<>();

    /**
     * @param known  options that take a value.
     * @param flags  options that take none.
     * @throws IllegalArgumentException for an unknown option or a missing value; the message is for the user.
     */
    CommandLine(String[] args, Set<String> known, Set<String> flags) {
        for (int i = 0; i < args.length; i++) {
            String arg = args[i];
            if (!arg.startsWith("--")) {
                operands.add(arg);
                continue;
            }
            int equals = arg.indexOf('=');
            String name = equals < 0 ? arg.substring(2) : arg.substring(2, equals);
            if (flags.contains(name) && equals < 0) {
                options.put(name, "true");
            } else if (!known.contains(name)) {
                throw new IllegalArgumentException("unknown option: " + arg);
            } else if (equals >= 0) {
                options.put(name, arg.substring(equals + 1));
            } else if (i + 1 < args.length) {
                options.put(name, args[++i]);
            } else {
                throw new IllegalArgumentException("option needs a value: " + arg);
            }
        }
    }

    boolean has(String name) {
        return options.containsKey(name);
    }

    String text(String name, String fallback) {
        return options.getOrDefault(name, fallback);
    }

    /** @throws IllegalArgumentException when it is not a number from min to max. */
    long number(String name, long fallback, long min, long max) {
        String text = options.get(name);
        if (text == null) {
            return fallback;
        }
        long value;
        try {
            value = Long.parseLong(text.replace("_", ""));
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("option --" + name + " is not a number: " + text, e);
        }
        if (value < min || value > max) {
            throw new IllegalArgumentException("option --" + name + " out of range " + min + ".." + max + ": " + text);
        }
        return value;
    }

    List<String> operands() {
        return operands;
    }
}
