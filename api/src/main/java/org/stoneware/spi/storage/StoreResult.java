package org.stoneware.spi.storage;

/** Outcome of a change to a store. */
public enum StoreResult {
    /** Done. */
    STORED,
    /** No session under that key; nothing changed. */
    ABSENT,
    /** The version offered is not greater than the one held; nothing changed. */
    STALE,
    /** No room, or longer than a record may be; nothing changed and what was held stays readable. */
    FULL,
    /**
     * The session is not in memory, or the change must wait for the disk; call {@link SessionStore#load} first, and try again when it says
     * {@link LoadResult#RESIDENT} or {@link LoadResult#ABSENT}.
     */
    NOT_RESIDENT,
    /**
     * The store refuses all changes since a write or force failed; reads of what is in memory go on. A mode that keeps nothing over the
     * end of the process may go on without its disk instead, as {@link #FULL} when memory is out; either way it loses no session it has
     * taken while the disk can be read, and says in its health what has failed.
     */
    FAILED
}
