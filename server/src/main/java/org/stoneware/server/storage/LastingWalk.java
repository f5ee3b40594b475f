package org.stoneware.server.storage;

import org.stoneware.spi.storage.SessionStore.RecordVisitor;
import org.stoneware.spi.storage.StoreSnapshot;

/**
 * A walk over the store that was in use when it began. That store stays open until the walk ends, whatever is exchanged meanwhile; should
 * it fail, the walk begins anew over the store in use then.
 * <p>
 * <b>Threading:</b> the agent thread.
 */
final class LastingWalk implements StoreSnapshot {
    private final SharedStore.Owner owner;
    private SharedStore walked;
    private StoreSnapshot snapshot;
    private boolean isClosed;
    private boolean isShowing;

    LastingWalk(SharedStore.Owner owner) {
        this.owner = owner;
        this.walked = owner.current();
        this.snapshot = walked.store().openSnapshot();
        walked.walkBegins();
    }

    @Override
    public int next(int limit, RecordVisitor visitor) {
        isShowing = false;
        try {
            return snapshot.next(limit, record -> {
                isShowing = true;
                visitor.onRecord(record);
                isShowing = false;
            });
        } catch (RuntimeException | LinkageError e) {
            // What the visitor throws is none of the store's.
            if (isShowing || isClosed || !owner.failed(walked, StoreGuard.inWords(e))) {
                throw e;
            }
            begin();
            return 0;
        }
    }

    /** Shows everything from the begin again, from the store in use now. */
    private void begin() {
        StoreGuard.failure(snapshot::close);
        walked.walkEnds();
        walked = owner.current();
        snapshot = walked.store().openSnapshot();
        walked.walkBegins();
    }

    @Override
    public long unread() {
        return snapshot.unread();
    }

    @Override
    public void close() {
        if (!isClosed) {
            isClosed = true;
            walked.walkEnds();
            StoreGuard.failure(snapshot::close);
        }
    }
}
