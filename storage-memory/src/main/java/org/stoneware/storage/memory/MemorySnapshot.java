package org.stoneware.storage.memory;

import java.util.ArrayList;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.spi.storage.SessionStore.RecordVisitor;
import org.stoneware.spi.storage.StorageException;
import org.stoneware.spi.storage.StoreSnapshot;

/**
 * Walks the slots one after the other. The keys of a slot are noted when the walk reaches it, and each record is looked up when
 * its turn comes: whatever happens to the slot meanwhile, a session that stays is shown, once, as it is then.
 */
final class MemorySnapshot implements StoreSnapshot {
    private final MemorySessionStore store;
    private final SessionRecord view = new SessionRecord();
    private final ArrayList<SessionKey> keys = new ArrayList<>();
    private int nextKey;
    private int nextSlot;
    private boolean isClosed;

    MemorySnapshot(MemorySessionStore store) {
        this.store = store;
    }

    @Override
    public int next(int limit, RecordVisitor visitor) {
        if (isClosed) {
            throw new StorageException("snapshot is closed");
        }
        int shown = 0;
        while (shown < limit) {
            if (nextKey < keys.size()) {
                if (store.read(keys.get(nextKey++), view)) {
                    store.show(view, visitor);
                    shown++;
                }
            } else if (nextSlot < SessionKey.SLOT_COUNT) {
                keys.clear();
                nextKey = 0;
                store.visitSlot(nextSlot++, record -> keys.add(record.key()));
            } else {
                return shown == 0 ? END : shown;
            }
        }
        return shown;
    }

    @Override
    public void close() {
        isClosed = true;
        keys.clear();
    }
}
