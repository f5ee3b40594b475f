package org.stoneware.storage.segments;

import org.agrona.DirectBuffer;

/**
 * An append log of records in segment files. What is appended is copied, gets its location at once and becomes durable later; a
 * record that is no longer held is released, and segments of which less than half is live are emptied and deleted in the background.
 * <p>
 * <b>Threading:</b> one agent thread; nothing but {@link #open}, {@link #recover}, {@link #visitNotes} and {@link #close} waits for a
 * disk. Writes, forces and reads happen on threads of the log; what they did is told by {@link #doWork}.
 * <p>
 * <b>Limits:</b> at most {@link SegmentLogContext#maxPendingBytes()} bytes wait to be written.
 * <p>
 * <b>Failure:</b> a full disk is {@link #NO_ROOM} and heals by itself. A failed force, or a write that failed for another reason, is
 * final: {@link #FAILED} for every change, reads go on. A damaged record is never shown.
 */
public final class SegmentLog implements AutoCloseable {
    /** Append refused: no room on the disk, or the bound of it is reached. */
    public static final long NO_ROOM = -2;
    /** Append refused: too much waits to be written; try again after {@link #doWork}. */
    public static final long BACK_PRESSURE = -3;
    /** Append refused for ever: a write or force failed. */
    public static final long FAILED = -4;

    private SegmentLog() {}

    /**
     * Takes the directory and looks at the files. {@link #recover} must follow before anything else.
     *
     * @throws SegmentLogException when the directory is in use, holds a later format, or nothing can be made of it.
     */
    public static SegmentLog open(SegmentLogContext context, SegmentLogListener listener) throws SegmentLogException {
        throw new UnsupportedOperationException("open " + context + listener);
    }

    /**
     * Shows what an earlier run left and starts the log. Segments are read in parallel and shown in order. Every record shown counts as
     * live until it is {@link #release released}.
     */
    public RecoveryReport recover(RecoveryVisitor visitor) throws SegmentLogException {
        throw new UnsupportedOperationException("recover " + visitor);
    }

    /** Shows the notes an earlier run left, oldest first, from the begin of the last complete checkpoint. Before the first change. */
    public void visitNotes(NoteVisitor visitor) throws SegmentLogException {
        throw new UnsupportedOperationException("visitNotes " + visitor);
    }

    /** Bytes a record of this content takes in the log. */
    public static int frameLength(int contentLength) {
        return (80 + contentLength + 7) & ~7;
    }

    /**
     * Appends a record, removal or touch.
     *
     * @param kind      RECORD, REMOVAL or TOUCH.
     * @param isSparing true for what may use the last room as well: a removal, or a record no longer than the one it replaces.
     * @return its location, or {@link #NO_ROOM}, {@link #BACK_PRESSURE}, {@link #FAILED}: nothing was appended then.
     */
    public long append(
            RecordKind kind, RecordHint hint, DirectBuffer content, int offset, int length, boolean isSparing) {
        throw new UnsupportedOperationException("append " + kind + hint + content + offset + length + isSparing);
    }

    /** Appends what {@link SegmentLogListener#onMove} showed; never refused inside that call. */
    public long appendCopy(RecordKind kind, RecordHint hint, DirectBuffer content, int offset, int length) {
        throw new UnsupportedOperationException("appendCopy " + kind + hint + content + offset + length);
    }

    /** Appends a note; the result as of {@link #append}. */
    public long note(DirectBuffer note, int offset, int length) {
        throw new UnsupportedOperationException("note " + note + offset + length);
    }

    /** Begins a checkpoint: the notes until {@link #endCheckpoint()} say all that the notes before it said. */
    public long beginCheckpoint() {
        throw new UnsupportedOperationException("beginCheckpoint");
    }

    /** Ends a checkpoint; notes older than its begin are not kept any more. */
    public long endCheckpoint() {
        throw new UnsupportedOperationException("endCheckpoint");
    }

    /** Bytes of notes since the last complete checkpoint ended. */
    public long notesBytes() {
        throw new UnsupportedOperationException("notesBytes");
    }

    /** Makes everything recorded void, in one step; no location given before is valid after it. Notes stay. */
    public long clear() {
        throw new UnsupportedOperationException("clear");
    }

    /**
     * Reads the record at a location; {@link SegmentLogListener#onRead} or {@link SegmentLogListener#onReadFailed} follows.
     *
     * @param length of the content.
     * @return false when too many reads are under way.
     */
    public boolean read(long location, int length, long ticket) {
        throw new UnsupportedOperationException("read " + location + length + ticket);
    }

    /** Says that the record at a location is no longer held. */
    public void release(long location, int length) {
        throw new UnsupportedOperationException("release " + location + length);
    }

    /** Position after the last byte appended in this run. */
    public long appendPosition() {
        throw new UnsupportedOperationException("appendPosition");
    }

    /** Position up to which everything is durable; moves in {@link #doWork} only. */
    public long durablePosition() {
        throw new UnsupportedOperationException("durablePosition");
    }

    /** Whether changes are refused for ever. */
    public boolean isFailed() {
        throw new UnsupportedOperationException("isFailed");
    }

    /** Whether records are refused until there is room. */
    public boolean isFull() {
        throw new UnsupportedOperationException("isFull");
    }

    /** Why the log is full or failed; empty when it is neither. */
    public String reason() {
        throw new UnsupportedOperationException("reason");
    }

    public SegmentLogFigures figures() {
        throw new UnsupportedOperationException("figures");
    }

    /** Tells what happened and moves what is to be moved. */
    public int doWork(long nowNs) {
        throw new UnsupportedOperationException("doWork " + nowNs);
    }

    /** Writes and forces what is pending, as the mode promises, and frees all resources. Idempotent. */
    @Override
    public void close() {}

    /** Sees notes. <b>Ownership:</b> the buffer is a view valid until the call returns. */
    @FunctionalInterface
    public interface NoteVisitor {
        void onNote(DirectBuffer note, int offset, int length);
    }
}
