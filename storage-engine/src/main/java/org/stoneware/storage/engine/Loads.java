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
    private final Long2ObjectHashMap<LongArrayList> waitingByLocation = new Long2ObjectHashMap<>();
    private final LongArrayList done = new LongArrayList();
    private long loaded;

    Loads(SessionIndex index, SessionLog log, Residency residency) {
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
        @Nullable LongArrayList waiting = waitingByLocation.get(location);
        if (waiting == null) {
            int most = ticket == NO_TICKET ? MAX_UNASKED : MAX_UNDER_WAY;
            if (waitingByLocation.size() >= most || !log.read(entry, this)) {
                return false;
            }
            waiting = new LongArrayList();
            waitingByLocation.put(location, waiting);
        }
        if (ticket != NO_TICKET) {
            waiting.addLong(ticket);
        }
        return true;
    }

    /** Takes the tickets of loads that have ended since, one after the other; {@link #NO_TICKET} when there are no more. */
    long pollDone() {
        return done.isEmpty() ? NO_TICKET : done.removeAt(0);
    }

    int underWay() {
        return waitingByLocation.size();
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
        @Nullable LongArrayList waiting = waitingByLocation.remove(location);
        if (waiting != null) {
            for (int i = 0; i < waiting.size(); i++) {
                done.addLong(waiting.getLong(i));
            }
        }
    }
}
