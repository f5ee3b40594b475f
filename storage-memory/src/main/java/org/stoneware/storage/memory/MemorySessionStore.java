package org.stoneware.storage.memory;

import java.util.Arrays;
import java.util.function.Consumer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.session.RecordStamp;
import org.stoneware.api.session.SessionDelta;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.spi.storage.LoadResult;
import org.stoneware.spi.storage.SessionStore;
import org.stoneware.spi.storage.StorageException;
import org.stoneware.spi.storage.StoreContext;
import org.stoneware.spi.storage.StoreFigures;
import org.stoneware.spi.storage.StoreListener;
import org.stoneware.spi.storage.StoreResult;
import org.stoneware.spi.storage.StoreSnapshot;
import org.stoneware.storage.slab.EntryTable;
import org.stoneware.storage.slab.ExpiryHeap;
import org.stoneware.storage.slab.MemoryBudget;
import org.stoneware.storage.slab.Slab;
import org.stoneware.storage.slab.SlotIndex;

/**
 * Sessions in bounded memory: records in a {@link Slab} outside the heap, found by {@link SlotIndex}, expired by
 * {@link ExpiryHeap}. Nothing outlives the process, so every change is as durable as the mode promises at once.
 */
public final class MemorySessionStore implements SessionStore {
    private static final int NONE = SlotIndex.NONE;
    /** Arrays of the slots and a store without sessions, rounded up. */
    private static final int FIXED_BYTES = 64 * 1024;

    private static final int MAX_KEPT_SCRATCH_LENGTH = 256 * 1024;
    /** After a refusal the store is called roomy again when this share of memory is free, in percent. */
    private static final int ROOM_AGAIN_PERCENT = 10;

    private final MemoryBudget budget;
    /** Of the index, which lies on the heap. */
    private final MemoryBudget heap;

    private final EntryTable entries;
    private final SlotIndex slots;
    private final ExpiryHeap expiry;
    private final Slab slab;
    private final int maxRecordLength;
    private final Consumer<String> notices;

    private final SessionRecord held = new SessionRecord();
    private final SessionRecord shown = new SessionRecord();
    private final SessionRecord merged = new SessionRecord();
    private UnsafeBuffer scratch = new UnsafeBuffer(new byte[8 * 1024]);
    private int[] expired = new int[64];

    private long payloadBytes;
    private long position;
    private boolean isFull;
    private boolean isVisiting;
    private boolean isClosed;

    /** @param context only its memory bound, its record bound and its notices are used. */
    public MemorySessionStore(StoreContext context) {
        this(context, MemoryBudget.heapShare());
    }

    /** @param maxIndexBytes bytes of heap for the index of sessions. */
    MemorySessionStore(StoreContext context, long maxIndexBytes) {
        budget = new MemoryBudget(context.maxMemoryBytes());
        heap = budget.onHeap(maxIndexBytes);
        entries = new EntryTable(heap, 0);
        slots = new SlotIndex(heap, entries);
        expiry = new ExpiryHeap(heap, entries);
        slab = new Slab(budget, entries::location);
        budget.reclaimer(slab::compactUnderPressure);
        budget.tryTake(FIXED_BYTES);
        maxRecordLength = context.maxRecordLength();
        notices = context.notices();
    }

    @Override
    public String mode() {
        return MemorySessionStoreProvider.MODE;
    }

    @Override
    public LoadResult load(SessionKey key, long ticket) {
        checkOpen();
        return find(key) == NONE ? LoadResult.ABSENT : LoadResult.RESIDENT;
    }

    @Override
    public boolean read(SessionKey key, SessionRecord view) {
        checkOpen();
        int entry = find(key);
        if (entry == NONE) {
            return false;
        }
        wrap(view, entry);
        return true;
    }

    @Override
    public StoreResult put(SessionRecord record) {
        checkChangeable();
        int length = record.length();
        long hash = record.keyHash64();
        int entry = find(hash, record);
        if (entry == NONE) {
            return insert(hash, record, length);
        }
        wrap(held, entry);
        return record.version() > held.version() ? replace(entry, record, length) : StoreResult.STALE;
    }

