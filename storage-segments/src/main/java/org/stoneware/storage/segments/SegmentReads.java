package org.stoneware.storage.segments;

import java.util.ArrayDeque;

/**
 * Reads of records, under way and done.
 * <p>
 * <b>Threading:</b> agent thread.
 */
final class SegmentReads implements ReadTask.Owner {
    private final SegmentLogListener listener;
    private final DiskWorkers workers;
    private final OpenFiles files;
    private final long logId;
    private final int maxReads;
    private final ArrayDeque<ReadTask> free = new ArrayDeque<>();
    /** Served from memory, to be told in the next duty cycle. */
    private final ArrayDeque<ReadTask> ready = new ArrayDeque<>();

    private int underWay;
    private long count;
    private long damagedCount;
    private long wholeCount;

    SegmentReads(SegmentLogListener listener, DiskWorkers workers, OpenFiles files, long logId, int maxReads) {
        this.listener = listener;
        this.workers = workers;
        this.files = files;
        this.logId = logId;
        this.maxReads = maxReads;
    }

    long count() {
        return count;
    }

    long damagedCount() {
        return damagedCount;
    }

    /** Those from files that ended well. */
    long wholeCount() {
        return wholeCount;
    }

    boolean fromFile(Segment segment, long location, int length, long ticket) {
        if (underWay == maxReads) {
            return false;
        }
        ReadTask task = prepared(segment, location, length, ticket);
        if (!workers.submit(task)) {
            task.recycle();
            free.push(task);
            return false;
        }
        count++;
        segment.readsUnderWay++;
        underWay++;
        return true;
    }

    boolean fromMemory(Segment segment, long location, int length, long ticket, PendingRing ring, long position) {
        if (underWay == maxReads) {
            return false;
        }
        ReadTask task = prepared(segment, location, length, ticket);
        task.reader().takeFrom(ring, position, length);
        ready.add(task);
        segment.readsUnderWay++;
        underWay++;
        return true;
    }

    private ReadTask prepared(Segment segment, long location, int length, long ticket) {
        ReadTask task = free.isEmpty() ? new ReadTask(this, files, logId) : free.pop();
        task.prepare(segment, location, length, ticket);
        return task;
    }

    int doWork() {
        int work = 0;
        for (int left = ready.size(); left > 0; left--) {
            onReadDone(ready.remove());
            work++;
        }
        return work;
    }

    @Override
    public void onReadDone(ReadTask task) {
        underWay--;
        task.segment().readsUnderWay--;
        String failure = task.failure();
        if (failure == null) {
            RecordReader reader = task.reader();
            wholeCount += task.isFromFile() ? 1 : 0;
            listener.onRead(
                    task.ticket(),
                    task.location(),
                    reader.hint(),
                    reader.buffer(),
                    reader.contentOffset(),
                    task.length());
        } else {
            String reason = failure + ": " + Location.text(task.location());
            if (task.isDamaged()) {
                damagedCount++;
                task.segment().isDamaged = true;
                listener.onReadFailed(task.ticket(), task.location(), reason);
            } else {
                listener.onReadRefused(task.ticket(), task.location(), reason, task.isRefusedByDevice());
            }
        }
        task.recycle();
        free.push(task);
    }
}
