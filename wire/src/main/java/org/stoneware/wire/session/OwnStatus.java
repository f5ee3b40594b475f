package org.stoneware.wire.session;

/** Outcome of asking for ownership. Codes never change meaning. */
public enum OwnStatus {
    /** Granted; the version known is the current one. */
    CURRENT,
    /** Granted; the record is enclosed. */
    LOADED,
    /** No such session. */
    ABSENT,
    /** Another Tomcat kept it for longer than the caller would wait. */
    BUSY;

    private static final OwnStatus[] BY_CODE = values();

    public int code() {
        return ordinal();
    }

    /** @throws WireException for a code no version has defined. */
    public static OwnStatus ofCode(int code) {
        if (code < 0 || code >= BY_CODE.length) {
            throw new WireException("unknown ownership status: code=" + code);
        }
        return BY_CODE[code];
    }
}
