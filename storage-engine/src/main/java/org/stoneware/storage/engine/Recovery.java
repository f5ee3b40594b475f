package org.stoneware.storage.engine;

import org.stoneware.spi.storage.StorageException;
import org.stoneware.storage.segments.Location;
import org.stoneware.storage.segments.RecordHint;
import org.stoneware.storage.segments.RecoveryVisitor;

/** Builds the index from what an earlier run left in the log, in order, so that the last word on a session counts. Reads no record. */
final class Recovery implements RecoveryVisitor {
    private final SessionIndex index;
    private final SessionLog log;
    private long lastLocation = Location.NULL;
    private long lostWithoutOlder;

    Recovery(SessionIndex index, SessionLog log) {
        this.index = index;
        this.log = log;
    }

    long lastLocation() {
        return lastLocation;
    }

    /** Damaged records of sessions of which nothing older is held either. */
    long lostWithoutOlder() {
        return lostWithoutOlder;
    }

    @Override
    public void onRecord(long location, int length, RecordHint hint) {
        lastLocation = Math.max(lastLocation, location);
        int entry = index.find(hint.keyHash64(), hint.fingerprint());
        if (entry == SessionIndex.NONE) {
            if (!index.ensureRoom(hint.keyHash64())) {
                throw new StorageException(
                        "memory is too small for the index of the sessions on disk: sessions so far=" + index.size()
                                + "; raise " + (index.heap().isShort() ? "the heap, -Xmx" : "offheap/maxDataSize"));
            }
            entry = index.add(
                    hint.keyHash64(),
                    hint.fingerprint(),
                    length,
                    hint.lastAccessedTimeMs(),
                    hint.maxInactiveIntervalSec());
        } else {
            log.release(entry);
            index.describe(entry, length, hint.lastAccessedTimeMs(), hint.maxInactiveIntervalSec());
            index.isSuspect(entry, false);
        }
        index.logLocation(entry, location, hint.contentHash());
    }

    @Override
    public void onRemoval(RecordHint hint) {
        int entry = index.find(hint.keyHash64(), hint.fingerprint());
        if (entry != SessionIndex.NONE) {
            log.release(entry);
            index.remove(entry);
        }
    }

    @Override
    public void onTouch(long location, RecordHint hint) {
        lastLocation = Math.max(lastLocation, location);
        int entry = index.find(hint.keyHash64(), hint.fingerprint());
        if (entry == SessionIndex.NONE || hint.lastAccessedTimeMs() <= index.lastAccessedTimeMs(entry)) {
            return;
        }
        index.touch(entry, hint.lastAccessedTimeMs());
        index.touchLocation(entry, location);
    }

    @Override
    public void onClear() {
        // So that segments of which nothing is needed any more are given up.
        for (int entry = index.size() - 1; entry >= 0; entry--) {
            log.release(entry);
        }
        index.clear();
    }

    @Override
    public void onDamaged(RecordHint hint) {
        int entry = index.find(hint.keyHash64(), hint.fingerprint());
        if (entry == SessionIndex.NONE) {
            lostWithoutOlder++;
        } else {
            index.isSuspect(entry, true);
        }
    }
}
