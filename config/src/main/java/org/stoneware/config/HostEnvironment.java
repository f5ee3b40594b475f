package org.stoneware.config;

import org.jspecify.annotations.Nullable;

/** What the parser asks of the machine it runs on; a test answers in its place. */
public interface HostEnvironment {
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

    /** What is known of a host name or address. */
    HostFacts facts(String host);

    /**
     * What is known of a host name or address.
     *
     * @param address    first address it resolves to; empty when it does not resolve.
     * @param isLoopback all its addresses are loopback.
     * @param isLocal    one of its addresses belongs to this machine.
     * @param isWildcard it means every interface.
     */
    record HostFacts(String address, boolean isLoopback, boolean isLocal, boolean isWildcard) {
        /** Nothing is known. */
        public static final HostFacts UNKNOWN = new HostFacts("", false, false, false);

        public boolean isResolved() {
            return !address.isEmpty();
        }
    }
}
