package org.stoneware.storage.engine;

import org.agrona.concurrent.UnsafeBuffer;
import org.stoneware.api.session.SessionKey;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.storage.segments.Location;
import org.stoneware.storage.slab.EntryTable;
import org.stoneware.storage.slab.ExpiryHeap;
import org.stoneware.storage.slab.MemoryBudget;
import org.stoneware.storage.slab.Slab;
import org.stoneware.storage.slab.SlotIndex;

/**
 * One entry per session, in memory or not: where its record is, what expiring and comparing it needs. Beside the words of {@link
 * EntryTable} an entry has
 * <pre>
 * word  field
 *    0  location in the log, {@link Location#NULL} when the log does not have the record as it is
 *    1  fingerprint of the key; with the hash it names a session whose record is not in memory
 *    2  content hash of the record in the log
 *    3  length of the record (low half), flags (high half)
 *    4  location in the log of the last touch that is newer than the record there; {@link Location#NULL} when there is none
 * </pre>
 * A session is resident while its entry has a location in the slab.
 */
final class SessionIndex {
    static final int NONE = SlotIndex.NONE;

    private static final int EXTRA_WORDS = 5;
    private static final int LOG_LOCATION = 0;
    private static final int FINGERPRINT = 1;
    private static final int CONTENT_HASH = 2;
    private static final int LENGTH_AND_FLAGS = 3;
    private static final int TOUCH_LOCATION = 4;
    private static final long IS_USED = 1L << 32;
    private static final long IS_SUSPECT = 1L << 33;

    private final MemoryBudget heap;
    private final EntryTable entries;
    private final SlotIndex slots;
    private final ExpiryHeap expiry;
    private final Slab slab;
    private final SessionRecord view = new SessionRecord();
    private long payloadBytes;
    private int residentCount;

    /**
     * May take twice its share of the heap until {@link #endRecovery}: what is read at a start holds sessions that have ended since, and a
     * server that could not open what it has kept would be worse than one that takes nothing new.
     *
     * @param maxIndexBytes bytes of heap, which count as part of the budget.
     */
    SessionIndex(MemoryBudget budget, long maxIndexBytes) {
        heap = budget.onHeap(2 * maxIndexBytes);
        entries = new EntryTable(heap, EXTRA_WORDS);
        slots = new SlotIndex(heap, entries);
        expiry = new ExpiryHeap(heap, entries);
        slab = new Slab(budget, entries::location);
    }

    Slab slab() {
        return slab;
    }

    /** From now on new sessions have to fit the share. */
    void endRecovery() {
        heap.reserveBytes(heap.maxBytes() / 2);
    }

    /** What the index may take of the heap. */
    MemoryBudget heap() {
        return heap;
    }

    int size() {
        return entries.size();
    }

    int residentCount() {
        return residentCount;
    }

    long payloadBytes() {
        return payloadBytes;
    }

    /** Makes room for one more session, or returns false when there is no memory. */
    boolean ensureRoom(long hash) {
        return slots.ensureRoom(SlotIndex.slotOf(hash))
                && entries.ensureRoom()
                && expiry.ensureRoom(entries.size() + 1);
    }

    /** Adds a session that is neither in memory nor in the log yet, and returns its entry; {@link #ensureRoom} was asked. */
    int add(long hash, long fingerprint, int length, long lastAccessedTimeMs, int maxInactiveIntervalSec) {
        int entry = entries.size();
        entries.add(hash, Slab.NO_ROOM, lastAccessedTimeMs, maxInactiveIntervalSec);
        entries.extra(entry, LOG_LOCATION, Location.NULL);
        entries.extra(entry, FINGERPRINT, fingerprint);
        entries.extra(entry, LENGTH_AND_FLAGS, length);
        entries.extra(entry, TOUCH_LOCATION, Location.NULL);
        slots.add(hash, entry);
        expiry.update(entry);
        payloadBytes += length;
        return entry;
    }

    /** Takes a session away, from memory too; the last entry gets its number. */
    void remove(int entry) {
        payloadBytes -= length(entry);
        if (isResident(entry)) {
            slab.free(entries.location(entry));
            residentCount--;
        }
        expiry.remove(entry);
        slots.remove(entries.hash(entry), entry);
        int last = entries.size() - 1;
        if (entry != last) {
            entries.moveLastTo(entry);
            slots.renumber(entries.hash(entry), last, entry);
            if (isResident(entry)) {
                slab.owner(entries.location(entry), entry);
            }
            expiry.renumbered(entry);
        }
        entries.removeLast();
        expiry.trim(entries.size());
    }

    void clear() {
        slab.clear();
        expiry.clear();
        slots.clear();
        entries.clear();
        payloadBytes = 0;
        residentCount = 0;
    }

    /** Entry of a key, or {@link #NONE}. One that is not resident is known by its fingerprint. */
    int find(SessionKey key) {
        long hash = key.hash64();
        int slot = SlotIndex.slotOf(hash);
        int cell = slots.firstCell(hash);
        int entry = slots.entryAt(slot, cell);
        while (entry != NONE && !(entries.hash(entry) == hash && isOf(entry, key))) {
            cell = slots.nextCell(slot, cell);
            entry = slots.entryAt(slot, cell);
        }
        return entry;
    }

    private boolean isOf(int entry, SessionKey key) {
        return isResident(entry) ? wrap(view, entry).hasKey(key) : fingerprint(entry) == key.fingerprint64();
    }

    /** Entry of the key of a record, or {@link #NONE}. */
    int find(long hash, SessionRecord record) {
        int slot = SlotIndex.slotOf(hash);
        int cell = slots.firstCell(hash);
        int entry = slots.entryAt(slot, cell);
        while (entry != NONE && !(entries.hash(entry) == hash && isOf(entry, record))) {
            cell = slots.nextCell(slot, cell);
            entry = slots.entryAt(slot, cell);
        }
        return entry;
    }

