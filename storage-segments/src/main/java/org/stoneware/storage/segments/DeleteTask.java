package org.stoneware.storage.segments;

import java.io.IOException;
import java.util.function.Consumer;

/**
 * Deletes the files of a segment of which nothing is needed, or puts its file aside for a segment to come; what is damaged is kept under
 * another name, for people to look at.
 */
final class DeleteTask implements DiskWorkers.Task {
    static final String DAMAGED_SUFFIX = ".damaged";

    private final SegmentLogContext context;
    private final OpenFiles openFiles;
    private final Segment segment;
    private final boolean isSpare;
    private final Consumer<Boolean> onDone;
    private boolean isPutAside;

    /**
     * @param isSpare true to keep the file.
     * @param onDone  told, on the agent, whether the file was kept.
     */
    DeleteTask(
            SegmentLogContext context,
            OpenFiles openFiles,
            Segment segment,
            boolean isSpare,
            Consumer<Boolean> onDone) {
        this.context = context;
        this.openFiles = openFiles;
        this.segment = segment;
        this.isSpare = isSpare;
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
            if (segment.isDamaged && isKept) {
                String kept = segment.fileName + DAMAGED_SUFFIX;
                files.rename(segment.fileName, kept);
                context.notices()
                        .accept("damaged segment is no longer in use and kept as " + kept + ": directory="
                                + files.name() + "; delete it when you do not need it");
            } else if (isSpare) {
                files.rename(segment.fileName, SpareFiles.nameAside(segment));
                // Or a loss of power could bring the old name back, with the content of another segment.
                files.forceDirectory();
                isPutAside = true;
            } else {
                files.delete(segment.fileName);
            }
        } catch (IOException e) {
            context.notices()
                    .accept("file of a segment that is no longer in use can't be deleted: directory=" + files.name()
                            + " file=" + segment.fileName + ": " + e.getMessage());
        }
    }

    @Override
    public void complete() {
        onDone.accept(isPutAside);
    }
}
