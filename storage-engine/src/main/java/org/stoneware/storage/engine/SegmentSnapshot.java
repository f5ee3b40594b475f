package org.stoneware.storage.engine;

import java.util.ArrayDeque;
import org.agrona.DirectBuffer;
import org.agrona.collections.LongArrayList;
import org.agrona.concurrent.UnsafeBuffer;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.spi.storage.SessionStore.RecordVisitor;
import org.stoneware.spi.storage.StorageException;
import org.stoneware.spi.storage.StoreSnapshot;

/**
 * Walks the slots one after the other. Which sessions a slot has is noted when the walk reaches it, and each is looked up when its turn
 * comes: a resident one is shown at once, another is read from the log, past the memory of the store, and shown when it is there. One
 * that changed in between is looked up again, and one that the device does not read comes last, again and again, until it is read, given
 * up, or {@link FailedReads#WALK_NS past walks}: then it is counted as {@link #unread()}.
 */
final class SegmentSnapshot implements StoreSnapshot, ReadTarget {
    private static final int MAX_READS = 64;
    private static final long MAX_READ_BYTES = 4 << 20;

    private final SegmentSessionStore store;
    private final SessionIndex index;
    private final SessionLog log;
    private final SessionRecord view = new SessionRecord();
    /** Hashes and fingerprints, in turns. */
    private final LongArrayList keys = new LongArrayList();

    /** As {@link #keys}: what the device did not read, to be tried again at the end. */
    private final LongArrayList putOff = new LongArrayList();

    private final ArrayDeque<Fetched> fetched = new ArrayDeque<>();
    private int nextKey;
    private int nextSlot;
    private int underWay;
    private long underWayBytes;
    private long unread;
    private boolean isClosed;

    private record Fetched(long location, UnsafeBuffer record) {}

    SegmentSnapshot(SegmentSessionStore store, SessionIndex index, SessionLog log) {
        this.store = store;
        this.index = index;
        this.log = log;
    }

    @Override
    public int next(int limit, RecordVisitor visitor) {
        store.checkOpen();
        if (isClosed) {
            throw new StorageException("snapshot is closed");
        }
        int shown = 0;
        while (shown < limit) {
            if (!fetched.isEmpty()) {
                shown += showFetched(visitor);
            } else if (nextKey < keys.size()) {
                int result = showNextKey(visitor);
                if (result < 0) {
                    return shown;
                }
                shown += result;
            } else if (nextSlot < SessionKey.SLOT_COUNT) {
                noteKeys(nextSlot++);
            } else if (underWay > 0) {
                return shown;
            } else if (!putOff.isEmpty()) {
                keys.clear();
                nextKey = 0;
                keys.addAll(putOff);
                putOff.clear();
                return shown;
            } else {
                return shown == 0 ? END : shown;
            }
        }
        return shown;
    }

    private void noteKeys(int slot) {
        keys.clear();
        nextKey = 0;
        for (int cell = 0; cell < index.cellCount(slot); cell++) {
            int entry = index.entryAt(slot, cell);
            if (entry != SessionIndex.NONE) {
                keys.addLong(index.hash(entry));
                keys.addLong(index.fingerprint(entry));
            }
        }
    }

    /** Returns the records shown, or a negative number when this one must wait. */
    private int showNextKey(RecordVisitor visitor) {
        int entry = index.find(keys.getLong(nextKey), keys.getLong(nextKey + 1));
        if (entry == SessionIndex.NONE || index.isResident(entry)) {
            nextKey += 2;
            return entry == SessionIndex.NONE ? 0 : show(index.wrap(view, entry), visitor);
        }
        if (log.isPastWalks(entry)) {
            unread++;
            nextKey += 2;
            return 0;
        }
        if (log.isHeldOff(entry)) {
            putOff.addLong(index.hash(entry));
            putOff.addLong(index.fingerprint(entry));
            nextKey += 2;
            return 0;
        }
        int length = index.length(entry);
        boolean isTooMuch = underWay == MAX_READS || underWay > 0 && underWayBytes + length > MAX_READ_BYTES;
        if (isTooMuch || !log.read(entry, this)) {
            return -1;
        }
        underWay++;
        underWayBytes += length;
        nextKey += 2;
        return 0;
    }

    private int showFetched(RecordVisitor visitor) {
        Fetched next = fetched.removeFirst();
        view.wrap(next.record, 0);
        int entry = index.find(view.keyHash64(), view.keyFingerprint64());
        if (entry == SessionIndex.NONE) {
            return 0;
        }
        if (index.isResident(entry)) {
            return show(index.wrap(view, entry), visitor);
        }
        if (index.logLocation(entry) != next.location) {
            keys.addLong(index.hash(entry));
            keys.addLong(index.fingerprint(entry));
            return 0;
        }
        SessionRecord.lastAccessedTimeMs(next.record, 0, index.lastAccessedTimeMs(entry));
        return show(view, visitor);
    }

    private int show(SessionRecord record, RecordVisitor visitor) {
        store.show(record, visitor);
        return 1;
    }

    @Override
    public long unread() {
        return unread;
    }

    @Override
    public void onRead(long location, DirectBuffer content, int offset, int length) {
        underWay--;
        underWayBytes -= length;
        if (!isClosed) {
            byte[] bytes = new byte[length];
            content.getBytes(offset, bytes);
            fetched.addLast(new Fetched(location, new UnsafeBuffer(bytes)));
        }
    }

    @Override
    public void onReadFailed(long location, int length, long hash, long fingerprint) {
        underWay--;
        underWayBytes -= length;
        if (!isClosed) {
            putOff.addLong(hash);
            putOff.addLong(fingerprint);
        }
    }

    @Override
    public void close() {
        isClosed = true;
        keys.clear();
        putOff.clear();
        fetched.clear();
    }
}
