package org.stoneware.console;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Parameters of a request, decoded.
 *
 * @param values by name.
 */
record Query(Map<String, String> values) {
    /**
     * @param raw     query without the question mark; null when absent.
     * @param allowed names that may stand in it, each once.
     * @throws IllegalArgumentException for anything else; the message says what.
     */
    static Query parse(@Nullable String raw, Set<String> allowed) {
        Map<String, String> values = new LinkedHashMap<>();
        for (String pair : raw == null || raw.isEmpty() ? new String[0] : raw.split("&", -1)) {
            int equals = pair.indexOf('=');
            String name = decoded(equals < 0 ? pair : pair.substring(0, equals));
            if (!allowed.contains(name)) {
                throw new IllegalArgumentException("unknown parameter");
            }
            if (values.put(name, equals < 0 ? "" : decoded(pair.substring(equals + 1))) != null) {
                throw new IllegalArgumentException("parameter " + name + " stands there twice");
            }
        }
        return new Query(values);
    }

    String text(String name) {
        return values.getOrDefault(name, "");
    }

    /** @throws IllegalArgumentException when it is there and no number. */
    int number(String name, int byDefault) {
        String value = values.get(name);
        if (value == null) {
            return byDefault;
        }
        if (!value.matches("\\d{1,9}")) {
            throw new IllegalArgumentException("parameter " + name + " is no number");
        }
        return Integer.parseInt(value);
    }

    /** Text of a path or query without its percent signs. */
    static String decoded(String raw) {
        return URLDecoder.decode(raw, StandardCharsets.UTF_8);
    }
}
