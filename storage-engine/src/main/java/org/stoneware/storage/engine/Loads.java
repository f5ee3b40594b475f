package org.stoneware.storage.engine;

import org.agrona.DirectBuffer;
import org.agrona.collections.Long2ObjectHashMap;
import org.agrona.collections.LongArrayList;
import org.jspecify.annotations.Nullable;
import org.stoneware.api.session.SessionRecord;
import org.stoneware.storage.slab.Slab;

/** Brings sessions from the log into memory, and remembers who waits for which. */
final class Loads implements ReadTarget {
    /** What {@link #begin} is told when nobody waits. */
    static final long NO_TICKET = Long.MIN_VALUE;

    private static final int MAX_UNDER_WAY = 512;
    /** Loads nobody waits for leave room to those somebody does. */
    private static final int MAX_UNASKED = 128;

    private final SessionIndex index;
    private final SessionLog log;
    private final Residency residency;
    private final SessionRecord view = new SessionRecord();
    private final Long2ObjectHashMap<Load> loads = new Long2ObjectHashMap<>();
    private final long maxBytes;
    private long bytesUnderWay;
    private final LongArrayList done = new LongArrayList();
    private long loaded;

    /** One read under way. */
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
        long location = index.logLocation(entry);
        @Nullable Load load = loads.get(location);
        if (load == null) {
            int most = ticket == NO_TICKET ? MAX_UNASKED : MAX_UNDER_WAY;
            long mostBytes = ticket == NO_TICKET ? maxBytes / (MAX_UNDER_WAY / MAX_UNASKED) : maxBytes;
            int length = index.length(entry);
            boolean isTooMuch = !loads.isEmpty() && bytesUnderWay + length > mostBytes;
            if (loads.size() >= most || isTooMuch || !log.read(entry, this)) {
                return false;
            }
            load = new Load(length, new LongArrayList());
            loads.put(location, load);
            bytesUnderWay += length;
        }
        if (ticket != NO_TICKET) {
            load.waiting.addLong(ticket);
        }
        return true;
    }

    /** Takes the tickets of loads that have ended since, one after the other; {@link #NO_TICKET} when there are no more. */
    long pollDone() {
        return done.isEmpty() ? NO_TICKET : done.removeAt(0);
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
    public void onReadFailed(long location) {
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
