package org.stoneware.storage.segments;

import java.util.ArrayDeque;
import java.util.SortedMap;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Where the log grows: lays records into memory for the writer, and begins the next segment when one is long enough.
 * <p>
 * <b>Threading:</b> agent thread.
 */
final class LogTail {
    private static final int PUBLISH_BYTES = 256 << 10;

    private final SegmentLogContext context;
    private final long logId;
    private final int segmentBytes;
    private final boolean isKept;
    private final SortedMap<Integer, Segment> segments;
    private final DiskRoom room;
    private final PendingRing ring;
    private final int maxWaitingBytes;
    private final SegmentWriter writer;
    private final DiskWorkers workers;
    private final SpareFiles spares;
    private final Frame frame = new Frame();
    /** Sealed in this run, hint file not yet under way. */
    private final ArrayDeque<Segment> awaitingHints = new ArrayDeque<>();
    /** Begun in this run and not wholly forced. */
    private final ArrayDeque<Segment> unforced = new ArrayDeque<>();

    private @Nullable Segment active;
    private int lastNumber;
    private long sequence;
    private long position;
    private long published;
    private long forcedLocation;
    private long hintBytes;

    /** @param segments shared with the log. */
    LogTail(
            SegmentLogContext context,
            long logId,
            int segmentBytes,
            SortedMap<Integer, Segment> segments,
            DiskRoom room,
            PendingRing ring,
            SegmentWriter writer,
            DiskWorkers workers,
            SpareFiles spares) {
        this.context = context;
        this.logId = logId;
        this.segmentBytes = segmentBytes;
        this.isKept = context.sync() != SegmentLogContext.Sync.SCRATCH;
        this.segments = segments;
        this.room = room;
        this.ring = ring;
        maxWaitingBytes = LogStart.maxWaitingBytes(context);
        this.writer = writer;
        this.workers = workers;
        this.spares = spares;
    }

    /** Goes on behind what an earlier run left. */
    void start(int lastNumber, long sequence) {
        this.lastNumber = lastNumber;
        this.sequence = sequence;
    }

    PendingRing ring() {
        return ring;
    }

    long position() {
        return position;
    }

    long hintBytes() {
        return hintBytes;
    }

    /** Whether an append of this length is within the bounds and has memory. */
    boolean canTake(int frameLength) {
        long written = writer.writtenPosition();
        return position + frameLength - written <= maxWaitingBytes
                && writer.canRoll()
                && ring.reserve(position, frameLength, written);
    }

    /** Half of what should wait is left to those who wait for an answer; a long record is moved once little waits. */
    boolean canTakeCopy(int frameLength) {
        long written = writer.writtenPosition();
        long waiting = position - written;
        boolean isLittle =
                waiting + frameLength <= context.maxPendingBytes() / 2 || waiting <= context.maxPendingBytes() / 4;
        return isLittle && writer.failure() == null && writer.canRoll() && ring.reserve(position, frameLength, written);
    }

    /** Memory of what is written becomes free. */
    void giveBack() {
        ring.giveBack(writer.writtenPosition());
        ring.giveBackBehind(position);
    }

    /** Lets the writer see everything appended, and wakes it. */
    void publish() {
        if (published != position) {
            published = position;
            writer.publish(position);
            writer.wake();
        }
    }

    /** @return the location. */
    long append(RecordKind kind, RecordHint hint, DirectBuffer content, int offset, int length) {
        int frameLength = Frame.length(length);
        Segment segment = active;
        if (segment == null
                || segment.length > segment.headerLength && segment.length + (long) frameLength > segmentBytes) {
            segment = roll();
        }
        long location = Location.of(segment.number, segment.length);
        long contentPosition = position + Frame.HEADER_LENGTH;
        if (!ring.reserve(position, frameLength, writer.writtenPosition())) {
            throw new IllegalStateException("append was not asked for: length=" + length);
        }
        ring.put(contentPosition, content, offset, length);
        ring.zero(contentPosition + length, frameLength - Frame.HEADER_LENGTH - length);
        int checksum = ring.checksum(contentPosition, length);
        frame.encode(logId, location, kind, hint, length, checksum, sequence++, forcedLocation);
        ring.put(position, frame.header(), 0, Frame.HEADER_LENGTH);
        HintList hints = segment.hints;
        if (hints != null) {
            hints.add(segment.length, length, kind, HintList.WHOLE, hint);
        }
        segment.count(kind, location, frameLength, hint);
        segment.length += frameLength;
        position += frameLength;
        use(segment, frameLength);
        if (position - published > PUBLISH_BYTES) {
            publish();
        }
        return location;
    }

    /** Ends the active segment and begins the next. */
    Segment roll() {
        Segment old = active;
        if (old != null) {
            old.isSealed = true;
            room.idle(-old.idleBytes);
            old.idleBytes = 0;
            if (old.hints != null) {
                // Counted already, so that files still to be written do not use up what is kept back.
                room.use(old.hints.fileLength());
                awaitingHints.add(old);
            }
        }
        int number = ++lastNumber;
        int[] older = segments.values().stream()
                .filter(segment -> isKept && segment.state != Segment.State.DROPPED)
                .mapToInt(segment -> segment.number)
                .toArray();
        SpareFiles.Spare spare = spares.poll();
        SegmentHeader header = new SegmentHeader(logId, number, sequence, older, spare == null ? 0 : spare.number());
        Segment next = new Segment(number, Segment.fileName(number), header.length(), position, header);
        if (isKept) {
            next.hints = new HintList();
            unforced.add(next);
        }
        segments.put(number, next);
        if (spare != null) {
            next.spare = spare;
            next.idleBytes = spare.length();
        }
        use(next, next.headerLength);
        writer.roll(next);
        active = next;
        return next;
    }

    /** A segment grows, first into what its file takes already. */
    private void use(Segment segment, int bytes) {
        int reused = Math.min(segment.idleBytes, bytes);
        segment.idleBytes -= reused;
        room.idle(-reused);
        room.use(bytes);
    }

    /** Follows what was forced, to say so in the records to come. */
    void followForced() {
        long forced = writer.forcedPosition();
        while (unforced.size() > 1 && unforced.element().endPosition() <= forced) {
            unforced.remove();
        }
        Segment first = unforced.peek();
        if (first != null && forced > first.startPosition) {
            long end = Math.min(forced, first.endPosition());
            forcedLocation = Location.of(first.number, (int) (first.headerLength + end - first.startPosition));
        }
    }

    /** The file of a segment stands under its name: those before it are whole and get their hint files. */
    void writeHintsBefore(int number) {
        while (!awaitingHints.isEmpty() && awaitingHints.element().number < number) {
            Segment segment = awaitingHints.element();
            HintList hints = segment.hints;
            if (hints != null) {
                HintsTask task = new HintsTask(context, logId, segment, hints, written -> {
                    if (segment.filter != null) {
                        segment.hints = null;
                        hintBytes += written;
                        room.use(written - hints.fileLength());
                    } else {
                        awaitingHints.addFirst(segment); // with the next segment
                    }
                });
                if (!workers.submit(task)) {
                    return; // with the next segment
                }
            }
            awaitingHints.remove();
        }
    }
}
