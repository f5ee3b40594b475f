package org.example.rocksdb;

import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.session.SessionKey;

/**
 * Every session by slot and key, by moment of expiry, and those in memory by last use; counts the bytes they take. <b>Threading:</b> the
 * agent's.
 */
final class SessionIndex {
    /** How far to look for a session to send away; those behind were used later and are no likelier to be on disk. */
    private static final int MAX_LOOKED_AT = 2000;

    private static final int RECORD_BYTES = 64;

    private final List<Map<SessionKey, SessionEntry>> slots;
    private final TreeSet<SessionEntry> expiring = new TreeSet<>(Comparator.comparingLong(
                    (SessionEntry entry) -> entry.facts.expiryTimeMs())
            .thenComparingLong(entry -> entry.sequence));
    private final Set<SessionEntry> residents = new LinkedHashSet<>();
    private final long maxBytes;
    private final long fixedBytes;
    private long indexBytes;
    private long residentBytes;
    private long payloadBytes;
    private long sessions;
    private long nextSequence;
    private long evictions;

    SessionIndex(long maxBytes, long fixedBytes) {
        this.maxBytes = maxBytes;
        this.fixedBytes = fixedBytes;
        slots = java.util.stream.Stream.generate(() -> (Map<SessionKey, SessionEntry>) new HashMap<SessionKey, SessionEntry>(0))
                .limit(SessionKey.SLOT_COUNT)
                .toList();
    }

    @Nullable SessionEntry find(SessionKey key) {
        return slots.get(key.slot()).get(key);
    }

    Collection<SessionEntry> slot(int slot) {
        return slots.get(slot).values();
    }

    SessionEntry add(SessionKey key, SessionFacts facts) {
        SessionEntry entry = new SessionEntry(key, nextSequence++, facts);
        slots.get(key.slot()).put(key, entry);
        indexBytes += entry.indexBytes();
        payloadBytes += facts.length();
        sessions++;
        schedule(entry);
        return entry;
    }

    void facts(SessionEntry entry, SessionFacts facts) {
        expiring.remove(entry);
        payloadBytes += facts.length() - entry.facts.length();
        entry.facts = facts;
        schedule(entry);
    }

    private void schedule(SessionEntry entry) {
        if (entry.facts.expiryTimeMs() != Long.MAX_VALUE) {
            expiring.add(entry);
        }
    }

    void remove(SessionEntry entry) {
        record(entry, null);
        expiring.remove(entry);
        slots.get(entry.key.slot()).remove(entry.key);
        indexBytes -= entry.indexBytes();
        payloadBytes -= entry.facts.length();
        sessions--;
        entry.isHeld = false;
    }

    void clear() {
        for (Map<SessionKey, SessionEntry> slot : slots) {
            slot.values().forEach(entry -> entry.isHeld = false);
            slot.clear();
        }
        expiring.clear();
        residents.clear();
        indexBytes = 0;
        residentBytes = 0;
        payloadBytes = 0;
        sessions = 0;
    }

    /** Brings the record of a session into memory, replaces it, or sends it away. */
    void record(SessionEntry entry, @Nullable UnsafeBuffer record) {
        UnsafeBuffer before = entry.record;
        if (before != null) {
            residentBytes -= before.capacity() + RECORD_BYTES;
            residents.remove(entry);
        }
        entry.record = record;
        if (record != null) {
            residentBytes += record.capacity() + RECORD_BYTES;
            residents.add(entry);
        }
    }

    void use(SessionEntry entry, long cycle) {
        if (entry.usedCycle != cycle && residents.remove(entry)) {
            residents.add(entry);
        }
        entry.usedCycle = cycle;
    }

    /**
     * Sends sessions to disk until a record of this length fits: least recently used first, none that this duty cycle has asked for, none
     * whose record is not written yet.
     *
     * @param entry session the record is for, or null for a new one under this key.
     * @return false when it does not fit.
     */
    boolean makeRoom(@Nullable SessionEntry entry, SessionKey key, int length, long cycle, long writtenPosition) {
        long more = length + RECORD_BYTES;
        if (entry == null) {
            more += new SessionEntry(key, 0, new SessionFacts(0, 0, 0, 0, 0)).indexBytes();
        } else if (entry.record != null) {
            more -= entry.record.capacity() + RECORD_BYTES;
        }
        Iterator<SessionEntry> coldest = residents.iterator();
        for (int i = 0; usedBytes() + more > maxBytes && coldest.hasNext() && i < MAX_LOOKED_AT; i++) {
            SessionEntry candidate = coldest.next();
            if (candidate != entry && candidate.usedCycle < cycle && candidate.recordPosition <= writtenPosition) {
                residentBytes -= candidate.facts.length() + RECORD_BYTES;
                candidate.record = null;
                coldest.remove();
                evictions++;
            }
        }
        return usedBytes() + more <= maxBytes;
    }

    /** Sessions that expire, the next first. */
    Iterable<SessionEntry> expiring() {
        return expiring;
    }

    long usedBytes() {
        return fixedBytes + indexBytes + residentBytes;
    }

    /** Bytes that stay taken though every record were on disk. */
    long leastBytes() {
        return fixedBytes + indexBytes;
    }

    long payloadBytes() {
        return payloadBytes;
    }

    long sessions() {
        return sessions;
    }

    long residentSessions() {
        return residents.size();
    }

    long evictions() {
        return evictions;
    }
}