    @Override
    public StoreResult merge(SessionKey key, SessionDelta delta, RecordStamp stamp, boolean create, long ageMs) {
        checkChangeable();
        int entry = find(key);
        if (entry == NONE && !create) {
            return StoreResult.ABSENT;
        }
        SessionRecord base = entry == NONE ? null : wrap(held, entry);
        if (base != null && (create || stamp.version() <= base.version())) {
            return StoreResult.STALE;
        }
        int maxLength = SessionRecord.maxLength(key, base, delta);
        if (maxLength == Integer.MAX_VALUE) {
            return full(maxLength);
        }
        UnsafeBuffer out = scratch(maxLength);
        int length = SessionRecord.write(out, 0, key, base, delta, stamp, stamp.logTimeMs() - ageMs);
        merged.wrap(out, 0);
        return entry == NONE ? insert(key.hash64(), merged, length) : replace(entry, merged, length);
    }

    @Override
    public StoreResult touch(SessionKey key, long lastAccessedTimeMs) {
        checkChangeable();
        int entry = find(key);
        if (entry == NONE) {
            return StoreResult.ABSENT;
        }
        if (lastAccessedTimeMs > entries.lastAccessedTimeMs(entry)) {
            entries.lastAccessedTimeMs(entry, lastAccessedTimeMs);
            long location = entries.location(entry);
            SessionRecord.lastAccessedTimeMs(slab.buffer(location), Slab.offset(location), lastAccessedTimeMs);
        }
        position++;
        return StoreResult.STORED;
    }

    @Override
    public StoreResult remove(SessionKey key) {
        checkChangeable();
        int entry = find(key);
        if (entry == NONE) {
            return StoreResult.ABSENT;
        }
        payloadBytes -= wrap(held, entry).length();
        slab.free(entries.location(entry));
        expiry.remove(entry);
        slots.remove(entries.hash(entry), entry);
        int last = entries.size() - 1;
        if (entry != last) {
            entries.moveLastTo(entry);
            slots.renumber(entries.hash(entry), last, entry);
            slab.owner(entries.location(entry), entry);
            expiry.renumbered(entry);
        }
        entries.removeLast();
        expiry.trim(entries.size());
        position++;
        noticeRoom();
        return StoreResult.STORED;
    }

    @Override
    public int visitExpired(long nowMs, int limit, ExpiryVisitor visitor) {
        checkChangeable();
        int count = 0;
        int entry = expiry.firstBefore(nowMs);
        while (count < limit && entry != NONE) {
            if (count == expired.length) {
                expired = Arrays.copyOf(expired, count * 2);
            }
            expired[count++] = entry;
            expiry.remove(entry);
            entry = expiry.firstBefore(nowMs);
        }
        for (int i = 0; i < count; i++) {
            expiry.update(expired[i]);
        }
        isVisiting = true;
        try {
            for (int i = 0; i < count; i++) {
                visitor.onExpired(wrap(shown, expired[i]).key(), entries.lastAccessedTimeMs(expired[i]));
            }
        } finally {
            isVisiting = false;
        }
        return count;
    }

    @Override
    public void visitSlot(int slot, RecordVisitor visitor) {
        checkOpen();
        boolean wasVisiting = isVisiting;
        isVisiting = true;
        try {
            for (int cell = 0; cell < slots.cellCount(slot); cell++) {
                int entry = slots.entryAt(slot, cell);
                if (entry != NONE) {
                    visitor.onRecord(wrap(shown, entry));
                }
            }
        } finally {
            isVisiting = wasVisiting;
        }
    }

    @Override
    public StoreSnapshot openSnapshot() {
        checkOpen();
        return new MemorySnapshot(this);
    }

    @Override
    public long durablePosition() {
        return position;
    }

    @Override
    public long appendPosition() {
        return position;
    }

    @Override
    public StoreFigures figures() {
        return new StoreFigures(entries.size(), payloadBytes, budget.usedBytes(), budget.maxBytes(), 0, 0);
    }

    @Override
    public void clear() {
        checkChangeable();
        releaseAll();
        position++;
        noticeRoom();
    }

    /** Has no effect: no load takes time here, every change is durable at once, and no device can fail. */
    @Override
    public void listener(@Nullable StoreListener listener) {}

    @Override
    public int doWork(long nowNs) {
        checkChangeable();
        return slab.compactIdle() ? 1 : 0;
    }

    @Override
    public void close() {
        if (!isClosed) {
            releaseAll();
            isClosed = true;
        }
    }

    /** Shows a record to a visitor that must not change the store. */
    void show(SessionRecord record, RecordVisitor visitor) {
        isVisiting = true;
        try {
            visitor.onRecord(record);
        } finally {
            isVisiting = false;
        }
    }

