package org.stoneware.server.storage;

import org.stoneware.spi.storage.SessionStore;

/**
 * Positions that go on rising when one store follows another. Until the new one has made durable all it got before it came into use,
 * nothing more counts as durable.
 * <p>
 * <b>Threading:</b> the agent thread.
 */
final class ContinuedPositions {
    private static final long NOT_CATCHING_UP = Long.MIN_VALUE;

    /** What is added to positions of the store in use. */
    private long base;

    private long catchUpPosition = NOT_CATCHING_UP;
    private long held;
    private boolean isHeld;

    long append(SessionStore store) {
        return base + store.appendPosition();
    }

    long durable(SessionStore store) {
        if (isHeld) {
            return held;
        }
        long durable = store.durablePosition();
        if (catchUpPosition != NOT_CATCHING_UP) {
            if (durable < catchUpPosition) {
                return held;
            }
            catchUpPosition = NOT_CATCHING_UP;
        }
        return base + durable;
    }

    boolean isHeld() {
        return isHeld;
    }

    /** The durable position stays where it is, until it is released or a store follows. */
    void hold(SessionStore store) {
        held = durable(store);
        isHeld = true;
    }

    void release() {
        isHeld = false;
    }

    /** Another store takes the place of one. */
    void follow(SessionStore before, SessionStore next) {
        long appended = append(before);
        held = durable(before);
        isHeld = false;
        catchUpPosition = next.appendPosition();
        base = appended - catchUpPosition;
    }
}
