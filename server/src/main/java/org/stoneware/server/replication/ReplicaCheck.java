package org.stoneware.server.replication;

import java.util.concurrent.TimeUnit;
import org.stoneware.api.session.SessionKey;
import org.stoneware.spi.storage.StoreFigures;

/**
 * Goes through the active's state round after round, a little at a time, so that standbys can compare. See ADR 0098.
 * <p>
 * <b>Threading:</b> the agent thread.
 * <p>
 * <b>Limits:</b> about {@link #STEP_BYTES} of sessions in a step, a step in {@link #STEP_NS}, and a round takes {@link #ROUND_NS} at
 * least; what is not a session is one step at the end of a round.
 */
final class ReplicaCheck {
    static final long STEP_NS = TimeUnit.MILLISECONDS.toNanos(10);
    static final long ROUND_NS = TimeUnit.SECONDS.toNanos(10);
    static final long STEP_BYTES = 512 * 1024;

    private static final int MAX_SLOTS = 64;
    private static final int MAX_PARTS = 4096;

    private final ReplicatedState state;
    private final StateDigester digester = new StateDigester();
    private int slot;
    private int part;
    private int parts = 1;
    private boolean isBegun;
    private boolean isRoundOver;
    private long roundNs;
    private long stepNs;
    private long rounds;

    ReplicaCheck(ReplicatedState state) {
        this.state = state;
    }

    /** Begins a round at once: somebody has come to hold a copy. */
    void restart() {
        isBegun = false;
        isRoundOver = false;
        slot = 0;
        part = 0;
    }

    boolean isDue(long nowNs) {
        if (!isBegun) {
            return true;
        }
        return isRoundOver ? nowNs - roundNs >= ROUND_NS : nowNs - stepNs >= STEP_NS;
    }

    /** Digest of the next part of the state, as it is now. */
    StateDigest next(long nowNs) {
        if (!isBegun || isRoundOver) {
            isBegun = true;
            isRoundOver = false;
            roundNs = nowNs;
            slot = 0;
            part = 0;
        }
        stepNs = nowNs;
        if (slot == SessionKey.SLOT_COUNT) {
            isRoundOver = true;
            rounds++;
            return digester.rows(state);
        }
        StoreFigures figures = state.store().figures();
        long slotBytes = figures.payloadBytes() / SessionKey.SLOT_COUNT + 1;
        if (part == 0) {
            parts = partsOf(slotBytes);
        }
        if (parts > 1) {
            StateDigest digest = digester.sessions(state, slot, 1, part, parts);
            part = (part + 1) % parts;
            slot += part == 0 ? 1 : 0;
            return digest;
        }
        long fitting = Math.max(1, Math.min(STEP_BYTES / slotBytes, MAX_SLOTS));
        int slots = (int) Math.min(fitting, SessionKey.SLOT_COUNT - slot);
        StateDigest digest = digester.sessions(state, slot, slots, 0, 1);
        slot += slots;
        return digest;
    }

    /** How often all of the state has been gone through. */
    long rounds() {
        return rounds;
    }

    private static int partsOf(long slotBytes) {
        int parts = 1;
        while (parts < MAX_PARTS && slotBytes / parts > STEP_BYTES) {
            parts *= 2;
        }
        return parts;
    }
}
