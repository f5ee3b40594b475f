package org.stoneware.storage.engine;

import java.util.ArrayDeque;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.stoneware.storage.segments.SegmentLog;

/**
 * Hands notes and the clearing of all to the log in order. They can't be refused, so what the log does not take at once waits here, and
 * changes that would overtake it wait outside. What the log appends meanwhile on its own account, to give disk back, takes positions that
 * were promised to what waits: until that is durable itself nothing behind the place where the wait began counts as durable.
 */
final class NoteQueue {
    private static final long NOT_HELD = Long.MIN_VALUE;

    private final SegmentLog log;
    private final ArrayDeque<Item> waiting = new ArrayDeque<>();
    private long waitingBytes;
    /** Position of the log when something began to wait that is not durable yet. */
    private long heldAt = NOT_HELD;
    /** Position of the log behind the last that waited; {@link Long#MAX_VALUE} while something waits. */
    private long heldUntil;

    private enum Kind {
        NOTE,
        BEGIN,
        END,
        CLEAR
    }

    private record Item(Kind kind, byte[] bytes) {}

    NoteQueue(SegmentLog log) {
        this.log = log;
    }

    void note(DirectBuffer note, int offset, int length) {
        if (!waiting.isEmpty() || log.note(note, offset, length) < 0) {
            byte[] bytes = new byte[length];
            note.getBytes(offset, bytes);
            add(new Item(Kind.NOTE, bytes));
        }
    }

    void beginCheckpoint() {
        if (!waiting.isEmpty() || log.beginCheckpoint() < 0) {
            add(new Item(Kind.BEGIN, new byte[0]));
        }
    }

    void endCheckpoint() {
        if (!waiting.isEmpty() || log.endCheckpoint() < 0) {
            add(new Item(Kind.END, new byte[0]));
        }
    }

    /** Makes what the log holds of sessions void. */
    void clear() {
        if (!waiting.isEmpty() || log.clear() < 0) {
            add(new Item(Kind.CLEAR, new byte[0]));
        }
    }

    private void add(Item item) {
        // After a failure nothing is ever written again; keeping notes would only fill the heap.
        if (!log.isFailed()) {
            if (heldAt == NOT_HELD) {
                heldAt = log.appendPosition();
            }
            heldUntil = Long.MAX_VALUE;
            waiting.addLast(item);
            waitingBytes += SegmentLog.frameLength(item.bytes.length);
        }
    }

    boolean isEmpty() {
        return waiting.isEmpty();
    }

    /** Bytes the log will append for what waits. */
    long waitingBytes() {
        return waitingBytes;
    }

    /** Position up to which everything is durable, by the positions the store has told. */
    long durablePosition() {
        long durable = log.durablePosition();
        if (heldAt != NOT_HELD && durable >= heldUntil) {
            heldAt = NOT_HELD;
        }
        return heldAt == NOT_HELD ? durable : Math.min(durable, heldAt);
    }

    int doWork() {
        if (log.isFailed()) {
            waiting.clear();
            waitingBytes = 0;
        }
        int work = 0;
        while (!waiting.isEmpty() && append(waiting.getFirst()) >= 0) {
            waitingBytes -= SegmentLog.frameLength(waiting.removeFirst().bytes.length);
            work++;
        }
        if (work > 0 && waiting.isEmpty()) {
            heldUntil = log.appendPosition();
        }
        return work;
    }

    private long append(Item item) {
        return switch (item.kind) {
            case NOTE -> log.note(new UnsafeBuffer(item.bytes), 0, item.bytes.length);
            case BEGIN -> log.beginCheckpoint();
            case END -> log.endCheckpoint();
            case CLEAR -> log.clear();
        };
    }
}
