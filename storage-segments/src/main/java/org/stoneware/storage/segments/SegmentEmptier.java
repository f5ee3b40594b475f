package org.stoneware.storage.segments;

import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Gives disk back: picks the segment with the least live part, lets its needed records be appended again, piece by piece, and hands it
 * over to be deleted. {@link ReclaimPolicy} says when that is worth it; a segment nothing of which is needed goes at once. Where room is
 * short, no more is moved than is kept back for it until the segments it comes from are gone.
 * <p>
 * <b>Threading:</b> agent thread.
 * <p>
 * <b>Failure:</b> a segment the device does not read is tried again after a {@link RetryPause pause} of its own, and any other after a short
 * one; one with a place of which nothing says what it held stays until the next start.
 */
final class SegmentEmptier {
    /** So many small segments, as restarts leave them, are made one. */
    private static final int MAX_SMALL = 8;

    private static final int MAX_ESTIMATES = 4;
    /** Bytes moved per duty cycle. */
    private static final int MAX_STEP = 256 << 10;

    private final SegmentLog log;
    private final SegmentLogListener listener;
    private final DiskWorkers workers;
    private final ReclaimPolicy policy;
    private final WalkTask walk;
    private final Frame frame = new Frame();
    private @Nullable Segment current;
    private boolean isReading;
    private boolean isPieceThere;
    private boolean isNextDue;
    private int nextItem;
    private int nextEstimate;
    /** The device refused a read: no segment is begun before, or all of them would be tried in vain. */
    private final RetryPause devicePause = new RetryPause();

    SegmentEmptier(
            SegmentLog log,
            SegmentLogListener listener,
            ReclaimPolicy policy,
            DiskWorkers workers,
            OpenFiles files,
            HintedRecords hinted) {
        this.log = log;
        this.listener = listener;
        this.policy = policy;
        this.workers = workers;
        this.walk = new WalkTask(files, hinted, this::onPiece);
    }

    /** Whether one was emptied since the last {@link #pick}, and the next should follow without a pause. */
    boolean isNextDue() {
        return isNextDue;
    }

    /**
     * Begins with a segment if one is worth it and none is under way.
     *
     * @param position of the log.
     */
    void pick(Collection<Segment> all, long position, long nowNs) {
        if (current != null) {
            return;
        }
        isNextDue = false;
        List<Segment> segments = List.copyOf(all);
        refresh(segments);
        double bestShare = 1;
        long liveBytes = 0;
        Segment best = null;
        Segment small = null;
        int smallCount = 0;
        boolean isLeaving = false;
        for (Segment segment : segments) {
            liveBytes += segment.liveBytes;
            isLeaving |= segment.state == Segment.State.EMPTIED || segment.state == Segment.State.DROPPED;
            if (!log.canBeEmptied(segment)) {
                continue;
            }
            boolean isReadable = devicePause.isOver(nowNs) && segment.pause.isOver(nowNs);
            if (segment.isMissing) {
                if (!isReadable) {
                    continue;
                }
                // Its hint file goes with the next start unless what it says stands elsewhere.
                begin(segment);
                return;
            }
            long needed = log.neededBytes(segment);
            // A sample that needs none does not prove that none is needed.
            if (needed == 0 && segment.removals.count() == 0 && segment.touches.count() == 0) {
                log.onEmptied(segment);
                continue;
            }
            if (!isReadable) {
                continue;
            }
            double share = (double) needed / Math.max(1, segment.length);
            if (share < bestShare) {
                bestShare = share;
                best = segment;
            }
            if (policy.isSmall(segment.length)) {
                smallCount++;
                small = small == null || segment.length < small.length ? segment : small;
            }
        }
        if (bestShare >= policy.maxShare(liveBytes, position)) {
            best = null;
        }
        if (best == null && smallCount > MAX_SMALL) {
            best = small;
        }
        if (best != null && (!isLeaving || policy.isBesideOthers(log.neededBytes(best), position))) {
            begin(best);
        }
    }

