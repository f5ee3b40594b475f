package org.stoneware.config;

import org.stoneware.api.config.PlaceholderValues;

/** What the parser asks of the machine it runs on; a test answers in its place. */
public interface HostEnvironment extends PlaceholderValues {
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
