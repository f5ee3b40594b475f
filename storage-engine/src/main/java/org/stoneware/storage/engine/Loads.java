package org.stoneware.storage.engine;

import org.agrona.DirectBuffer;
import org.agrona.collections.Long2ObjectHashMap;
import org.agrona.collections.LongArrayList;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.storage.slab.Slab;

/** Brings sessions from the log into memory, and remembers who waits for which. */
final class Loads implements ReadTarget {
    /** What {@link #pollDone} says when there is no more. */
    static final long NO_TICKET = Long.MIN_VALUE;

    private static final int MAX_UNDER_WAY = 512;
    /** Loads nobody waits for leave room to those somebody does. */
    private static final int MAX_FOR_EXPIRY = 256;
    /** And what is only brought back early leaves room to what is to end, which may be all there is. */
    private static final int MAX_FOR_WARM_UP = 128;

    private final SessionIndex index;
    private final SessionLog log;
    private final Residency residency;
    private final SessionRecord view = new SessionRecord();
    private final Long2ObjectHashMap<Load> loads = new Long2ObjectHashMap<>();
    private final long maxBytes;
    private long bytesUnderWay;
    private final LongArrayList done = new LongArrayList();
    private int doneTaken;
    private long loaded;

    /** One read under way. Who asks again and again with the same ticket waits once. */
    private record Load(int length, LongArrayList waiting) {}

    /** @param maxBytes bytes of all records on their way, which are memory beside that of the sessions; one is always let through. */
    Loads(SessionIndex index, SessionLog log, Residency residency, long maxBytes) {
        this.maxBytes = maxBytes;
        this.index = index;
        this.log = log;
        this.residency = residency;
    }

    /**
     * Begins to bring a session that is not resident.
     *
     * @return false when too many are under way.
     */
    boolean begin(int entry, long ticket) {
        @Nullable Load load = load(entry, MAX_UNDER_WAY);
        if (load != null && !load.waiting.containsLong(ticket)) {
            load.waiting.addLong(ticket);
        }
        return load != null;
    }

    /** As {@link #begin} for a session that is over; nobody waits. */
    boolean beginForExpiry(int entry) {
        return load(entry, MAX_FOR_EXPIRY) != null;
    }

    /** As {@link #begin} for a session nobody has asked for yet. */
    boolean beginForWarmUp(int entry) {
        return load(entry, MAX_FOR_WARM_UP) != null;
    }

    /** The load of an entry, begun now unless it is under way; null when too many are, of which {@code most} may be. */
    private @Nullable Load load(int entry, int most) {
        long location = index.logLocation(entry);
        @Nullable Load load = loads.get(location);
        if (load == null) {
            int length = index.length(entry);
            boolean isTooMuch = !loads.isEmpty() && bytesUnderWay + length > maxBytes / (MAX_UNDER_WAY / most);
            if (loads.size() >= most || isTooMuch || !log.read(entry, this)) {
                return null;
            }
            load = new Load(length, new LongArrayList());
            loads.put(location, load);
            bytesUnderWay += length;
        }
        return load;
    }

    /** Takes the tickets of loads that have ended since, one after the other; {@link #NO_TICKET} when there are no more. */
    long pollDone() {
        if (doneTaken < done.size()) {
            return done.getLong(doneTaken++);
        }
        done.clear();
        doneTaken = 0;
        return NO_TICKET;
    }

    /** Tickets that wait for a load, each once for every session it waits for. */
    int waiting() {
        int waiting = 0;
        for (Load load : loads.values()) {
            waiting += load.waiting.size();
        }
        return waiting;
    }

    int underWay() {
        return loads.size();
    }

    long bytesUnderWay() {
        return bytesUnderWay;
    }

    long loaded() {
        return loaded;
    }

    @Override
    public void onRead(long location, DirectBuffer content, int offset, int length) {
        view.wrap(content, offset);
        int entry = index.find(view.keyHash64(), view.keyFingerprint64());
        // The session may have been changed, moved or removed since; who waits asks again and is told.
        if (entry != SessionIndex.NONE && index.logLocation(entry) == location && !index.isResident(entry)) {
            long slabLocation = residency.allocateForLoad(length, entry);
            if (slabLocation != Slab.NO_ROOM) {
                index.store(entry, slabLocation, view, length);
                index.touch(entry, index.lastAccessedTimeMs(entry));
                index.isUsed(entry, true);
                residency.onChanged();
                loaded++;
            }
        }
        end(location);
    }

    @Override
    public void onReadFailed(long location, int length, long hash, long fingerprint) {
        end(location);
    }

    private void end(long location) {
        @Nullable Load load = loads.remove(location);
        if (load != null) {
            bytesUnderWay -= load.length;
            for (int i = 0; i < load.waiting.size(); i++) {
                done.addLong(load.waiting.getLong(i));
            }
        }
    }
}
