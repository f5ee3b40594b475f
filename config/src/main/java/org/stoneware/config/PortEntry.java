package org.stoneware.config;

import org.jspecify.annotations.Nullable;

/**
 * One port of one server as configured, before it is known where it will be bound.
 *
 * @param name element name, for example {@code jmx-port}.
 * @param port number.
 * @param bind its own bind attribute, or null.
 */
record PortEntry(String name, Setting<Integer> port, @Nullable Setting<String> bind) {}
