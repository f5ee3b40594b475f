package org.stoneware.testkit.history;

import java.util.ArrayList;
import java.util.List;

/** Tries every order of the operations of one session, written to be read rather than to be fast; for a handful of operations. */
final class BruteForce {
    private BruteForce() {}

    static boolean isExplained(List<Operation> operations, long value) {
        boolean isDone = true;
        for (Operation next : operations) {
            boolean isNeeded = next.outcome() == Outcome.OK;
            isDone &= !isNeeded;
            boolean mayComeNext = next.outcome() != Outcome.FAILED
                    && operations.stream().noneMatch(other -> other != next && other.isBefore(next));
            if (mayComeNext && next.fits(value)) {
                List<Operation> rest = new ArrayList<>(operations);
                rest.remove(next);
                if (isExplained(rest, next.after(value))) {
                    return true;
                }
            }
        }
        return isDone;
    }
}
