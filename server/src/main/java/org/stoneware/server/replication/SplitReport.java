package org.stoneware.server.replication;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.stoneware.wire.replication.LineageEpoch;
import org.stoneware.wire.replication.ReplicationProtocol;

/**
 * Whether a server that follows still has to tell the active what it acknowledged alone, and the telling of it. What it has to tell is
 * thrown away with its copy, so no copy may begin before it is told.
 * <p>
 * <b>Threading:</b> the agent thread.
 */
final class SplitReport {
    private @Nullable DivergedSessions diverged;
    /** The active has been told that there may be something, and has not said that it is done. */
    private boolean isOwed;

    private boolean isDone;

    /** The active has been told what is held here, and what was acknowledged here as active. */
    void announced(long held, long acknowledged) {
        isOwed = !isDone
                && held != ReplicationProtocol.NOTHING_HELD
                && acknowledged != ReplicationProtocol.NOTHING_ACKNOWLEDGED;
    }

    boolean isOwed() {
        return isOwed;
    }

    /** The active has told its epochs: the telling begins. */
    void begin(ReplicatedState state, boolean isFromEmpty, List<LineageEpoch> epochs, DivergedSessions.Output output) {
        LogHistory.Fork fork = state.history().fork(epochs, isFromEmpty);
        diverged = new DivergedSessions(state, fork, output);
    }

    boolean isTelling() {
        return diverged != null;
    }

    int doWork(long logTimeMs) {
        DivergedSessions telling = diverged;
        return telling == null ? 0 : telling.doWork(logTimeMs);
    }

    void onAck(long number) {
        DivergedSessions telling = diverged;
        if (telling != null) {
            telling.onAck(number);
        }
    }

    /**
     * The active has decided about everything.
     *
     * @return sessions that could not be told; negative when nothing was being told.
     */
    long end() {
        DivergedSessions told = diverged;
        if (told == null) {
            return -1;
        }
        // An active that says so before everything was told leaves the walk open.
        told.close();
        diverged = null;
        isOwed = false;
        isDone = true;
        return told.discarded();
    }

    /** The connection has ended; over the next one it begins anew. */
    void breakOff() {
        DivergedSessions telling = diverged;
        if (telling != null) {
            telling.close();
            diverged = null;
        }
        isOwed = false;
        isDone = false;
    }
}