    private boolean isOf(int entry, SessionRecord record) {
        return isResident(entry) ? wrap(view, entry).hasKeyOf(record) : fingerprint(entry) == record.keyFingerprint64();
    }

    /** Entry known by this hash and fingerprint, or {@link #NONE}. */
    int find(long hash, long fingerprint) {
        int slot = SlotIndex.slotOf(hash);
        int cell = slots.firstCell(hash);
        int entry = slots.entryAt(slot, cell);
        while (entry != NONE && !(entries.hash(entry) == hash && fingerprint(entry) == fingerprint)) {
            cell = slots.nextCell(slot, cell);
            entry = slots.entryAt(slot, cell);
        }
        return entry;
    }

    int cellCount(int slot) {
        return slots.cellCount(slot);
    }

    int entryAt(int slot, int cell) {
        return slots.entryAt(slot, cell);
    }

    /** Points a view at the record of a resident session. */
    SessionRecord wrap(SessionRecord record, int entry) {
        long location = entries.location(entry);
        return record.wrap(slab.buffer(location), Slab.offset(location));
    }

    boolean isResident(int entry) {
        return entries.location(entry) != Slab.NO_ROOM;
    }

    long slabLocation(int entry) {
        return entries.location(entry);
    }

    /** Copies a record of the key of an entry into memory at a location got from the slab; gives its old place back. */
    void store(int entry, long location, SessionRecord record, int length) {
        long old = entries.location(entry);
        if (old != location) {
            entries.location(entry, location);
            if (old == Slab.NO_ROOM) {
                residentCount++;
            } else {
                slab.free(old);
            }
        }
        slab.buffer(location).putBytes(Slab.offset(location), record.buffer(), record.offset(), length);
    }

    /** Takes what expiry and figures need from a record that is now the one of this session. */
    void describe(int entry, int length, long lastAccessedTimeMs, int maxInactiveIntervalSec) {
        expiry.describe(entry, lastAccessedTimeMs, maxInactiveIntervalSec);
        payloadBytes += length - length(entry);
        long word = entries.extra(entry, LENGTH_AND_FLAGS);
        entries.extra(entry, LENGTH_AND_FLAGS, (word & ~0xFFFF_FFFFL) | length);
    }

    /** Gives the memory of a session back, but for its entry. */
    void evict(int entry) {
        slab.free(entries.location(entry));
        entries.location(entry, Slab.NO_ROOM);
        residentCount--;
    }

    /** Moves the last access, in memory too. */
    void touch(int entry, long lastAccessedTimeMs) {
        entries.lastAccessedTimeMs(entry, lastAccessedTimeMs);
        long location = entries.location(entry);
        if (location != Slab.NO_ROOM) {
            SessionRecord.lastAccessedTimeMs(slab.buffer(location), Slab.offset(location), lastAccessedTimeMs);
        }
    }

    UnsafeBuffer buffer(int entry) {
        return slab.buffer(entries.location(entry));
    }

    int firstExpiredBefore(long nowMs) {
        return expiry.firstBefore(nowMs);
    }

    void takeFromExpiry(int entry) {
        expiry.remove(entry);
    }

    void putBackToExpiry(int entry) {
        expiry.update(entry);
    }

    long hash(int entry) {
        return entries.hash(entry);
    }

    long fingerprint(int entry) {
        return entries.extra(entry, FINGERPRINT);
    }

    int length(int entry) {
        return (int) entries.extra(entry, LENGTH_AND_FLAGS);
    }

    long lastAccessedTimeMs(int entry) {
        return entries.lastAccessedTimeMs(entry);
    }

    int maxInactiveIntervalSec(int entry) {
        return entries.maxInactiveIntervalSec(entry);
    }

    long logLocation(int entry) {
        return entries.extra(entry, LOG_LOCATION);
    }

    /** Says that the log has the record as it is, or with {@link Location#NULL} that it does not. */
    void logLocation(int entry, long location, long contentHash) {
        entries.extra(entry, LOG_LOCATION, location);
        entries.extra(entry, CONTENT_HASH, contentHash);
    }

    boolean isInLog(int entry) {
        return logLocation(entry) != Location.NULL;
    }

    /** Of the record in the log; of no meaning when {@link #isInLog} is false. */
    long contentHash(int entry) {
        return entries.extra(entry, CONTENT_HASH);
    }

    long touchLocation(int entry) {
        return entries.extra(entry, TOUCH_LOCATION);
    }

    void touchLocation(int entry, long location) {
        entries.extra(entry, TOUCH_LOCATION, location);
    }

    /** Whether the session was asked for since the clock's hand last passed. */
    boolean isUsed(int entry) {
        return (entries.extra(entry, LENGTH_AND_FLAGS) & IS_USED) != 0;
    }

    void isUsed(int entry, boolean isUsed) {
        flag(entry, IS_USED, isUsed);
    }

    /** Whether a later version of the session lies in a damaged place of the log. */
    boolean isSuspect(int entry) {
        return (entries.extra(entry, LENGTH_AND_FLAGS) & IS_SUSPECT) != 0;
    }

    void isSuspect(int entry, boolean isSuspect) {
        flag(entry, IS_SUSPECT, isSuspect);
    }

    private void flag(int entry, long flag, boolean isSet) {
        long word = entries.extra(entry, LENGTH_AND_FLAGS);
        entries.extra(entry, LENGTH_AND_FLAGS, isSet ? word | flag : word & ~flag);
    }
}