    /** Renews a few estimates at a time: with many segments one takes a while. */
    private void refresh(List<Segment> segments) {
        for (int i = 0; i < Math.min(MAX_ESTIMATES, segments.size()); i++) {
            nextEstimate = (nextEstimate + 1) % segments.size();
            Segment segment = segments.get(nextEstimate);
            if (segment.isSealed && segment.state == Segment.State.KEPT) {
                log.estimate(segment);
            }
        }
    }

    private void begin(Segment segment) {
        segment.state = Segment.State.EMPTYING;
        current = segment;
        walk.begin(segment);
        isPieceThere = false;
        isReading = workers.submit(walk);
    }

    private void onPiece() {
        isReading = false;
        isPieceThere = true;
        nextItem = 0;
    }

    int doWork(long nowNs) {
        Segment segment = current;
        if (segment == null || isReading) {
            return 0;
        }
        if (!isPieceThere) {
            isReading = workers.submit(walk);
            return isReading ? 1 : 0;
        }
        if (walk.failure() != null) {
            onFailure(segment, nowNs);
            return 1;
        }
        int moved = 0;
        while (nextItem < walk.count() && moved < MAX_STEP) {
            int length = walk.endOffset(nextItem) - walk.offset(nextItem);
            // A damaged place is not copied, however long it is.
            if (!log.canAppendCopy(walk.isPlace(nextItem) ? Frame.length(0) : length)) {
                return moved;
            }
            take(segment, nextItem++);
            moved += length;
        }
        if (nextItem == walk.count()) {
            if (walk.isAtEnd()) {
                log.onEmptied(segment);
                isNextDue = policy.isWithoutPause();
                end();
            } else {
                isPieceThere = false;
            }
        }
        return moved;
    }

    /**
     * Nothing is known of the rest: it stays, and whatever is held there fails when it is read. A removal in it would be gone with the
     * segment, and what it removed would be back after the next start.
     */
    private void onFailure(Segment segment, long nowNs) {
        segment.state = Segment.State.KEPT;
        segment.isUnreadable = walk.isUnknown();
        boolean isFirst = segment.isUnreadable || segment.pause.begin(nowNs);
        if (!segment.isUnreadable) {
            devicePause.end();
            devicePause.begin(nowNs);
        }
        if (isFirst) {
            log.notice("segment can't be emptied" + (segment.isUnreadable ? "" : " now, it is tried again")
                    + ": segment=" + segment.number + ": " + walk.failure());
        }
        end();
    }

    private void end() {
        walk.end();
        current = null;
        isPieceThere = false;
    }

    private void take(Segment segment, int item) {
        if (walk.offset(item) < segment.emptiedOffset) {
            return;
        }
        segment.emptiedOffset = walk.offset(item);
        long location = Location.of(segment.number, walk.offset(item));
        if (walk.isPlace(item)) {
            segment.isDamaged = true;
            log.notice("damaged place found while a segment is emptied: segment=" + segment.number + " offset="
                    + walk.offset(item) + " bytes=" + (walk.endOffset(item) - walk.offset(item)));
            listener.onLost(segment.number, walk.offset(item), walk.endOffset(item));
            return;
        }
        walk.loadHeader(item, frame);
        RecordKind kind = frame.kind();
        RecordHint hint = frame.hint();
        int length = walk.contentLength(item, frame);
        boolean isNeeded =
                switch (kind) {
                    case RECORD, TOUCH -> listener.isNeeded(kind, location, hint);
                    case REMOVAL -> log.isRemovalNeeded(location, hint);
                    case NOTE, CHECKPOINT_BEGIN, CHECKPOINT_END -> log.isNoteNeeded(hint.version());
                    // Void once no older segment is left, which is when a segment that has one may be emptied.
                    case CLEAR, DROP -> false;
                };
        if (!isNeeded) {
            return;
        }
        if (kind == RecordKind.RECORD || kind == RecordKind.TOUCH) {
            listener.onMove(kind, location, hint, walk.buffer(), walk.contentOffset(item), length);
        } else {
            log.appendCopy(kind, hint, walk.buffer(), walk.contentOffset(item), length);
        }
    }
}
