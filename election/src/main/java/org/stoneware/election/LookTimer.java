package org.stoneware.election;

import java.util.concurrent.TimeUnit;
import org.stoneware.spi.election.Evidence;

/** When an election looks at what only time changes: seldom, because it is asked in every cycle, but at once after news of a silence. */
final class LookTimer {
    private static final long INTERVAL_NS = TimeUnit.MILLISECONDS.toNanos(1);
    private static final long NEVER = Long.MIN_VALUE;

    private long lastNs = NEVER;

    /** Whether it is time; then the next look is due later. */
    boolean isDue(long nowNs) {
        if (lastNs != NEVER && nowNs - lastNs < INTERVAL_NS) {
            return false;
        }
        lastNs = nowNs;
        return true;
    }

    /** The next look is due at once after news of a silence, which is judged only then. */
    void soonFor(Evidence evidence) {
        if (evidence.kind() == Evidence.Kind.SILENT || evidence.isOfWitnesses()) {
            lastNs = NEVER;
        }
    }
}
