package org.stoneware.storage.engine;

import org.agrona.collections.LongArrayQueue;
import org.stoneware.storage.segments.Location;

/** Knows up to which location the log has written: until then the only copy of a record may be the one in memory. */
final class WrittenMark {
    /** Positions and locations, in turns. */
    private final LongArrayQueue marks = new LongArrayQueue(Long.MIN_VALUE);

    private long lastLocation = Location.NULL;
    private long markedLocation = Location.NULL;
    private long writtenLocation = Location.NULL;

    void onAppended(long location) {
        lastLocation = location;
    }

    /** Notes that everything appended so far ends at this position. */
    void mark(long appendPosition) {
        if (lastLocation != markedLocation) {
            markedLocation = lastLocation;
            marks.addLong(appendPosition);
            marks.addLong(lastLocation);
        }
    }

    void onWritten(long position) {
        while (!marks.isEmpty() && marks.peekLong() <= position) {
            marks.pollLong();
            writtenLocation = marks.pollLong();
        }
    }

    /** Whether the record at a location of this run has been written; locations an earlier run left are. */
    boolean isWritten(long location) {
        return location <= writtenLocation;
    }

    /** What an earlier run left is written. */
    void isWrittenUpTo(long location) {
        writtenLocation = location;
    }
}
