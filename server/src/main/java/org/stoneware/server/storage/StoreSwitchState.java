package org.stoneware.server.storage;

/** Progress of one exchange of stores. Codes never change meaning. */
public enum StoreSwitchState {
    /** Nothing is exchanged. */
    IDLE(0, "none"),
    /** The new store gets what the old one holds, and every change. */
    COPYING(1, "copying"),
    /** Both are compared, slot by slot. */
    VERIFYING(2, "comparing"),
    /** What the new store holds becomes durable; nothing is acknowledged meanwhile in a mode that promises durability. */
    SETTLING(3, "making durable"),
    /** The new store is in use; the old one gets every change and stands in should the new one fail. */
    PROVING(4, "on probation");

    private final int code;
    private final String inWords;

    StoreSwitchState(int code, String inWords) {
        this.code = code;
        this.inWords = inWords;
    }

    public int code() {
        return code;
    }

    public String inWords() {
        return inWords;
    }
}
