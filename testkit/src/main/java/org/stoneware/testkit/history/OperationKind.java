package org.stoneware.testkit.history;

/** What an operation does to the register a session is taken for. */
public enum OperationKind {
    /** Answers the value; changes nothing. */
    READ("read"),
    /** Sets the value to its argument. */
    WRITE("write"),
    /** Adds one to whatever is there and answers the sum, as a counter page does. */
    INCREMENT("increment"),
    /** Adds one if the value equals its argument, and does nothing otherwise. */
    COMPARE_AND_INCREMENT("compare-and-increment");

    private final String word;

    OperationKind(String word) {
        this.word = word;
    }

    String word() {
        return word;
    }
}
