package org.stoneware.server.admin;

/**
 * How saved sessions are put back.
 *
 * @param replaces    a saved session takes the place of another held here.
 * @param countsTime  the time since they were saved counts as time in which they were not used.
 * @param savedWallMs wall time when saving began.
 * @param savedLogTimeMs log time then.
 */
public record AdoptionTerms(boolean replaces, boolean countsTime, long savedWallMs, long savedLogTimeMs) {
    /** Milliseconds by which times in the saved sessions are moved, so that their ages are what they should be now. */
    long shiftMs(long logTimeMs, long wallMs) {
        return logTimeMs - savedLogTimeMs - (countsTime ? Math.max(0, wallMs - savedWallMs) : 0);
    }
}
