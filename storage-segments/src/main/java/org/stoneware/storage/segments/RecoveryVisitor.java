package org.stoneware.storage.segments;

/**
 * Sees what an earlier run left, in the order it was appended, so that the last word on a key is the one that counts.
 * <p>
 * <b>Threading:</b> the thread that called {@link SegmentLog#recover}. May call {@link SegmentLog#release}, nothing else of the log.
 * <p>
 * <b>Ownership:</b> hints are views valid until the call returns.
 */
public interface RecoveryVisitor {
    /** Content is held under a key from here on. */
    void onRecord(long location, int length, RecordHint hint);

    /** Nothing is held under a key from here on. */
    void onRemoval(RecordHint hint);

    /** Last access of what is held under a key moved on; the location is that of the touch. */
    void onTouch(long location, RecordHint hint);

    /** Nothing is held at all from here on. */
    void onClear();

    /**
     * A record of this key is damaged: what is held under it, an older version at most, is not what was last stored. A later record of
     * the key heals this.
     */
    void onDamaged(RecordHint hint);
}