    private StoreResult insert(long hash, SessionRecord record, int length) {
        if (length > maxRecordLength
                || !slots.ensureRoom(SlotIndex.slotOf(hash))
                || !entries.ensureRoom()
                || !expiry.ensureRoom(entries.size() + 1)) {
            return full(length);
        }
        int entry = entries.size();
        long location = slab.allocate(length, entry);
        if (location == Slab.NO_ROOM) {
            return full(length);
        }
        copy(record, length, location);
        entries.add(hash, location, record.lastAccessedTimeMs(), record.maxInactiveIntervalSec());
        slots.add(hash, entry);
        expiry.update(entry);
        payloadBytes += length;
        position++;
        return StoreResult.STORED;
    }

    private StoreResult replace(int entry, SessionRecord record, int length) {
        int heldLength = wrap(held, entry).length();
        if (length > maxRecordLength) {
            return full(length);
        }
        if (!slab.isRightSize(entries.location(entry), length)) {
            long moved = slab.allocate(length, entry);
            long old = entries.location(entry); // after allocate, which may have moved the record
            if (moved != Slab.NO_ROOM) {
                entries.location(entry, moved);
                slab.free(old);
            } else if (length > slab.slotSize(old)) {
                return full(length);
            }
        }
        copy(record, length, entries.location(entry));
        expiry.describe(entry, record.lastAccessedTimeMs(), record.maxInactiveIntervalSec());
        payloadBytes += length - heldLength;
        position++;
        return StoreResult.STORED;
    }

    private void copy(SessionRecord record, int length, long location) {
        slab.buffer(location).putBytes(Slab.offset(location), record.buffer(), record.offset(), length);
    }

    private int find(SessionKey key) {
        long hash = key.hash64();
        int slot = SlotIndex.slotOf(hash);
        int cell = slots.firstCell(hash);
        int entry = slots.entryAt(slot, cell);
        while (entry != NONE
                && !(entries.hash(entry) == hash && wrap(held, entry).hasKey(key))) {
            cell = slots.nextCell(slot, cell);
            entry = slots.entryAt(slot, cell);
        }
        return entry;
    }

    private int find(long hash, SessionRecord record) {
        int slot = SlotIndex.slotOf(hash);
        int cell = slots.firstCell(hash);
        int entry = slots.entryAt(slot, cell);
        while (entry != NONE
                && !(entries.hash(entry) == hash && wrap(held, entry).hasKeyOf(record))) {
            cell = slots.nextCell(slot, cell);
            entry = slots.entryAt(slot, cell);
        }
        return entry;
    }

    private SessionRecord wrap(SessionRecord view, int entry) {
        long location = entries.location(entry);
        return view.wrap(slab.buffer(location), Slab.offset(location));
    }

    private UnsafeBuffer scratch(int length) {
        if (length <= scratch.capacity()) {
            return scratch;
        }
        UnsafeBuffer grown = new UnsafeBuffer(new byte[length]);
        if (length <= MAX_KEPT_SCRATCH_LENGTH) {
            scratch = grown;
        }
        return grown;
    }

    private StoreResult full(int length) {
        if (!isFull && length <= maxRecordLength) {
            isFull = true;
            notices.accept(
                    "storage is full: mode=memory sessions=" + entries.size() + " usedBytes=" + budget.usedBytes()
                            + " maxBytes=" + budget.maxBytes() + " indexBytes=" + heap.usedBytes() + " maxIndexBytes="
                            + heap.maxBytes() + "; changes that need more memory are refused"
                            + (heap.isShort() ? "; the index of sessions needs a larger heap: raise -Xmx" : ""));
        }
        return StoreResult.FULL;
    }

    private void noticeRoom() {
        if (isFull && budget.isFree(ROOM_AGAIN_PERCENT) && heap.isFree(ROOM_AGAIN_PERCENT)) {
            isFull = false;
            notices.accept("storage has room again: mode=memory sessions=" + entries.size() + " usedBytes="
                    + budget.usedBytes() + " maxBytes=" + budget.maxBytes());
        }
    }

    private void releaseAll() {
        slab.clear();
        expiry.clear();
        slots.clear();
        entries.clear();
        payloadBytes = 0;
    }

    private void checkOpen() {
        if (isClosed) {
            throw new StorageException("store is closed: mode=memory");
        }
    }

    private void checkChangeable() {
        checkOpen();
        if (isVisiting) {
            throw new IllegalStateException("a visitor must not change the store it looks at");
        }
    }
}
