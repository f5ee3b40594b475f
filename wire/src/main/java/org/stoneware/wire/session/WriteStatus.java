package org.stoneware.wire.session;

/** Outcome of a change. Codes are sent and logged and never change meaning. */
public enum WriteStatus {
    /** Every in-sync server holds it. */
    COMMITTED,
    /** The token is not the current one; nothing was changed. */
    FENCED,
    /** No such session; nothing was changed. */
    ABSENT,
    /** There is one already; nothing was created or renamed. */
    EXISTS,
    /** No room; nothing was changed. */
    FULL,
    /** Larger than the array accepts; nothing was changed. */
    TOO_LARGE,
    /** The store refuses changes; nothing was changed. */
    FAILED,
    /** The request id lies below the window of answers kept; a client that follows the protocol never sees this. */
    FORGOTTEN;

    private static final WriteStatus[] BY_CODE = values();

    public int code() {
        return ordinal();
    }

    /** @throws WireException for a code no version has defined. */
    public static WriteStatus ofCode(int code) {
        if (code < 0 || code >= BY_CODE.length) {
            throw new WireException("unknown write status: code=" + code);
        }
        return BY_CODE[code];
    }
}
