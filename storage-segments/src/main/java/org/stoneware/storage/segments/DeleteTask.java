package org.stoneware.storage.segments;

import java.io.IOException;

/** Deletes the files of a segment of which nothing is needed; what is damaged is kept under another name, for people to look at. */
final class DeleteTask implements DiskWorkers.Task {
    static final String DAMAGED_SUFFIX = ".damaged";

    private final SegmentLogContext context;
    private final OpenFiles openFiles;
    private final Segment segment;
    private final boolean isKept;
    private final Runnable onDone;

    DeleteTask(SegmentLogContext context, OpenFiles openFiles, Segment segment, boolean isKept, Runnable onDone) {
        this.context = context;
        this.openFiles = openFiles;
        this.segment = segment;
        this.isKept = isKept;
        this.onDone = onDone;
    }

    @Override
    public void run() {
        SegmentFiles files = context.files();
        try {
            openFiles.forget(segment.fileName);
            if (segment.isDamaged && isKept) {
                String kept = segment.fileName + DAMAGED_SUFFIX;
                files.rename(segment.fileName, kept);
                context.notices()
                        .accept("damaged segment is no longer in use and kept as " + kept + ": directory="
                                + files.name() + "; delete it when you do not need it");
            } else {
                files.delete(segment.fileName);
            }
            if (isKept) {
                files.delete(Segment.hintsName(segment.number));
            }
        } catch (IOException e) {
            context.notices()
                    .accept("file of a segment that is no longer in use can't be deleted: directory=" + files.name()
                            + " file=" + segment.fileName + ": " + e.getMessage());
        }
    }

    @Override
    public void complete() {
        onDone.run();
    }
}
