package org.stoneware.api.cluster;

/**
 * Something an operator may want to know, once.
 *
 * @param sequence  rises by one with every event of this server.
 * @param timeMs    wall time, ms.
 * @param type      stable name, for example {@code role-changed}; {@link EventType} has them all.
 * @param text      one readable line.
 * @param isWarning true when somebody should look at it.
 */
public record ClusterEvent(long sequence, long timeMs, String type, String text, boolean isWarning) {
    /** An event that asks nobody to act. */
    public ClusterEvent(long sequence, long timeMs, String type, String text) {
        this(sequence, timeMs, type, text, false);
    }
}
