package org.stoneware.api.config;

/**
 * One value in effect.
 *
 * @param name   element path or name of the fact.
 * @param value  the value.
 * @param origin where it came from, for people: {@code line 12}, {@code default}, {@code derived from dso-port + 10}.
 */
public record EffectiveSetting(String name, String value, String origin) {}
