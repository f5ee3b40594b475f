package org.stoneware.api.config;

import org.jspecify.annotations.Nullable;

/** What placeholders in tc-config.xml stand for on one machine. */
public interface PlaceholderValues {
    /** System property, or null. */
    @Nullable
    String property(String name);

    /** Name of this machine. */
    String hostName();

    /** Fully qualified name of this machine. */
    String canonicalHostName();

    /** Address of this machine as its own name resolves, often 127.0.0.1. */
    String hostAddress();

    /** One directory name that no other JVM uses; not created. */
    String freshTemporaryDirectory();

    /** Start of this JVM as {@code yyyyMMddHHmmssSSS}; the same whenever asked. */
    String startTimestamp();
}
