package org.stoneware.testkit.history;

/** What the client of an operation knows about its end. */
public enum Outcome {
    /** Answered; what the answer says has taken effect between invocation and return. */
    OK,
    /** Certainly without effect, then and later. An error page alone does not say so: that is {@link #UNKNOWN}. */
    FAILED,
    /** Not answered, or answered in a way that leaves it open: may have taken effect, may do so any time later, or never. */
    UNKNOWN
}
