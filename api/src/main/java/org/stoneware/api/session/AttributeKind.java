package org.stoneware.api.session;

/** Whose attribute an entry of a record is. Codes are part of the stored layout and never change meaning. */
public enum AttributeKind {
    /** Set by the web application. */
    APPLICATION(0),
    /** Kept by the container for itself: principal, authentication type, notes. Never shown to the application. */
    CONTAINER(1);

    private static final AttributeKind[] BY_CODE = values();
    private final int code;

    AttributeKind(int code) {
        this.code = code;
    }

    public int code() {
        return code;
    }

    /** @throws IllegalArgumentException for a code no version has defined. */
    public static AttributeKind ofCode(int code) {
        if (!isCode(code)) {
            throw new IllegalArgumentException("unknown attribute kind: code=" + code);
        }
        return BY_CODE[code];
    }

    static boolean isCode(int code) {
        return code >= 0 && code < BY_CODE.length;
    }
}
