package org.stoneware.server.request;

import org.stoneware.api.session.SessionKey;

/**
 * Remembers whether a session lately went from Tomcat to Tomcat, so that its owner gives it up with the last write of a request
 * instead of waiting to be asked.
 * <p>
 * A fixed table of one int a cell, indexed by hash: two sessions that share a cell blur each other's history, which costs a hop and
 * never correctness. Cell: low 8 bits the last grants (1 = to another Tomcat than before, newest lowest), upper 24 bits the last owner.
 */
final class ContestHistory {
    private static final int CELLS = 1 << 18;
    /** Of the last four grants this many went elsewhere. */
    private static final int CONTESTED_GRANTS = 2;

    private static final int RECENT_MASK = 0xF;
    private final int[] cells = new int[CELLS];

    /** Notes a grant; true when the session counts as contested. */
    boolean onGrant(SessionKey key, ClientRow owner) {
        int at = (int) (key.hash64() >>> 20) & (CELLS - 1);
        int ownerMark = (int) (owner.id.low() & 0xFFFFFF) << 8;
        int cell = cells[at];
        int elsewhere = cell != 0 && (cell & 0xFFFFFF00) != ownerMark ? 1 : 0;
        int recent = ((cell << 1) | elsewhere) & RECENT_MASK;
        cells[at] = ownerMark | recent | 0x80;
        return Integer.bitCount(recent) >= CONTESTED_GRANTS;
    }
}
