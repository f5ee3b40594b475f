package org.stoneware.storage.segments;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Files of segments that are not needed any more, kept for segments to come: a force takes half the time when it finds the blocks of a file
 * in place (ADR 0260).
 * <p>
 * <b>Threading:</b> agent thread.
 * <p>
 * <b>Limits:</b> {@value #MAX_SPARES} files, and none where the disk is tight.
 */
final class SpareFiles {
    /** Files that wait at once: segments leave in bursts, a few at a time. */
    static final int MAX_SPARES = 2;

    /**
     * A file that waits; its name is that of a segment that was not written to its end, so that it is deleted at the next start.
     *
     * @param number of the segment it was.
     * @param length bytes of disk it takes.
     */
    record Spare(String fileName, int number, int length) {}

    private final SegmentLogContext context;
    private final DiskRoom room;
    private final DiskWorkers workers;
    private final int segmentBytes;
    private final boolean isKept;
    private final ArrayDeque<Spare> spares = new ArrayDeque<>();
    /** Names of files that are being put aside. */
    private final Set<String> coming = new HashSet<>();
    /** To be given back, and refused by the device so far. */
    private final ArrayDeque<Spare> refused = new ArrayDeque<>();

    private final RetryPause pause = new RetryPause();
    private long nowNs;

    SpareFiles(SegmentLogContext context, DiskRoom room, DiskWorkers workers, int segmentBytes) {
        this.context = context;
        this.room = room;
        this.workers = workers;
        this.segmentBytes = segmentBytes;
        this.isKept = context.sync() != SegmentLogContext.Sync.SCRATCH;
    }

    /** Whether the file of a segment is of use. If so, {@link #onKept} or {@link #onLost} follows. */
    boolean take(Segment segment, long position) {
        boolean isFitting = segment.length >= segmentBytes / 2 && segment.length <= segmentBytes;
        boolean isTaken = isKept
                && isFitting
                && !segment.isDamaged
                && spares.size() + coming.size() < MAX_SPARES
                && !room.isTight(position);
        if (isTaken) {
            coming.add(nameAside(segment));
        }
        return isTaken;
    }

    /** Name of a segment's file while it waits. */
    static String nameAside(Segment segment) {
        return segment.fileName + NewFile.SUFFIX;
    }

    /** The file of a segment waits under its new name, for good. */
    void onKept(Segment former) {
        coming.remove(nameAside(former));
        room.idle(former.length);
        spares.add(new Spare(nameAside(former), former.number, former.length));
    }

    /** The file could not be kept. */
    void onLost(Segment former) {
        coming.remove(nameAside(former));
    }

    /** A file for the segment that begins, or null. */
    @Nullable
    Spare poll() {
        return spares.poll();
    }

    /** Gives the files back to the system where room is needed for something else. */
    void trim(long position, long nowNs) {
        this.nowNs = nowNs;
        ArrayDeque<Spare> from = spares;
        if (!refused.isEmpty() && pause.isOver(nowNs)) {
            from = refused;
        } else if (spares.isEmpty() || !room.isTight(position)) {
            return;
        }
        if (workers.submit(new GiveBackTask(from.element()))) {
            from.remove();
        }
    }

    /** Gives all files back; waits for the disk. Nothing else may be putting files aside any more. */
    void close() throws IOException {
        // Those too that were put aside when nobody was left to hear of it.
        spares.forEach(spare -> coming.add(spare.fileName));
        spares.clear();
        refused.forEach(spare -> coming.add(spare.fileName));
        refused.clear();
        for (String name : coming) {
            context.files().delete(name);
        }
    }

    private final class GiveBackTask implements DiskWorkers.Task {
        private final Spare spare;
        private @Nullable Throwable cause;

        GiveBackTask(Spare spare) {
            this.spare = spare;
        }

        @Override
        public void run() {
            try {
                context.files().delete(spare.fileName);
            } catch (IOException e) {
                cause = e;
            }
        }

        @Override
        public void failed(Throwable cause) {
            this.cause = cause;
        }

        @Override
        public void complete() {
            Throwable failure = cause;
            if (failure == null) {
                room.idle(-spare.length);
                pause.end();
                return;
            }
            // Not among those that may be used: whether it is there is not known.
            refused.add(spare);
            if (pause.begin(nowNs)) {
                context.notices()
                        .accept("file of a segment that is no longer in use can't be deleted now, it is tried again:"
                                + " directory=" + context.files().name() + " file=" + spare.fileName + ": "
                                + DiskWorkers.inWords(failure));
            }
        }
    }
}
