package org.stoneware.api.config;

import java.util.List;

/**
 * Every value the configuration leads to with its origin, as {@code start-server --check} prints it; registered as an OSGi service by
 * {@code config} before {@link ArraySettings}.
 *
 * @param source   where the configuration came from: a path, or {@code built-in default}.
 * @param settings in the order of the file.
 */
public record EffectiveConfiguration(String source, List<EffectiveSetting> settings) {
    public EffectiveConfiguration {
        settings = List.copyOf(settings);
    }
}
