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
    private long lastAppend;
    private long lastDurable;
    private boolean isHeld;

    long append(SessionStore store) {
        lastAppend = base + store.appendPosition();
        return lastAppend;
    }

    /** What {@link #append} returned last. */
    long lastAppend() {
        return lastAppend;
    }

    /** What {@link #durable} returned last. */
    long lastDurable() {
        return lastDurable;
    }

    long durable(SessionStore store) {
        lastDurable = durableNow(store);
        return lastDurable;
    }

    private long durableNow(SessionStore store) {
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

    /**
     * Another store takes the place of one, which may not be able to answer any more.
     *
     * @param appendPosition of the next one.
     */
    void follow(SessionStore before, long appendPosition) {
        boolean isTold = StoreGuard.failure(() -> append(before)) == null;
        StoreGuard.failure(() -> durable(before));
        // A change it took and can't place lies behind everything it has said.
        long appended = isTold ? lastAppend : lastAppend + 1;
        held = lastDurable;
        isHeld = false;
        catchUpPosition = appendPosition;
        base = appended - catchUpPosition;
    }
}
