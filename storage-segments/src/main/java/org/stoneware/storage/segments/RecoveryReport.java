package org.stoneware.storage.segments;

import java.util.List;

/**
 * What {@link SegmentLog#recover} found.
 *
 * @param segments   segments read.
 * @param rebuilt    of these read whole, since their hint file was missing or damaged.
 * @param records    records, removals and touches shown.
 * @param cutBytes   bytes cut from the end of the last segment, from the first on that was not whole and that nothing proves to have been
 *                   forced: what was being written when the last run ended, and not what the file had held before.
 * @param damages    places that are damaged; empty when the log is sound.
 */
public record RecoveryReport(int segments, int rebuilt, long records, long cutBytes, List<Damage> damages) {
    public RecoveryReport {
        damages = List.copyOf(damages);
    }

    /** True when something that counted as durable may be missing without its key being known. */
    public boolean isSuspect() {
        return damages.stream().anyMatch(damage -> !damage.isKeyKnown() && !damage.isUnforced());
    }

    /**
     * One damaged place.
     *
     * @param segment    number of the segment.
     * @param fromOffset first byte.
     * @param toOffset   byte after the last.
     * @param isKeyKnown true when {@link RecoveryVisitor#onDamaged} told every key of it.
     * @param isUnforced true when nothing proves that it had ever been forced; only where an earlier version wrote the hint file, and showed
     *                   what follows.
     * @param reason     one readable line.
     */
    public record Damage(
            int segment, long fromOffset, long toOffset, boolean isKeyKnown, boolean isUnforced, String reason) {}
}
