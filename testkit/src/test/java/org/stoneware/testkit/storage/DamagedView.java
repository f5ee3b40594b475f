package org.stoneware.testkit.storage;

import java.util.Set;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableArrayBuffer;
import org.stoneware.api.session.SessionDelta;
import org.stoneware.api.session.SessionKey;
import org.stoneware.spi.storage.SessionStore;
import org.stoneware.spi.storage.StoreSnapshot;

/** Deltas and snapshots with something left out, for planted faults. */
final class DamagedView {
    private DamagedView() {}

    /** The same changes without the clear flag, and without removals or without long names. */
    static SessionDelta without(SessionDelta delta, boolean removals, int maxNameLength) {
        SessionDelta.Builder builder = new SessionDelta.Builder(new ExpandableArrayBuffer());
        builder.maxInactiveIntervalSec(delta.maxInactiveIntervalSec());
        if (delta.clearsAttributes() && (removals || maxNameLength < Integer.MAX_VALUE)) {
            builder.clearAttributes();
        }
        delta.forEach((kind, name, removed, buffer, offset, length) -> {
            if (name.length() > maxNameLength) {
                return;
            }
            if (!removed) {
                DirectBuffer value = buffer;
                builder.put(kind, name, value, offset, length);
            } else if (!removals) {
                builder.remove(kind, name);
            }
        });
        builder.finish();
        return new SessionDelta().wrap(builder.buffer(), 0);
    }

    static StoreSnapshot filtered(StoreSnapshot snapshot, Set<SessionKey> hidden) {
        return new StoreSnapshot() {
            @Override
            public int next(int limit, SessionStore.RecordVisitor visitor) {
                int[] shown = {0};
                int count = snapshot.next(limit, record -> {
                    if (!hidden.contains(record.key())) {
                        shown[0]++;
                        visitor.onRecord(record);
                    }
                });
                return count == END ? END : shown[0];
            }

            @Override
            public void close() {
                snapshot.close();
            }
        };
    }
}
