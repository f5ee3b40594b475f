package org.stoneware.spi.transport;

import java.util.function.Consumer;

/**
 * Settings of one opened transport.
 *
 * @param name          names this process among others on the machine; part of directory names (letters, digits, {@code -_.}).
 * @param maxFrameHint  largest frame both ends of a typical connection can take without fragmentation at the network; 0 lets
 *                      the transport choose. A connection whose ends share a host may use more.
 * @param maxConnections connections that may be open at once; one more is refused.
 * @param notices       takes one readable line per fact an operator should know (a fallback used, a leftover deleted).
 */
public record TransportContext(String name, int maxFrameHint, int maxConnections, Consumer<String> notices) {}
