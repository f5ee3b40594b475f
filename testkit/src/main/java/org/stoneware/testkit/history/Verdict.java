package org.stoneware.testkit.history;

/** What a check says of a history. */
public enum Verdict {
    /** One copy of every session explains everything that was seen. */
    OK,
    /** Nothing explains it. */
    VIOLATED,
    /** Not found out within the limits; the reason says which. */
    UNDECIDED
}
