package org.stoneware.config;

/**
 * One line of what {@code --check} prints.
 *
 * @param name   element path or name of the fact.
 * @param value  the value in effect.
 * @param origin where it came from.
 */
public record EffectiveValue(String name, String value, String origin) {}
