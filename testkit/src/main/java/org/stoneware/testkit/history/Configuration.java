package org.stoneware.testkit.history;

import java.util.Arrays;

/**
 * One way things may stand at a moment: the value, and which operations still open have taken effect. Immutable.
 * <p>
 * Answered operations are bits of {@code taken}, by their slot. Unanswered ones of the same kind and argument cannot be told
 * apart, so {@code used} counts per class how many of them have taken effect.
 */
final class Configuration {
    final long taken;
    final long value;

    /** Whether the last step was a write without an answer that no read has seen: another write at once makes it pointless. */
    final boolean isUnseenGuess;

    private final int[] used;

    Configuration(long taken, long value, int[] used) {
        this(taken, value, used, false);
    }

    private Configuration(long taken, long value, int[] used, boolean isUnseenGuess) {
        this.taken = taken;
        this.value = value;
        this.used = used;
        this.isUnseenGuess = isUnseenGuess;
    }

    boolean has(int slot) {
        return (taken & 1L << slot) != 0;
    }

    Configuration without(int slot) {
        return new Configuration(taken & ~(1L << slot), value, used);
    }

    Configuration with(long taken, long value) {
        return new Configuration(taken, value, used);
    }

    /** As {@link #with}, by one operation more of the class. */
    Configuration withOneMore(int unknownClass, boolean isWrite, long taken, long value) {
        int[] more = Arrays.copyOf(used, Math.max(used.length, unknownClass + 1));
        more[unknownClass]++;
        return new Configuration(taken, value, more, isWrite && taken == this.taken);
    }

    int used(int unknownClass) {
        return unknownClass < used.length ? used[unknownClass] : 0;
    }

    /** Whether it stands the same and has used up no more: whatever the other can still explain, this one can too. */
    boolean isNoWorseThan(Configuration other) {
        for (int i = 0; i < used.length; i++) {
            if (used[i] > other.used(i)) {
                return false;
            }
        }
        return true;
    }

    int length() {
        return used.length;
    }
}
