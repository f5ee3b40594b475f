package org.stoneware.api.config;

import java.util.List;

/**
 * Every value in effect with where it came from, as {@code start-server --check} prints it; registered as an OSGi service by
 * {@code config}, for people.
 *
 * @param source where the file came from.
 * @param server name of the answering server.
 * @param values in the order of the file.
 */
public record EffectiveConfiguration(String source, String server, List<Value> values) {
    public EffectiveConfiguration {
        values = List.copyOf(values);
    }

    /**
     * One value.
     *
     * @param name   path of the element, or name of the fact.
     * @param value  the value in effect.
     * @param origin where it came from.
     */
    public record Value(String name, String value, String origin) {}
}
