package org.stoneware.server.replication;

import org.stoneware.wire.replication.MismatchKind;

/**
 * A difference between a standby and its active.
 *
 * @param kind      in what they differ.
 * @param index     entry after which it was found.
 * @param firstSlot first of the slots compared, when sessions were.
 * @param slotCount how many slots were compared at once.
 */
public record Mismatch(MismatchKind kind, long index, int firstSlot, int slotCount) {
    static Mismatch at(MismatchKind kind, long index) {
        return new Mismatch(kind, index, 0, 0);
    }

    @Override
    public String toString() {
        String slots = kind == MismatchKind.SESSIONS ? " firstSlot=" + firstSlot + " slotCount=" + slotCount : "";
        return "kind=" + kind + " index=" + index + slots;
    }
}
