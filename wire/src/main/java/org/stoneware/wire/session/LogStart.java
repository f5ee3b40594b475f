package org.stoneware.wire.session;

/**
 * Where the log of an active begins to be its own.
 *
 * @param inheritedEpoch epoch of the last entry before those of its own epoch; 0 when there is none.
 * @param inheritedIndex index of that entry.
 */
public record LogStart(long inheritedEpoch, long inheritedIndex) {
    /** A log that begins with nothing. */
    public static final LogStart EMPTY = new LogStart(0, 0);
}
