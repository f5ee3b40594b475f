package org.stoneware.storage.engine;

/** What the log of a {@link SegmentSessionStore} is for. */
public enum StorePolicy {
    /** Sessions go to the log when memory is short, and the log is emptied when the store opens. */
    SPILL,
    /** Every change goes to the log at once, and what the log holds is there when the store opens again. */
    KEEP
}
