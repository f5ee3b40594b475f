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
    STORE_FAILED(5),
    /** No difference: the standby gave a copy up, since its store took it in more slowly than it came. */
    COPY_TOO_FAST(6),
    /** No difference: the standby gave a copy up that was not whole, or that it could not take in for another reason. */
    COPY_BROKEN(7);

    private final int code;

    MismatchKind(int code) {
        this.code = code;
    }

    public int code() {
        return code;
    }

    /** True when the standby does not say that it holds something else, only that a copy was not completed. */
    public boolean isOfCopy() {
        return this == COPY_TOO_FAST || this == COPY_BROKEN;
    }

    static MismatchKind ofCode(int code) {
        return switch (code) {
            case 1 -> SESSIONS;
            case 2 -> ROWS;
            case 3 -> RESULT;
            case 4 -> FULL;
            case 5 -> STORE_FAILED;
            case 6 -> COPY_TOO_FAST;
            case 7 -> COPY_BROKEN;
            default -> throw new IllegalArgumentException("unknown kind of mismatch: code=" + code);
        };
    }
}
