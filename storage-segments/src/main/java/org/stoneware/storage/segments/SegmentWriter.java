package org.stoneware.storage.segments;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.agrona.concurrent.OneToOneConcurrentArrayQueue;
import org.jspecify.annotations.Nullable;

/**
 * The thread that writes. It takes all that was published since it last looked, writes it, forces once, and says so: the slower the
 * device, the more shares one force.
 * <p>
 * <b>Threading:</b> the methods are the agent's; results are read from any thread.
 * <p>
 * <b>Failure:</b> {@link NoSpaceException} before any force failed: the same bytes are written to the same place again until there is
 * room. Anything else is final.
 */
final class SegmentWriter implements Runnable {
    private static final long FORCE_INTERVAL_NS = TimeUnit.MILLISECONDS.toNanos(10);
    private static final long RETRY_NS = TimeUnit.MILLISECONDS.toNanos(50);
    private static final long FOREVER_NS = TimeUnit.SECONDS.toNanos(1);
    /** Segments begun and not yet reached by the writer; far more sealed ones than wait at any time. */
    private static final int MAX_ROLLS = 1024;

    private final SegmentLogContext context;
    private final PendingRing ring;
    private final Thread thread = new Thread(this, "stoneware-segment-writer");
    private final OneToOneConcurrentArrayQueue<Segment> rolls = new OneToOneConcurrentArrayQueue<>(MAX_ROLLS);
    private final OneToOneConcurrentArrayQueue<Segment> begun = new OneToOneConcurrentArrayQueue<>(MAX_ROLLS);
    private final AtomicLong published = new AtomicLong();
    private final AtomicLong written = new AtomicLong();
    private final AtomicLong forced = new AtomicLong();
    private final AtomicLong writtenBytes = new AtomicLong();
    private final AtomicLong writes = new AtomicLong();
    private final AtomicLong forces = new AtomicLong();
    private volatile boolean isParked;
    private volatile boolean isClosing;
    private volatile @Nullable String noSpace;
    private volatile @Nullable String failure;
    private volatile boolean hasKeptWritten;

    // The writer's own.
    private SegmentFiles.@Nullable File file;
    private @Nullable Segment segment;
    private long lastForceNs;
    private final ByteBuffer endMark = ByteBuffer.allocateDirect(SegmentHeader.END_MARK_LENGTH);
    private final ArrayDeque<Segment> toTell = new ArrayDeque<>();

    SegmentWriter(SegmentLogContext context, PendingRing ring) {
        this.context = context;
        this.ring = ring;
        thread.setDaemon(true);
    }

    void start() {
        thread.start();
    }

    boolean canRoll() {
        return rolls.remainingCapacity() > 0 && begun.remainingCapacity() > MAX_ROLLS / 2;
    }

    /** A new segment begins at its start position; told before anything behind that is published. */
    void roll(Segment next) {
        if (!rolls.offer(next)) {
            throw new IllegalStateException("too many segments wait to be begun: segment=" + next.number);
        }
    }

    /** Lets the writer see everything before a position. */
    void publish(long position) {
        // A full fence: whoever parks looks at this after saying so, and is woken by who reads that after this.
        published.set(position);
    }

    /** Wakes the writer when it sleeps. */
    void wake() {
        if (isParked) {
            LockSupport.unpark(thread);
        }
    }

    long writtenPosition() {
        return written.get();
    }

    long forcedPosition() {
        return forced.get();
    }

    /** Next segment whose file stands under its name, or null; what was before it is forced, if the mode forces at all. */
    @Nullable
    Segment pollBegun() {
        return begun.poll();
    }

    long writtenBytes() {
        return writtenBytes.get();
    }

    long writes() {
        return writes.get();
    }

    long forces() {
        return forces.get();
    }

    /** Why it waits for room, or null. */
    @Nullable
    String noSpace() {
        return noSpace;
    }

