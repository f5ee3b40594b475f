package org.stoneware.storage.segments;

import java.io.IOException;
import java.util.function.IntConsumer;

/**
 * Makes the filter and the hint file of a sealed segment.
 * <p>
 * <b>Failure:</b> without a hint file the segment is read whole when the log opens; that is told and nothing more.
 */
final class HintsTask implements DiskWorkers.Task {
    private final SegmentLogContext context;
    private final long logId;
    private final Segment segment;
    private final HintList hints;
    private final int segmentLength;
    private final IntConsumer onDone;
    private int written;

    /** @param onDone told, on the agent, how many bytes were written. */
    HintsTask(SegmentLogContext context, long logId, Segment segment, HintList hints, IntConsumer onDone) {
        this.context = context;
        this.logId = logId;
        this.segment = segment;
        this.hints = hints;
        this.segmentLength = segment.length;
        this.onDone = onDone;
    }

    @Override
    public void run() {
        segment.filter = KeyFilter.of(hints);
        try {
            NewFile.write(
                    context.files(),
                    Segment.hintsName(segment.number),
                    hints.encode(logId, segment.number, segmentLength),
                    true);
            written = hints.fileLength();
            segment.hintsLength = written;
        } catch (IOException e) {
            context.notices()
                    .accept("hint file was not written, opening will take longer: segment=" + segment.number + ": "
                            + e.getMessage());
        }
    }

    @Override
    public void complete() {
        onDone.accept(written);
    }
}
