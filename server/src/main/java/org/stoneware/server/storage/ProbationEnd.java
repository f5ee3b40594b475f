package org.stoneware.server.storage;

import org.jspecify.annotations.Nullable;

/**
 * How the probation of the store in use ended when it was that store which ended it.
 *
 * @param isBack the store before is in use again; otherwise that was let go, and the sessions stay where they are.
 * @param reason what the store on probation did, and why the one before can't be used again where it is not.
 * @param lost   what the store before found damaged while it stood by; empty when nothing.
 */
record ProbationEnd(boolean isBack, String reason, String lost) {
    /** The sessions stay where they are. */
    static ProbationEnd stays(String reason) {
        return new ProbationEnd(false, reason, "");
    }

    /** @param unusable what went wrong; null where it was the marker. */
    static String withoutSpare(@Nullable String unusable) {
        return "; the store before it can't be used again: "
                + (unusable == null ? "a restart could not be told of it" : unusable);
    }
}
