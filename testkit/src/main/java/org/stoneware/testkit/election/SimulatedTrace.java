package org.stoneware.testkit.election;

import java.util.ArrayDeque;
import org.stoneware.spi.election.Evidence;

/** The last steps of a {@link SimulatedElectionNetwork}, one line each, when they are wanted. */
final class SimulatedTrace {
    private static final int MAX_STEPS = 80;

    private final ArrayDeque<String> steps = new ArrayDeque<>();
    private boolean isOn;

    void turn(boolean on) {
        isOn = on;
    }

    boolean isOn() {
        return isOn;
    }

    void add(long nowNs, int serverId, String what) {
        if (isOn) {
            if (steps.size() == MAX_STEPS) {
                steps.removeFirst();
            }
            steps.addLast(nowNs / 1000 + " us server " + serverId + " " + what);
        }
    }

    /** What would fill the trace with nothing new. */
    static boolean isEverRepeated(Evidence.Kind kind) {
        return kind == Evidence.Kind.HEARTBEAT
                || kind == Evidence.Kind.SILENT
                || kind == Evidence.Kind.WITNESS_ALIVE
                || kind == Evidence.Kind.WITNESS_DEAD
                || kind == Evidence.Kind.WITNESS_ROLE
                || kind == Evidence.Kind.UNREACHABLE;
    }

    @Override
    public String toString() {
        return String.join("\n", steps);
    }
}
