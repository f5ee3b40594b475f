package org.stoneware.spi.storage;

/**
 * Whether a store takes changes.
 *
 * @param state  what it does with changes.
 * @param reason one readable line for people; empty when all is well.
 */
public record StoreHealth(State state, String reason) {
    public static final StoreHealth OK = new StoreHealth(State.OK, "");

    /** What a store does with changes. */
    public enum State {
        /** Takes them. */
        OK,
        /** Refuses those that need room, as {@link StoreResult#FULL}, until there is room again. */
        FULL,
        /** Refuses all for ever, as {@link StoreResult#FAILED}, since a write or force failed; reads of what is in memory go on. */
        FAILED
    }
}
