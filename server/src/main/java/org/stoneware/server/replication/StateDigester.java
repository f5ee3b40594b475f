package org.stoneware.server.replication;

import org.agrona.DirectBuffer;
import org.stoneware.api.session.ByteHash;
import org.stoneware.api.session.SessionKey;
import org.stoneware.spi.storage.SessionStore;

/**
 * Takes digests of a replicated state. All bytes of a session count, the last access too: a touch is a log entry.
 * <p>
 * <b>Threading:</b> the agent thread.
 */
final class StateDigester implements SessionStore.DigestVisitor, ReplicatedState.RowVisitor {
    private static final int SLOT_BITS = Integer.numberOfTrailingZeros(SessionKey.SLOT_COUNT);
    private static final long ROW_FACTOR = 0x9e3779b97f4a7c15L;

    private int part;
    private int parts;
    private long count;
    private long digest;

    StateDigest sessions(ReplicatedState state, int firstSlot, int slotCount, int part, int parts) {
        begin(part, parts);
        for (int slot = firstSlot; slot < firstSlot + slotCount; slot++) {
            state.store().visitDigests(slot, this);
        }
        return new StateDigest(state.lastApplied(), firstSlot, slotCount, part, parts, count, digest);
    }

    StateDigest rows(ReplicatedState state) {
        begin(0, 1);
        state.exportRows(this);
        return new StateDigest(state.lastApplied(), 0, 0, 0, 1, count, digest);
    }

    private void begin(int part, int parts) {
        this.part = part;
        this.parts = parts;
        this.count = 0;
        this.digest = 0;
    }

    @Override
    public void onDigest(long keyHash64, long sessionDigest) {
        if (parts > 1 && ((keyHash64 >>> SLOT_BITS) & (parts - 1)) != part) {
            return;
        }
        count++;
        digest += sessionDigest;
    }

    @Override
    public void onRow(DirectBuffer row, int offset, int length) {
        count++;
        digest = digest * ROW_FACTOR + ByteHash.of(row, offset, length);
    }
}
