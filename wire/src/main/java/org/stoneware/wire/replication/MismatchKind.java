package org.stoneware.wire.replication;

/** In what a standby differs from its active. Codes never change meaning. */
public enum MismatchKind {
    /** Sessions of some slots. */
    SESSIONS(1),
    /** What is not a session: answers given to clients, old ids, expiry notices. */
    ROWS(2),
    /** An entry had another result. */
    RESULT(3),
    /** An entry had another result because the standby's store has no room. */
    FULL(4),
    /** The standby's store takes no changes any more. */
    STORE_FAILED(5);

    private final int code;

    MismatchKind(int code) {
        this.code = code;
    }

    public int code() {
        return code;
    }

    static MismatchKind ofCode(int code) {
        return switch (code) {
            case 1 -> SESSIONS;
            case 2 -> ROWS;
            case 3 -> RESULT;
            case 4 -> FULL;
            case 5 -> STORE_FAILED;
            default -> throw new IllegalArgumentException("unknown kind of mismatch: code=" + code);
        };
    }
}
