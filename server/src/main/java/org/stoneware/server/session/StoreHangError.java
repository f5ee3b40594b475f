package org.stoneware.server.session;

/**
 * The disk of a session store takes nothing any more while an entry that has its number waits for it. The entry is applied by half, so this
 * server must not go on: an error, since nobody on the way up may take it for the failure of one question or one entry and carry on.
 */
public final class StoreHangError extends Error {
    private static final long serialVersionUID = 1L;

    public StoreHangError(String message) {
        super(message);
    }
}
