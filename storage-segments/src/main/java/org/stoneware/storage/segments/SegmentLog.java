package org.stoneware.storage.segments;

import java.io.Closeable;
import java.io.IOException;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * An append log of records in segment files. What is appended is copied, gets its location at once and becomes durable later; a
 * record that is no longer held is released, and segments of which little is live are emptied and deleted in the background.
 * <p>
 * <b>Threading:</b> one agent thread; nothing but {@link #open}, {@link #recover}, {@link #visitNotes} and {@link #close} waits for a
 * disk. Writes, forces and reads happen on threads of the log; what they did is told by {@link #doWork}.
 * <p>
 * <b>Limits:</b> {@link SegmentLogContext#maxPendingBytes()} says how much waits to be written; memory is taken for what waits only.
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

    private static final String LOCK_NAME = "LOCK";
    private static final UnsafeBuffer NOTHING = new UnsafeBuffer(new byte[0]);
    private static final long CHECK_INTERVAL_NS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final int SPARE_TASKS = 64;
    private static final long CLOSE_TIMEOUT_MS = 60_000;

    private final SegmentLogContext context;
    private final SegmentLogListener listener;
    private final Closeable lock;
    private final SegmentDirectory directory;
    private final long logId;
    private final boolean isKept;
    private final NoteLedger notes = new NoteLedger();
    private final DiskRoom room;
    private final SegmentWriter writer;
    private final DiskWorkers workers;
    private final OpenFiles openFiles;
    private final SegmentReads reads;
    private final SegmentEmptier emptier;
    private final TreeMap<Integer, Segment> segments = new TreeMap<>();
    private final LogTail tail;
    private final SpareFiles spares;
    private final SegmentRemover remover;
    private final RecordHint ownHint = new RecordHint();
    private long durable;
    private long appendedBytes;
    private long movedBytes;
    private long nextCheckNs = Long.MIN_VALUE;
    private boolean isSampling;
    private boolean isRefusing;
    private boolean isFullTold;
    private boolean isFailed;
    private boolean isRecovered;
    private boolean isClosed;
    private String reason = "";

    private SegmentLog(
            SegmentLogContext context,
            SegmentLogListener listener,
            Closeable lock,
            SegmentDirectory directory,
            long logId,
            int segmentBytes) {
        this.context = context;
        this.listener = listener;
        this.lock = lock;
        this.directory = directory;
        this.logId = logId;
        this.isKept = context.sync() != SegmentLogContext.Sync.SCRATCH;
        room = new DiskRoom(context.maxDiskBytes(), segmentBytes);
        PendingRing ring = new PendingRing(LogStart.maxWaitingBytes(context));
        writer = new SegmentWriter(context, ring);
        workers = new DiskWorkers(context.readThreads(), context.maxReads() + SPARE_TASKS, context.onProgress());
        openFiles = new OpenFiles(context.files());
        reads = new SegmentReads(listener, workers, openFiles, logId, context.maxReads());
        ReclaimPolicy policy = new ReclaimPolicy(room, segmentBytes, isKept);
        HintedRecords hinted = new HintedRecords(context.files(), logId, isKept);
        emptier = new SegmentEmptier(this, listener, policy, workers, openFiles, hinted);
        spares = new SpareFiles(context, room, workers, segmentBytes);
        tail = new LogTail(context, logId, segmentBytes, segments, room, ring, writer, workers, spares);
        remover = new SegmentRemover(context, segments, room, tail, writer, workers, openFiles, spares);
    }

    /**
     * Takes the directory and looks at the files. {@link #recover} must follow before anything else.
     *
     * @throws SegmentLogException when the directory is in use, holds a later format, or nothing can be made of it.
     */
    public static SegmentLog open(SegmentLogContext context, SegmentLogListener listener) throws SegmentLogException {
        LogStart.check(context);
        Closeable lock = LogStart.lock(context.files(), LOCK_NAME);
        boolean isOpen = false;
        try {
            if (context.sync() == SegmentLogContext.Sync.SCRATCH) {
                LogStart.empty(context.files());
            }
            SegmentDirectory directory = SegmentDirectory.read(context.files());
            long logId = LogStart.logId(context, directory);
            SegmentLog log = new SegmentLog(
                    context, listener, lock, directory, logId, LogStart.segmentBytes(context, directory));
            isOpen = true;
            return log;
        } finally {
            if (!isOpen) {
                LogStart.unlock(lock, context.notices());
            }
        }
    }

    /**
     * Shows what an earlier run left and starts the log. Segments are read in parallel and shown in order. Every record shown counts as
     * live until it is {@link #release released}.
     */
    public RecoveryReport recover(RecoveryVisitor visitor) throws SegmentLogException {
        if (isRecovered) {
            throw new IllegalStateException(
                    "log was recovered before: directory=" + context.files().name());
        }
        RecoveryReport report;
        try {
            report = new SegmentRecovery(context.files(), directory, notes, context.notices()).run(visitor, segment -> {
                segments.put(segment.number, segment);
                room.use(segment.bytesOnDisk());
            });
            tail.start(directory.greatestNumber(), LogStart.nextSequence(directory, segments));
            room.usable(context.files().usableBytes(), 0);
        } catch (IOException e) {
            throw new SegmentLogException(
                    "stored data can't be read: directory=" + context.files().name() + ": " + e.getMessage(), e);
        }
        for (RecoveryReport.Damage damage : report.damages()) {
            context.notices()
                    .accept("stored data is damaged: directory="
                            + context.files().name() + " segment=" + damage.segment()
                            + " fromOffset=" + damage.fromOffset() + " toOffset=" + damage.toOffset() + ": "
                            + damage.reason());
        }
        isRecovered = true;
        writer.start();
        workers.start();
        return report;
    }

    /**
     * Shows the notes an earlier run left, oldest first, from the begin of the last checkpoint that is there from begin to end; of one after
     * it that is not, nothing. Once, after {@link #recover} and before the first change.
     *
     * @return notes that are missing or damaged: 0 when the notes say all they said.
     */
    public long visitNotes(NoteVisitor visitor) throws SegmentLogException {
        try {
            long missing = notes.visit(new NoteReader(segments, openFiles, logId, visitor));
            notes.forget();
            return missing;
        } catch (IOException e) {
            throw new SegmentLogException(
                    "notes can't be read: directory=" + context.files().name() + ": " + e.getMessage(), e);
        }
    }

    /** Bytes a record of this content takes in the log. */
    public static int frameLength(int contentLength) {
        return Frame.length(contentLength);
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
        long refusal = refusal(length, isSparing);
        if (refusal < 0) {
            return refusal;
        }
        appendedBytes += Frame.length(length);
        return tail.append(kind, hint, content, offset, length);
    }

    /** Appends what {@link SegmentLogListener#onMove} showed; never refused inside that call. */
    public long appendCopy(RecordKind kind, RecordHint hint, DirectBuffer content, int offset, int length) {
        movedBytes += Frame.length(length);
        room.move(Frame.length(length));
        return tail.append(kind, hint, content, offset, length);
    }

    /** Appends a note; the result as of {@link #append}. */
    public long note(DirectBuffer note, int offset, int length) {
        long result = mark(RecordKind.NOTE, 0, note, offset, length);
        if (result >= 0) {
            notes.onNote(length);
        }
        return result;
    }

    /** Begins a checkpoint: the notes until {@link #endCheckpoint()} say all that the notes before it said. */
    public long beginCheckpoint() {
        long result = mark(RecordKind.CHECKPOINT_BEGIN, 0, NOTHING, 0, 0);
        if (result >= 0) {
            notes.onBegin(ownHint.version());
        }
        return result;
    }

    /** Ends a checkpoint; notes older than its begin are not kept any more. */
    public long endCheckpoint() {
        if (!notes.isOpen()) {
            throw new IllegalStateException(
                    "no checkpoint was begun: directory=" + context.files().name());
        }
        long result = mark(RecordKind.CHECKPOINT_END, notes.openBegin(), NOTHING, 0, 0);
        if (result >= 0) {
            notes.onEnd();
        }
        return result;
    }

    private long mark(RecordKind kind, long key, DirectBuffer content, int offset, int length) {
        long refusal = refusal(length, true);
        if (refusal < 0) {
            return refusal;
        }
        appendedBytes += Frame.length(length);
        ownHint.set(key, 0, notes.nextNumber(), 0, 0, 0);
        return tail.append(kind, ownHint, content, offset, length);
    }

    /** Bytes of notes since the last complete checkpoint ended. */
    public long notesBytes() {
        return notes.bytes();
    }

    /** Makes everything recorded void, in one step; no location given before is valid after it. Notes stay. */
    public long clear() {
        long refusal = refusal(0, true);
        if (refusal < 0) {
            return refusal;
        }
        if (!writer.canRoll()) {
            return BACK_PRESSURE;
        }
        for (Segment segment : segments.values()) {
            segment.liveBytes = 0;
            segment.removals.clear();
            segment.touches.clear();
        }
        tail.roll();
        appendedBytes += Frame.length(0);
        return tail.append(RecordKind.CLEAR, ownHint.set(0, 0, 0, 0, 0, 0), NOTHING, 0, 0);
    }

    /**
     * Reads the record at a location; {@link SegmentLogListener#onRead} or {@link SegmentLogListener#onReadFailed} follows.
     *
     * @param length of the content.
     * @return false when too many reads are under way.
     */
    public boolean read(long location, int length, long ticket) {
        Segment segment = segments.get(Location.segment(location));
        if (segment == null) {
            throw new IllegalArgumentException("no such segment: " + Location.text(location));
        }
        long at =
                segment.header == null ? -1 : segment.startPosition + Location.offset(location) - segment.headerLength;
        boolean isPending = segment.header != null && at >= writer.writtenPosition();
        return isPending
                ? reads.fromMemory(segment, location, length, ticket, tail.ring(), at)
                : reads.fromFile(segment, location, length, ticket);
    }

    /** Says that the record at a location is no longer held. */
    public void release(long location, int length) {
        Segment segment = segments.get(Location.segment(location));
        if (segment != null) {
            segment.liveBytes -= Frame.length(length);
            assert segment.liveBytes >= 0 : "released twice: " + Location.text(location);
        }
    }

    /** Position after the last byte appended in this run. */
    public long appendPosition() {
        return tail.position();
    }

    /** Position up to which everything is durable; moves in {@link #doWork} only. */
    public long durablePosition() {
        return durable;
    }

    /**
     * Position up to which the device itself has taken everything, as far as can be told: what was forced; of a scratch log, which is never
     * forced, what was written.
     */
    public long provenPosition() {
        return isKept ? writer.forcedPosition() : writer.writtenPosition();
    }

    /** Reads of files that gave a record, so that the device reads. */
    public long wholeReads() {
        return reads.wholeCount();
    }

    /** Whether changes are refused for ever. */
    public boolean isFailed() {
        return isFailed;
    }

    /** Whether records are refused until there is room. */
    public boolean isFull() {
        return isFullTold;
    }

    /** Why the log is full or failed; empty when it is neither. */
    public String reason() {
        return reason;
    }

    public SegmentLogFigures figures() {
        long live = 0;
        for (Segment segment : segments.values()) {
            live += segment.liveBytes;
        }
        return new SegmentLogFigures(
                segments.size(),
                room.takenBytes(),
                live,
                context.maxDiskBytes(),
                appendedBytes,
                movedBytes,
                writer.writtenBytes() + tail.hintBytes(),
                writer.writes(),
                writer.forces(),
                reads.count(),
                reads.damagedCount(),
                remover.droppedSegments(),
                tail.ring().memoryBytes());
    }

    /** Tells what happened and moves what is to be moved. */
    public int doWork(long nowNs) {
        if (isClosed || !isRecovered) {
            return 0;
        }
        tail.publish();
        int work = follow() + workers.poll(SPARE_TASKS) + reads.doWork();
        if (nextCheckNs == Long.MIN_VALUE || nowNs - nextCheckNs >= 0) {
            nextCheckNs = nowNs + CHECK_INTERVAL_NS;
            check(nowNs);
        }
        if (!isFailed) {
            if (emptier.isNextDue()) {
                emptier.pick(segments.values(), tail.position(), nowNs);
            }
            work += emptier.doWork(nowNs) + remover.doWork(nowNs);
        }
        tail.publish();
        return work;
    }

    /** Follows the writer. */
    private int follow() {
        String failure = writer.failure();
        if (failure != null && !isFailed) {
            isFailed = true;
            reason = "writing failed, no more changes are taken: directory="
                    + context.files().name() + ": " + failure;
            listener.onFailed(reason);
        }
        tail.giveBack();
        int work = 0;
        for (Segment begun = writer.pollBegun(); begun != null; begun = writer.pollBegun()) {
            tail.writeHintsBefore(begun.number);
            work++;
        }
        if (isKept) {
            tail.followForced();
        }
        long reached =
                context.sync() == SegmentLogContext.Sync.FORCED ? writer.forcedPosition() : writer.writtenPosition();
        if (reached != durable) {
            durable = reached;
            listener.onDurable(reached);
            work++;
        }
        return work;
    }

    private void check(long nowNs) {
        tail.ring().trim();
        spares.trim(tail.position(), nowNs);
        if (!isSampling) {
            isSampling = workers.submit(new RoomTask(context.files(), tail.position(), (bytes, at) -> {
                isSampling = false;
                room.usable(bytes, at);
            }));
        }
        String noSpace = writer.noSpace();
        if (!isFailed) {
            boolean isShort =
                    noSpace != null || isRefusing && !room.isAmple(context.maxContentLength(), tail.position());
            if (isShort && !isFullTold) {
                isFullTold = true;
                reason = "no room on disk: directory=" + context.files().name() + " " + room.text(tail.position())
                        + (noSpace == null ? "" : " error=\"" + noSpace + "\"");
                listener.onFull(reason);
            } else if (!isShort && isFullTold) {
                isFullTold = false;
                isRefusing = false;
                reason = "";
                listener.onRoom();
            } else if (!isShort) {
                isRefusing = false;
            }
            emptier.pick(segments.values(), tail.position(), nowNs);
        }
    }

    private long refusal(int length, boolean isSparing) {
        if (isClosed || !isRecovered) {
            throw new IllegalStateException(
                    "log is not open: directory=" + context.files().name());
        }
        if (length > context.maxContentLength()) {
            throw new IllegalArgumentException(
                    "content is too long: length=" + length + " max=" + context.maxContentLength());
        }
        if (isFailed || writer.failure() != null) {
            return FAILED;
        }
        int frameLength = Frame.length(length);
        boolean hasNoSpace = writer.noSpace() != null;
        boolean hasRoom = isSparing
                ? room.isForSparing(frameLength, tail.position())
                : room.isForRecord(frameLength, tail.position()) && !hasNoSpace;
        if (!hasRoom) {
            isRefusing = true;
            return NO_ROOM;
        }
        if (!tail.canTake(frameLength)) {
            return hasNoSpace ? NO_ROOM : BACK_PRESSURE;
        }
        return 0;
    }

    // What the emptier asks.

    void notice(String text) {
        context.notices().accept(text);
    }

    boolean canBeEmptied(Segment segment) {
        return writer.noSpace() == null
                && segment.isSealed
                && segment.state == Segment.State.KEPT
                && !segment.isUnreadable
                && (segment.header == null || segment.endPosition() <= writer.writtenPosition())
                && (segment.hints == null || !isKept)
                && !(segment.hasClear && segments.firstKey() < segment.number);
    }

    /** Estimate of the bytes that would have to be moved, as good as the last {@link #estimate}. */
    long neededBytes(Segment segment) {
        long notesNeeded = segment.lastNote >= notes.firstNeeded() ? segment.noteBytes : 0;
        return segment.liveBytes
                + notesNeeded
                + (long) Frame.HEADER_LENGTH * (segment.removals.needed() + segment.touches.needed());
    }

    /** Asks which removals and touches of a segment are needed. */
    void estimate(Segment segment) {
        HintSample removals = segment.removals;
        removals.estimate(location -> isRemovalNeeded(location, removals.hint()));
        HintSample touches = segment.touches;
        touches.estimate(location -> listener.isNeeded(RecordKind.TOUCH, location, touches.hint()));
    }

    /** A removal is needed while an older segment may hold a record of its key, and nothing newer is held. */
    boolean isRemovalNeeded(long location, RecordHint key) {
        if (!isKept || listener.isHeld(key)) {
            return false;
        }
        for (Segment older : segments.headMap(Location.segment(location)).values()) {
            KeyFilter filter = older.filter;
            if (older.state != Segment.State.DROPPED && (filter == null || filter.mayHold(key))) {
                return true;
            }
        }
        return false;
    }

    boolean isNoteNeeded(long number) {
        return notes.isNeeded(number);
    }

    boolean canAppendCopy(int frameLength) {
        return !isFailed && tail.canTakeCopy(frameLength);
    }

    void onEmptied(Segment segment) {
        remover.add(segment);
    }

    /**
     * Writes and forces what is pending, as the mode promises, and frees all resources. Idempotent.
     * <p>
     * <b>Failure:</b> a thread of the log that hangs in a call of the system may still change files when that call returns; then the
     * directory stays taken until the process ends, which is said in a notice.
     */
    @Override
    public void close() {
        close(CLOSE_TIMEOUT_MS);
    }

    /** As {@link #close()}, with a bound of each wait for a thread. */
    void close(long timeoutMs) {
        if (isClosed) {
            return;
        }
        boolean haveEnded = !isRecovered;
        try {
            haveEnded = haveEnded || endThreads(timeoutMs);
        } finally {
            isClosed = true;
            try {
                freeFiles(haveEnded);
            } finally {
                if (haveEnded) {
                    LogStart.unlock(lock, context.notices());
                } else {
                    notice(
                            "directory stays taken until this process ends, since a thread that uses it hangs: directory="
                                    + context.files().name());
                }
            }
        }
    }

    /** @return whether no thread of the log is left. */
    private boolean endThreads(long timeoutMs) {
        tail.publish();
        boolean hasWriterEnded = writer.close(timeoutMs);
        boolean haveWorkersEnded = workers.close(timeoutMs);
        if (!haveWorkersEnded) {
            notice("a read did not end: directory=" + context.files().name());
        }
        // A hint file speaks for every byte of its segment: none is written on the word of the thread alone.
        if (!hasWriterEnded || writer.failure() != null || writer.writtenPosition() != tail.position()) {
            // What found no room was not durable: nobody was told that it is kept.
            isFullTold = hasWriterEnded && writer.hasKeptWritten();
            isFailed |= !isFullTold;
            reason = "not everything was written: " + (hasWriterEnded ? writer.failure() : "a write does not end");
            notice(reason + " directory=" + context.files().name());
        } else if (isKept) {
            writeAllHints();
        }
        return hasWriterEnded && haveWorkersEnded;
    }

    private void freeFiles(boolean haveEnded) {
        try {
            openFiles.closeAll();
            if (haveEnded) {
                spares.close();
                if (!isKept) {
                    LogStart.empty(context.files());
                }
            }
        } catch (IOException | SegmentLogException e) {
            notice("closing failed: directory=" + context.files().name() + ": " + e.getMessage());
        }
    }

    private void writeAllHints() {
        for (Segment segment : segments.values()) {
            HintList hints = segment.hints;
            if (hints != null && segment.state != Segment.State.DROPPED) {
                new HintsTask(context, logId, segment, hints, written -> {}).run();
            }
        }
    }

    /** Sees notes. <b>Ownership:</b> the buffer is a view valid until the call returns. */
    @FunctionalInterface
    public interface NoteVisitor {
        void onNote(DirectBuffer note, int offset, int length);
    }
}
