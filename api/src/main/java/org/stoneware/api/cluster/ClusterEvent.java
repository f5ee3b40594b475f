package org.stoneware.api.cluster;

/**
 * Something an operator may want to know, once.
 *
 * @param sequence rises by one with every event of this server.
 * @param timeMs   wall time, ms.
 * @param type     stable name, for example {@code role-changed}.
 * @param text     one readable line.
 */
public record ClusterEvent(long sequence, long timeMs, String type, String text) {}