    /** Why it gave up, or null. */
    @Nullable
    String failure() {
        return failure;
    }

    /** Once it has ended: whether room was all it lacked, and everything up to {@link #writtenPosition()} is as the mode promises. */
    boolean hasKeptWritten() {
        return hasKeptWritten;
    }

    /** Writes and forces what is published, then ends and frees the ring. @return false when it did not end in time. */
    boolean close(long timeoutMs) {
        isClosing = true;
        LockSupport.unpark(thread);
        boolean isInterrupted = false;
        long endNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeoutMs);
        while (thread.isAlive() && System.nanoTime() < endNs) {
            try {
                thread.join(100);
            } catch (InterruptedException e) {
                isInterrupted = true;
            }
        }
        if (isInterrupted) {
            Thread.currentThread().interrupt();
        }
        boolean hasEnded = !thread.isAlive();
        if (hasEnded) {
            ring.free();
        }
        return hasEnded;
    }

    @Override
    public void run() {
        try {
            while (failure == null) {
                // Before what is published is looked at: who closes publishes first, and what came between would never
                // be written.
                boolean isLastRound = isClosing;
                long target = published.get();
                if (target > written.get()) {
                    writeUpTo(target);
                    // Also while there is always more to write: what was handed to the system only must not grow old.
                    forceIfDue();
                } else if (forced.get() < target && isForceDue()) {
                    force();
                } else if (isLastRound) {
                    if (cutFile()) {
                        force();
                    }
                    break;
                } else {
                    idle();
                }
                tellBegun();
            }
        } catch (IOException | RuntimeException e) {
            failure = message(e);
            context.onProgress().run();
        } finally {
            if (failure == null && !isClosing) {
                failure = "the thread that writes has ended";
            }
            closeFile();
        }
    }

    private void forceIfDue() throws IOException {
        if (forced.get() < written.get() && isForceDue()) {
            force();
        }
    }

    private boolean isForceDue() {
        return context.sync() != SegmentLogContext.Sync.SCRATCH
                && (isClosing || System.nanoTime() - lastForceNs >= FORCE_INTERVAL_NS);
    }

    private void idle() {
        long sleepNs = FOREVER_NS;
        if (context.sync() == SegmentLogContext.Sync.WRITTEN && forced.get() < written.get()) {
            sleepNs = Math.max(1, FORCE_INTERVAL_NS - (System.nanoTime() - lastForceNs));
        }
        isParked = true;
        if (published.get() == written.get() && !isClosing) {
            LockSupport.parkNanos(this, sleepNs);
        }
        isParked = false;
    }

    private void writeUpTo(long target) throws IOException {
        while (true) {
            try {
                writeBatch(target);
                noSpace = null;
                return;
            } catch (NoSpaceException e) {
                // Looked at before the force: who closes in between has it forced in the next turn.
                boolean isLast = isClosing;
                // What found room must not grow old because what came after it finds none.
                forceIfDue();
                if (isLast) {
                    hasKeptWritten = true;
                    throw e;
                }
                boolean isNew = noSpace == null;
                noSpace = message(e);
                if (isNew) {
                    context.onProgress().run();
                }
                LockSupport.parkNanos(this, RETRY_NS);
            }
        }
    }

    private void writeBatch(long target) throws IOException {
        long position = written.get();
        while (position < target) {
            Segment next = rolls.peek();
            if (next != null && next.startPosition == position && next != segment) {
                beginSegment(next);
                rolls.poll();
                next = rolls.peek();
            }
            long end = next == null ? target : Math.min(target, next.startPosition);
            position = write(position, end);
            if (position < target) {
                // The rest goes to the next segment; a retry must not come back here.
                advance(position);
            }
        }
        writes.lazySet(writes.get() + 1);
        advance(position);
    }

    private void advance(long position) throws IOException {
        if (context.sync() == SegmentLogContext.Sync.FORCED) {
            forceFile();
            forced.lazySet(position);
        }
        written.set(position);
        context.onProgress().run();
    }

    private long write(long from, long end) throws IOException {
        Segment current = segment;
        SegmentFiles.File target = file;
        if (current == null || target == null) {
            throw new IllegalStateException("no segment begins here: position=" + from);
        }
        long position = from;
        while (position < end) {
            var piece = ring.piece(position, (int) (end - position));
            int length = piece.remaining();
            target.write(current.headerLength + position - current.startPosition, piece);
            writtenBytes.lazySet(writtenBytes.get() + length);
            position += length;
        }
        markEnd(current, target, current.headerLength + position - current.startPosition);
        return position;
    }

    /** Says where the file holds what it held before: what is found there when it is read again was not being written. */
    private void markEnd(Segment current, SegmentFiles.File target, long end) throws IOException {
        SpareFiles.Spare spare = current.spare;
        if (spare != null && end + SegmentHeader.END_MARK_LENGTH <= spare.length()) {
            target.write(end, endMark.clear());
            writtenBytes.lazySet(writtenBytes.get() + SegmentHeader.END_MARK_LENGTH);
        }
    }

    /** Everything of the segments before is forced first, so that only the last one can end in the middle of a record. */
    private void beginSegment(Segment next) throws IOException {
        boolean isForced = context.sync() != SegmentLogContext.Sync.SCRATCH;
        boolean isCut = cutFile();
        if (isForced && (isCut || forced.get() < written.get())) {
            force();
        }
        SegmentHeader header = next.header;
        if (header == null) {
            throw new IllegalStateException("segment is not new: segment=" + next.number);
        }
        SpareFiles.Spare spare = next.spare;
        if (spare == null) {
            NewFile.write(context.files(), next.fileName, header.encode(), isForced);
        } else {
            ByteBuffer marked = ByteBuffer.allocate(header.length() + SegmentHeader.END_MARK_LENGTH);
            marked.put(header.encode()).clear();
            NewFile.writeInto(context.files(), spare.fileName(), next.fileName, marked, isForced);
        }
        SegmentFiles.File opened = context.files().open(next.fileName);
        closeFile();
        file = opened;
        segment = next;
        writtenBytes.lazySet(writtenBytes.get() + next.headerLength);
        toTell.add(next);
    }

    /**
     * Takes away what a file that was kept held before, behind what was written to it since; nothing of it may be left when the next
     * segment begins, since only the last one may end with bytes that are no record.
     *
     * @return whether there was any.
     */
    private boolean cutFile() throws IOException {
        Segment current = segment;
        SegmentFiles.File target = file;
        if (current == null || target == null || current.spare == null) {
            return false;
        }
        long end = current.headerLength + written.get() - current.startPosition;
        if (target.length() <= end) {
            return false;
        }
        target.truncate(end);
        return true;
    }

    private void tellBegun() {
        while (!toTell.isEmpty() && begun.offer(toTell.peek())) {
            toTell.poll();
        }
    }

    private void force() throws IOException {
        long position = written.get();
        forceFile();
        forced.lazySet(position);
        context.onProgress().run();
    }

    /** A failed force is final: what was written before it may be lost though a second one succeeds. */
    private void forceFile() throws IOException {
        lastForceNs = System.nanoTime();
        SegmentFiles.File target = file;
        if (target == null) {
            return;
        }
        try {
            target.force();
        } catch (NoSpaceException e) {
            throw new IOException("force failed: " + message(e), e);
        }
        forces.lazySet(forces.get() + 1);
    }

    private void closeFile() {
        try {
            if (file != null) {
                file.close();
            }
        } catch (IOException e) {
            context.notices().accept("closing a segment failed; what it holds was forced before: " + message(e));
        }
        file = null;
    }

    private static String message(Exception failure) {
        String message = failure.getMessage();
        return message == null ? failure.toString() : message;
    }
}
