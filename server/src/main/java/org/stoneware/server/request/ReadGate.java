package org.stoneware.server.request;

/**
 * Whether this server can be sure that no other one is active now. Asked before a lease is renewed, a session given away or said to be
 * absent; whoever knows the leases of the other in-sync servers answers.
 */
@FunctionalInterface
public interface ReadGate {
    /** The gate of a server that is alone. */
    ReadGate ALWAYS_OPEN = nowNs -> true;

    boolean isOpen(long nowNs);
}
