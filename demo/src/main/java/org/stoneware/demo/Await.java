package org.stoneware.demo;

import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Waits for a fact about another process, by looking again until it is true or patience ends. */
public final class Await {
    private static final long LOOK_AGAIN_MS = 50;

    private Await() {}

    /**
     * Waits until {@code fact} is true.
     *
     * @param what     the fact in words, for the message.
     * @param evidence told when patience ends: whatever helps to understand why.
     * @throws IllegalStateException when patience ends first.
     */
    public static void until(String what, Duration patience, BooleanSupplier fact, Supplier<String> evidence) {
        long endNs = System.nanoTime() + patience.toNanos();
        while (!fact.getAsBoolean()) {
            if (System.nanoTime() - endNs > 0) {
                throw new IllegalStateException(
                        "waited " + patience.toSeconds() + " s in vain until " + what + "\n" + evidence.get());
            }
            try {
                // Another process offers nothing to wait on; this only paces the looking.
                Thread.sleep(LOOK_AGAIN_MS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted while waiting until " + what, e);
            }
        }
    }
}
