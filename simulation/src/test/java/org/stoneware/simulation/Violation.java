package org.stoneware.simulation;

/** Something the array promises and has not kept. */
public final class Violation extends AssertionError {
    private static final long serialVersionUID = 1;

    private final Kind kind;

    /** What was broken; a planted bug must be found by what it breaks, not by something the harness got wrong. */
    public enum Kind {
        /** Two Tomcats may use one session at one moment. */
        TWO_OWNERS,
        /** One token was given to two Tomcats. */
        TOKEN_SHARED,
        /** A token is not greater than those before. */
        TOKEN_NOT_RISING,
        /** A request saw less than somebody had been told is held. */
        STALE_READ,
        /** One value was acknowledged twice: a change was written over. */
        LOST_UPDATE,
        /** What is held in the end is not what was acknowledged. */
        WRONG_TOTAL,
        /** A request was answered busy or not at all although nothing was broken any more. */
        NOT_SERVED,
        /** An answer that can't be. */
        IMPOSSIBLE_ANSWER,
        /** The standby does not hold what the active holds. */
        COPY_DIFFERS,
        /** What requests were told can't have been told by one copy of the session; found by the history, not by the ledger. */
        NOT_ONE_COPY
    }

    Violation(Kind kind, String message) {
        super(kind + ": " + message);
        this.kind = kind;
    }

    public Kind kind() {
        return kind;
    }
}
