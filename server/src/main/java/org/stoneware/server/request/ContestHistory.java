package org.stoneware.server.request;

import org.jspecify.annotations.Nullable;
import org.stoneware.api.session.SessionKey;

/**
 * Remembers whether a session lately went from Tomcat to Tomcat, so that its owner gives it up with the last write of a request
 * instead of waiting to be asked.
 * <p>
 * A table of one int a cell, indexed by hash: two sessions that share a cell blur each other's history, which costs a hop and
 * never correctness. Cell: low 8 bits the last grants (1 = to another Tomcat than before, newest lowest), upper 24 bits the last owner.
 */
final class ContestHistory {
    private static final int PAGE_CELLS = 1 << 10;
    private static final int PAGES = 1 << 8;
    /** Of the last four grants this many went elsewhere. */
    private static final int CONTESTED_GRANTS = 2;

    private static final int RECENT_MASK = 0xF;
    /** Made when first used: most arrays have few sessions, and every epoch begins a new table. */
    private final int[] @Nullable [] pages = new int[PAGES][];

    /** Notes a grant; true when the session counts as contested. */
    boolean onGrant(SessionKey key, ClientRow owner) {
        int cellNumber = (int) (key.hash64() >>> 20);
        int[] cells = page((cellNumber >>> 10) & (PAGES - 1));
        int at = cellNumber & (PAGE_CELLS - 1);
        int ownerMark = (int) (owner.id.low() & 0xFFFFFF) << 8;
        int cell = cells[at];
        int elsewhere = cell != 0 && (cell & 0xFFFFFF00) != ownerMark ? 1 : 0;
        int recent = ((cell << 1) | elsewhere) & RECENT_MASK;
        cells[at] = ownerMark | recent | 0x80;
        return Integer.bitCount(recent) >= CONTESTED_GRANTS;
    }

    private int[] page(int number) {
        int[] page = pages[number];
        if (page == null) {
            page = new int[PAGE_CELLS];
            pages[number] = page;
        }
        return page;
    }
}
