package org.stoneware.testkit.election;

import java.util.Arrays;

/** Which ways between servers nothing gets through; each direction by itself. */
final class SimulatedCuts {
    private final boolean[][] isCut;

    SimulatedCuts(int servers) {
        isCut = new boolean[servers][servers];
    }

    void cut(int from, int to) {
        isCut[from][to] = true;
    }

    /** In both directions. */
    void heal(int a, int b) {
        isCut[a][b] = false;
        isCut[b][a] = false;
    }

    void healAll() {
        for (boolean[] ways : isCut) {
            Arrays.fill(ways, false);
        }
    }

    boolean isCut(int from, int to) {
        return isCut[from][to];
    }

    /** Then no connection can be made: that takes both directions. */
    boolean isAnyWayCut(int a, int b) {
        return isCut[a][b] || isCut[b][a];
    }
}
