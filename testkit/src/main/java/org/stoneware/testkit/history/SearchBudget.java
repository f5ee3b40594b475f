package org.stoneware.testkit.history;

/** Work and memory a search may use; what is over is never given back, so that a search always ends. */
final class SearchBudget {
    private final long maxSteps;
    private final long maxBytes;
    private long steps;
    private boolean isOutOfMemory;

    SearchBudget(long maxSteps, long maxBytes) {
        this.maxSteps = maxSteps;
        this.maxBytes = maxBytes;
    }

    void spend(long count) {
        steps += count;
    }

    /** Tells how much is held by one set; the largest sets of a search live at the same time, two or three of them. */
    void hold(long bytes) {
        isOutOfMemory |= bytes > maxBytes;
    }

    boolean isSpent() {
        return isOutOfMemory || isOutOfSteps();
    }

    boolean isOutOfSteps() {
        return steps > maxSteps;
    }

    long steps() {
        return steps;
    }

    String reason() {
        return isOutOfMemory
                ? "too many possible orders to hold: maxBytes=" + maxBytes
                : "no answer within its share of the steps: maxSteps=" + maxSteps;
    }
}
