package org.stoneware.spi.storage;

/** Where a session is, as {@link SessionStore#load} found it. */
public enum LoadResult {
    /** In memory: reads and changes of this duty cycle answer at once. */
    RESIDENT,
    /** No such session. */
    ABSENT,
    /** On its way; {@link StoreListener#onLoaded} will name the ticket. */
    LOADING,
    /**
     * Too many loads under way, too much waits to be written, or the device does not give this one now ({@link
     * SessionStore#readProblem}); try again on a later duty cycle.
     */
    BUSY
}
