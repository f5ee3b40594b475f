package org.stoneware.storage.segments;

import java.io.IOException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Deletes the files of a segment of which nothing is needed, or puts its file aside for a segment to come; what is damaged is kept under
 * another name, for people to look at.
 * <p>
 * <b>Failure:</b> the file may be there; the next task of the segment {@link #isAgain goes on} where this one ended. That is told once.
 */
final class DeleteTask implements DiskWorkers.Task {
    static final String DAMAGED_SUFFIX = ".damaged";

    /** How it ended. */
    enum Outcome {
        GONE,
        PUT_ASIDE,
        FAILED
    }

    private final SegmentLogContext context;
    private final OpenFiles openFiles;
    private final Segment segment;
    private final boolean isSpare;
    private final boolean isAgain;
    private final Consumer<Outcome> onDone;
    private Outcome outcome = Outcome.FAILED;
    private @Nullable Throwable cause;

    /**
     * @param isSpare true to keep the file.
     * @param isAgain true when an earlier task of the segment failed; not with {@code isSpare}.
     * @param onDone  told, on the agent, how it ended.
     */
    DeleteTask(
            SegmentLogContext context,
            OpenFiles openFiles,
            Segment segment,
            boolean isSpare,
            boolean isAgain,
            Consumer<Outcome> onDone) {
        this.context = context;
        this.openFiles = openFiles;
        this.segment = segment;
        this.isSpare = isSpare;
        this.isAgain = isAgain;
        this.onDone = onDone;
    }

    @Override
    public void run() {
        SegmentFiles files = context.files();
        boolean isKept = context.sync() != SegmentLogContext.Sync.SCRATCH;
        try {
            openFiles.forget(segment.fileName);
            if (isKept) {
                files.delete(Segment.hintsName(segment.number));
            }
            if (isAgain) {
                // The task before may have given it this name and failed then.
                files.delete(SpareFiles.nameAside(segment));
            }
            if (segment.isDamaged && isKept) {
                keepDamaged(files);
                outcome = Outcome.GONE;
            } else if (isSpare) {
                files.rename(segment.fileName, SpareFiles.nameAside(segment));
                // Or a loss of power could bring the old name back, with the content of another segment.
                files.forceDirectory();
                outcome = Outcome.PUT_ASIDE;
            } else {
                files.delete(segment.fileName);
                outcome = Outcome.GONE;
            }
        } catch (IOException e) {
            cause = e;
        }
    }

    private void keepDamaged(SegmentFiles files) throws IOException {
        String kept = segment.fileName + DAMAGED_SUFFIX;
        if (isAgain && !files.list().contains(segment.fileName)) {
            return;
        }
        files.rename(segment.fileName, kept);
        context.notices()
                .accept("damaged segment is no longer in use and kept as " + kept + ": directory=" + files.name()
                        + "; delete it when you do not need it");
    }

    @Override
    public void failed(Throwable cause) {
        this.cause = cause;
    }

    @Override
    public void complete() {
        Throwable failure = cause;
        if (failure != null && !isAgain) {
            context.notices()
                    .accept(
                            "file of a segment that is no longer in use can't be deleted now, it is tried again: directory="
                                    + context.files().name() + " file=" + segment.fileName + ": "
                                    + DiskWorkers.inWords(failure));
        }
        onDone.accept(outcome);
    }
}
