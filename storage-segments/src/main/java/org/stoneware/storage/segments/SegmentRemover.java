package org.stoneware.storage.segments;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Takes emptied segments out of the log: once what was moved is durable a record says that the segment is not needed, and once that is
 * durable and nobody reads it its file is deleted, or kept for a segment to come.
 * <p>
 * <b>Threading:</b> agent thread.
 */
final class SegmentRemover {
    private static final UnsafeBuffer NOTHING = new UnsafeBuffer(new byte[0]);

    private final SegmentLogContext context;
    private final Map<Integer, Segment> segments;
    private final DiskRoom room;
    private final LogTail tail;
    private final SegmentWriter writer;
    private final DiskWorkers workers;
    private final OpenFiles openFiles;
    private final SpareFiles spares;
    private final boolean isKept;
    private final List<Segment> leaving = new ArrayList<>();
    private final RecordHint hint = new RecordHint();
    private long droppedSegments;
    private long nowNs;

    /** @param segments shared with the log. */
    SegmentRemover(
            SegmentLogContext context,
            Map<Integer, Segment> segments,
            DiskRoom room,
            LogTail tail,
            SegmentWriter writer,
            DiskWorkers workers,
            OpenFiles openFiles,
            SpareFiles spares) {
        this.context = context;
        this.segments = segments;
        this.room = room;
        this.tail = tail;
        this.writer = writer;
        this.workers = workers;
        this.openFiles = openFiles;
        this.spares = spares;
        this.isKept = context.sync() != SegmentLogContext.Sync.SCRATCH;
    }

    /** Nothing of a segment is needed once everything appended so far is durable. */
    void add(Segment segment) {
        segment.state = Segment.State.EMPTIED;
        segment.liveBytes = 0;
        segment.pause.end();
        segment.waitPosition = tail.position();
        leaving.add(segment);
    }

    /** Segments whose files are gone, in this run. */
    long droppedSegments() {
        return droppedSegments;
    }

    int doWork(long nowNs) {
        this.nowNs = nowNs;
        int work = 0;
        for (int i = leaving.size() - 1; i >= 0; i--) {
            Segment segment = leaving.get(i);
            boolean isSafe = !isKept || writer.forcedPosition() >= segment.waitPosition;
            if (segment.state == Segment.State.EMPTIED && isSafe) {
                if (isKept) {
                    if (!tail.canTakeCopy(Frame.length(0))) {
                        continue;
                    }
                    tail.append(RecordKind.DROP, hint.set(0, 0, segment.number, 0, 0, 0), NOTHING, 0, 0);
                    segment.waitPosition = tail.position();
                }
                segment.state = Segment.State.DROPPED;
                work++;
            } else if (segment.state == Segment.State.DROPPED
                    && isSafe
                    && segment.readsUnderWay == 0
                    && segment.pause.isOver(nowNs)) {
                if (delete(segment)) {
                    leaving.remove(i);
                    work++;
                }
            }
        }
        return work;
    }

    /** @return false when it has to be tried again. */
    private boolean delete(Segment segment) {
        boolean isAgain = segment.hasDeletionFailed;
        boolean isSpare = !isAgain && spares.take(segment, tail.position());
        boolean isSubmitted = workers.submit(new DeleteTask(
                context, openFiles, segment, isSpare, isAgain, outcome -> onDone(segment, isSpare, outcome)));
        if (isSpare && !isSubmitted) {
            spares.onLost(segment);
        }
        return isSubmitted;
    }

    private void onDone(Segment segment, boolean isSpare, DeleteTask.Outcome outcome) {
        if (outcome == DeleteTask.Outcome.PUT_ASIDE) {
            spares.onKept(segment);
        } else if (isSpare) {
            spares.onLost(segment);
        }
        if (outcome == DeleteTask.Outcome.FAILED) {
            // Its file takes its room until it is gone.
            segment.hasDeletionFailed = true;
            segment.pause.begin(nowNs);
            leaving.add(segment);
            return;
        }
        segments.remove(segment.number);
        room.segmentGone(segment.bytesOnDisk());
        droppedSegments++;
    }
}
